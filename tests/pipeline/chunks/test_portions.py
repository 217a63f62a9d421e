"""Poses of a batch go back to the chunks whose frames they are of."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import ModelError
from neuropose_ray.pipeline.chunks.portions import Portion, parted
from neuropose_ray.schemas.poses import Poses


def portions(sizes: list[int]) -> list[Portion]:
    places = np.split(100 + np.arange(sum(sizes)), np.cumsum(sizes)[:-1])
    return [Portion(None, [None] * size, own, 1) for size, own in zip(sizes, places, strict=True)]


def people(frames: list[int]) -> Poses:
    """One for each of the frames; the box says of which."""
    poses = Poses.empty(2).take(np.zeros(0, np.int64))
    count = len(frames)
    boxes = np.tile(np.array(frames, np.float32)[:, None], (1, 5)) if count else poses.boxes
    return Poses(
        np.array(frames, np.int64), boxes, np.zeros((count, 2, 2), np.float32), np.zeros((count, 2, 3), np.float32),
        np.zeros((count, 2), np.float32),
    )  # fmt: skip


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6), st.data())
def test_every_person_goes_to_the_chunk_of_the_frame_in_the_models_order(sizes: list[int], data: st.DataObject):
    frames = data.draw(st.lists(st.integers(0, sum(sizes) - 1), max_size=20))
    batch = portions(sizes)
    parts = parted(people(frames), batch)
    for portion, poses in zip(batch, parts, strict=True):
        own = [frame for frame in frames if 100 + frame in portion.places]
        assert poses.boxes[:, 0].tolist() == own
        assert poses.frame.tolist() == [100 + frame for frame in own]


@pytest.mark.parametrize("frame", [-1, 7])
def test_poses_of_frames_that_were_not_shown_are_refused(frame: int):
    with pytest.raises(ModelError, match="not shown"):
        parted(people([0, frame]), portions([3, 4]))


@given(st.integers(1, 9), st.integers(0, 9))
def test_a_portion_is_cut_in_two(size: int, cut: int):
    (portion,) = portions([size])
    first, rest = portion.until(cut), portion.after(cut)
    assert [*first.places, *rest.places] == portion.places.tolist()
    assert len(first.frames) == min(cut, size)
    assert len(first.frames) + len(rest.frames) == size
