"""Runs that are killed at random moments and started again: nothing is lost, nothing doubled, nothing changed."""

from pathlib import Path

import pytest
from measurements.endurance import Killer, check, finish, start

from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, write_synthetic_video

CHUNKS = 48

pytestmark = pytest.mark.endurance


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("endurance") / "v.mp4"
    write_synthetic_video(path, CHUNKS)
    return path


@pytest.fixture(scope="module")
def whole(video: Path) -> Path:
    """What an undisturbed run gives."""
    finish(start(video, video.parent / "whole", "local"))
    return video.parent / "whole"


def test_a_run_on_threads_that_is_killed_again_and_again_ends_as_if_it_had_not_been(
    video: Path, whole: Path, tmp_path: Path
):
    killer = Killer(video, tmp_path / "killed", seed=1)
    for _ in range(4):
        killer.threads()
    finish(start(video, killer.out, "local"))
    assert killer.killed["threads"] >= 3  # the last one may have come too late
    check(killer.out, whole, "v", CHUNKS * SCENE_FRAMES)
