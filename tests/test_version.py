"""The version that the program says is that of the installed package."""

from importlib.metadata import version

import neuropose_ray
from neuropose_ray.version import __version__


def test_it_is_that_of_the_installed_package():
    assert __version__ == version("neuropose-ray") == neuropose_ray.__version__
