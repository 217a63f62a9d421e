"""What the tests of the pipeline share."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def unlistable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Takes from this process the right to list a folder, also where it runs as root, who may everything."""
    locked: set[str] = set()
    scandir, listdir = os.scandir, os.listdir

    def refuse(path: object) -> None:
        if not isinstance(path, int) and os.fspath(path) in locked:
            raise PermissionError(13, "Permission denied", os.fspath(path))

    def guarded_scandir(path="."):
        refuse(path)
        return scandir(path)

    def guarded_listdir(path="."):
        refuse(path)
        return listdir(path)

    monkeypatch.setattr(os, "scandir", guarded_scandir)
    monkeypatch.setattr(os, "listdir", guarded_listdir)
    return lambda folder: locked.add(str(folder))
