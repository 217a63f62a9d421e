"""Video of people into 3D motion and clinical numbers, on a laptop or on a Ray cluster.

:func:`process` finds the people in videos, :func:`read` opens what it wrote, and :mod:`neuropose_ray.analysis` makes
numbers of it. ``ARCHITECTURE.md`` beside this file is the map of the package.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuropose_ray.api import curate as curate
    from neuropose_ray.api import process as process
    from neuropose_ray.estimator import Estimator as Estimator
    from neuropose_ray.schemas.reading import read as read
    from neuropose_ray.version import __version__ as __version__

#: Name -> the module that has it, imported when the name is first asked for (PEP 562).
_HOMES = {
    "curate": "neuropose_ray.api",
    "process": "neuropose_ray.api",
    "Estimator": "neuropose_ray.estimator",
    "read": "neuropose_ray.schemas.reading",
    "__version__": "neuropose_ray.version",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
