"""Pictures through memory without a name: whole, of changing sizes, and nothing left behind."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.video.live.shared_frames import FrameReader, FrameWriter, anonymous_memory


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 200), st.integers(1, 200)), min_size=1, max_size=8))
def test_pictures_of_any_sizes_arrive_whole_and_stay_so_while_two_more_are_written(sizes):
    descriptor, pending = anonymous_memory(), []
    writer, reader = FrameWriter(descriptor), FrameReader(descriptor)
    for number, (height, width) in enumerate(sizes):
        image = np.full((height, width, 3), number + 1, np.uint8)
        pending.append((writer.write(image), height, width, number + 1))
        for offset, h, w, value in pending[-3:]:
            assert (reader.read(offset, h, w) == value).all()
    os.close(descriptor)


def test_a_picture_that_was_read_is_the_readers_own():
    descriptor = anonymous_memory()
    writer, reader = FrameWriter(descriptor), FrameReader(descriptor)
    image = reader.read(writer.write(np.full((4, 4, 3), 7, np.uint8)), 4, 4)
    for _ in range(3):
        writer.write(np.zeros((4, 4, 3), np.uint8))
    assert (image == 7).all()
    assert image.flags.writeable
    os.close(descriptor)


def test_what_lies_beyond_the_memory_is_refused():
    descriptor = anonymous_memory()
    FrameWriter(descriptor).write(np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="buffer"):
        FrameReader(descriptor).read(1 << 30, 100, 100)
    os.close(descriptor)


def test_the_memory_has_no_name_that_could_be_left_behind():
    before = set(Path("/dev/shm").iterdir()) if Path("/dev/shm").is_dir() else set()
    descriptor = anonymous_memory()
    FrameWriter(descriptor).write(np.zeros((100, 100, 3), np.uint8))
    assert os.fstat(descriptor).st_nlink == 0
    after = set(Path("/dev/shm").iterdir()) if Path("/dev/shm").is_dir() else set()
    assert not {path.name for path in after - before if "neuropose" in path.name}
    os.close(descriptor)
