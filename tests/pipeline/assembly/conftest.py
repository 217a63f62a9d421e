"""A video that waits to be put together, made once and copied for each test."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from support.seen_video import SeenVideo, seen_video


@pytest.fixture(scope="session")
def seen_once(tmp_path_factory: pytest.TempPathFactory) -> SeenVideo:
    return seen_video(tmp_path_factory.mktemp("seen"))


@pytest.fixture
def seen(seen_once: SeenVideo, tmp_path: Path) -> SeenVideo:
    """A copy for one test."""
    out = tmp_path / "out"
    shutil.copytree(seen_once.assembly.context.out, out)
    context = replace(seen_once.assembly.context, out=out)
    return replace(seen_once, assembly=replace(seen_once.assembly, context=context))
