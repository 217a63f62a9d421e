"""Ray Serve without pandas, which each of its processes would load, 70 MB, for answers that nobody gives here."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_SERVE, _HIDDEN = "ray.serve", "pandas"


def hide_pandas_from_serve() -> None:
    """Let Ray Serve find no pandas when it is imported in this process, as where it is not installed.

    Everybody else finds it. For the ``worker_process_setup_hook`` of a runtime environment, too.
    """
    if _SERVE not in sys.modules and not any(isinstance(finder, _ServeFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _ServeFinder())


class _ServeFinder(MetaPathFinder):
    """Finds Ray Serve alone."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find it as usual, and have it loaded without pandas."""
        if fullname != _SERVE:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            with _hidden():
                load(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


@contextmanager
def _hidden() -> Iterator[None]:
    if _HIDDEN in sys.modules:
        yield
        return
    sys.modules[_HIDDEN] = None  # type: ignore[assignment]  # the import system takes it for "cannot be imported"
    try:
        yield
    finally:
        del sys.modules[_HIDDEN]
