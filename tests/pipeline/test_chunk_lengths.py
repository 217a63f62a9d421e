"""The same people at the same places, however long chunks are and whatever engine works on them."""

from pathlib import Path

import numpy as np
import pytest
from measurements.chunk_lengths import CASES, difference, measure

from neuropose_ray.schemas.poses import Poses, PoseTable

#: The largest that still counts as the same.
PIXELS, FITTED_MM = 3.0, 5.0


@pytest.mark.ray
@pytest.mark.endurance
@pytest.mark.usefixtures("ray_cluster")
@pytest.mark.parametrize(
    ("name", "session_frames"),
    [
        ("intel/store-aisle-detection.mp4", 256),
        ("intel/store-aisle-detection.mp4", 20),  # sessions that begin while people hide each other
        ("sports2d/demo.mp4", 50),  # and one in the middle of a somersault
        ("field/leaves_and_returns.mp4", 256),
    ],
)
def test_length_and_engine_change_nothing(pipeline, test_data: Path, tmp_path: Path, name: str, session_frames: int):
    measured = list(measure(pipeline, test_data / name, tmp_path, blazepose={"session_frames": session_frames}))
    assert len(measured) == len(CASES) - 1
    for engine, frames, made in measured:
        told = f"{engine}, chunks of {frames}: {made}"
        assert made.rows[0] == made.rows[1] > 0, told
        assert made.same_people, told
        assert made.pixels <= PIXELS, told
        assert made.fitted_mm <= FITTED_MM, told


def table(ids: list[int], shift: float = 0.0) -> PoseTable:
    """One row in each frame."""
    count = len(ids)
    poses = Poses(
        np.arange(count), np.ones((count, 5), np.float32), np.full((count, 2, 2), shift, np.float32),
        np.zeros((count, 2, 3), np.float32), np.ones((count, 2), np.float32),
    )  # fmt: skip
    fitted = np.full((count, 2, 3), [0, 0, 2 * shift], np.float32)
    return PoseTable(np.arange(count) / 30, poses, np.array(ids, np.int32), fitted)


def test_a_difference_is_seen():
    assert difference(table([0, 0]), table([0, 0])).same_people
    assert not difference(table([0, 0]), table([0, 1])).same_people
    assert not difference(table([0, 0]), table([0])).same_people
    moved = difference(table([0, -1]), table([0, -1], shift=3.0))
    assert moved.pixels == pytest.approx(3 * 2**0.5)
    assert moved.fitted_mm == pytest.approx(6.0)
