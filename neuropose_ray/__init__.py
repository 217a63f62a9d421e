"""Video of people into 3D motion and clinical numbers, on a laptop or on a Ray cluster."""

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuropose_ray.schemas.reading import read as read

try:
    __version__ = version("neuropose-ray")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> object:
    """``neuropose_ray.read``, imported when it is first asked for (PEP 562)."""
    if name == "read":
        from neuropose_ray.schemas.reading import read

        return read
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
