"""Video of people into 3D motion and clinical numbers, on a laptop or on a Ray cluster."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("neuropose-ray")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"
