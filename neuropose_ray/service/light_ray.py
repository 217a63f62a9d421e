"""Ray and Ray Serve without pandas and Arrow, which each of their processes would load, 80 MB, for nothing here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import MappingProxyType, ModuleType

_PANDAS = "pandas"
#: Loads a module: the way that its own loader has.
Load = Callable[[ModuleType], None]


def lighten_ray() -> None:
    """Let Ray load no pandas and no Arrow in this process, as where they are not installed.

    Everybody else finds them. For the ``worker_process_setup_hook`` of a runtime environment, too.
    """
    if not any(isinstance(finder, _RayFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _RayFinder())


def _without_pandas(module: ModuleType, load: Load) -> None:
    with _pandas_hidden():
        load(module)


def _without_arrow(module: ModuleType, load: Load) -> None:
    """Load what serialises Arrow's tables in a way of Ray's own, and let it do so for no process.

    Tables that travel are pickled as Arrow does it. Who registers Ray's way loads Arrow, at the first object that
    comes or goes.
    """
    load(module)
    module._register_custom_datasets_serializers = _register_none  # type: ignore[attr-defined]


def _register_none(_context: object) -> None:
    """Register no way to serialise something."""


def _not_at_all(_module: ModuleType, _load: Load) -> None:
    """Leave out what imports all that the dashboard needs, to see whether it is installed: it comes with Ray here."""


_LOADING: Mapping[str, Callable[[ModuleType, Load], None]] = MappingProxyType(
    {
        "ray.serve": _without_pandas,
        "ray._private.arrow_serialization": _without_arrow,
        "ray.dashboard.optional_deps": _not_at_all,
    }
)


class _RayFinder(MetaPathFinder):
    """Finds the modules of Ray that are loaded in another way."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find one as usual, and have it loaded in its own way."""
        if fullname not in _LOADING:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        load, loading = spec.loader.exec_module, _LOADING[fullname]
        spec.loader.exec_module = lambda module: loading(module, load)  # type: ignore[method-assign]
        return spec


@contextmanager
def _pandas_hidden() -> Iterator[None]:
    if _PANDAS in sys.modules:
        yield
        return
    sys.modules[_PANDAS] = None  # type: ignore[assignment]  # the import system takes it for "cannot be imported"
    try:
        yield
    finally:
        del sys.modules[_PANDAS]
