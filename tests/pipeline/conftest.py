"""What the tests of the pipeline share."""

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from neuropose_ray.pipeline.state.summary import RunSummary


@pytest.fixture(scope="session")
def finished_once(
    pipeline: "Callable[..., RunSummary]", tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Path]:
    """The results of a clip, computed by the real pose model once for all tests, which change nothing in them."""
    folder = tmp_path_factory.mktemp("finished")

    def results(clip: Path, **flags: Any) -> Path:
        kept = folder / hashlib.sha256(repr((clip, flags)).encode()).hexdigest()
        if not kept.exists():
            summary = pipeline([clip], kept, **flags)
            assert summary.all_well
            assert summary.frames_computed == summary.videos[0].frames > 0
        return kept

    return results


@pytest.fixture
def finished(finished_once: Callable[..., Path], tmp_path: Path) -> Callable[..., Path]:
    """A copy of the same, of a name in the test's own folder."""
    return lambda name, clip, **flags: Path(shutil.copytree(finished_once(clip, **flags), tmp_path / name))


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
