import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import FileFormatError
from neuropose_ray.formats.c3d_layout import C3dLayout


def layout(points: int, frames: int, *, analog: int = 0, is_float: bool = True, processor: int = 84) -> C3dLayout:
    frame_bytes = (4 * points + analog) * (4 if is_float else 2)
    return C3dLayout(points, analog, min(frames, 65535), is_float, processor, 1024, 1024 + frames * frame_bytes)


@given(
    frames=st.integers(1, 200_000), points=st.integers(33, 200), wrong=st.lists(st.integers(-5, 300_000), max_size=3)
)
def test_of_many_counts_the_one_that_the_size_fits_is_taken(frames, points, wrong):
    file = layout(points, frames)
    assert file.true_frames((*wrong, frames, file.header_frames)) == frames


@given(frames=st.integers(1, 1000), too_many=st.integers(1, 5000))
def test_where_no_count_fits_the_frames_that_are_there_are_taken(frames, too_many):
    assert layout(50, frames).true_frames((frames + too_many, 0, -1)) == frames


@pytest.mark.parametrize("processor", [84, 86])
@pytest.mark.parametrize("is_float", [True, False])
def test_numbers_of_either_byte_order_and_kind_are_read(tmp_path, processor, is_float):
    order = "<" if processor == 84 else ">"
    values = np.arange(24).reshape(3, 2, 4)
    values[1, 1, 3] = -1
    frames = np.concatenate([values.reshape(3, 8), np.full((3, 2), 99)], 1)
    content = bytes(1024) + frames.astype(f"{order}{'f4' if is_float else 'i2'}").tobytes()
    (tmp_path / "a.c3d").write_bytes(content)
    file = layout(2, 3, analog=2, is_float=is_float, processor=processor)
    positions, missing = file.read_points(tmp_path / "a.c3d", 3, scale=-0.5)
    np.testing.assert_array_equal(positions, values[..., :3] * (1 if is_float else 0.5))
    assert missing.tolist() == [[False, False], [False, True], [False, False]]


def test_floats_of_a_dec_computer_say_how_many_frames_are_lost(tmp_path):
    with pytest.raises(FileFormatError, match="65 frames beyond the 65535th cannot be read"):
        layout(2, 65_600, processor=85).read_points(tmp_path / "a.c3d", 65_600, 1.0)
