import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.models.metrabs.tensors import most_frames, padded_count, read_poses
from neuropose_ray.schemas.camera import Camera

IDENTITY = np.eye(4)


@given(st.data())
def test_padding_fits_the_frames_and_wastes_less_than_half(data: st.DataObject) -> None:
    most = data.draw(st.integers(1, 300))
    count = data.draw(st.integers(1, most))
    padded = padded_count(count, most)

    assert count <= padded <= most
    assert padded < 2 * count


@given(st.integers(1, 300))
def test_a_model_meets_few_batch_sizes(most: int) -> None:
    sizes = {padded_count(count, most) for count in range(1, most + 1)}

    assert len(sizes) <= most.bit_length() + 1


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_a_call_gets_no_more_values_than_a_gpus_kernels_count(width: int, height: int) -> None:
    most = most_frames(Camera.from_field_of_view(width, height, 55))

    assert most * height * width * 3 < 2**31 <= (most + 1) * height * width * 3


def test_a_call_gets_a_frame_however_large() -> None:
    assert most_frames(Camera.from_field_of_view(40_000, 30_000, 55)) == 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.data())
def test_rows_point_to_their_frames_and_padding_is_cut(people: list[int], data: st.DataObject) -> None:
    frames = data.draw(st.integers(0, len(people)))
    total = sum(people)
    boxes = np.arange(5 * total, dtype=np.float32).reshape(total, 5)
    poses = read_poses(
        np.array(people), boxes, np.zeros((total, 2, 2), np.float32), np.zeros((total, 2, 3), np.float32),
        frames=frames, camera_from_world=IDENTITY,
    )  # fmt: skip

    np.testing.assert_array_equal(np.bincount(poses.frame, minlength=frames), people[:frames])
    np.testing.assert_array_equal(poses.boxes, boxes[: sum(people[:frames])])
