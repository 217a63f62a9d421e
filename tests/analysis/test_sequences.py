"""Pose sequences: NeuroPose's functions by their stated formulas, and what happens with missing numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from neuropose_ray.analysis.sequences import (
    SequenceError,
    normalize_pose_sequence,
    pad_sequences,
    predictions_to_numpy,
)
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.frame_names import frame_name
from neuropose_ray.schemas.header import VideoMetadata
from neuropose_ray.schemas.predictions import FramePrediction, VideoPredictions
from neuropose_ray.schemas.skeleton import Skeleton

FOREARM = Skeleton(name="forearm", joint_names=("elbow", "wrist"))
MILLIMETRES = st.floats(-5000, 5000).map(lambda value: round(value, 3))
sequences_of_poses = hnp.arrays(
    np.float64, st.tuples(st.integers(1, 6), st.integers(1, 4), st.just(3)), elements=MILLIMETRES
)


def predictions(*frames):
    """Each frame is a list of people, each person ``((x, y, z), (x, y, z))``."""
    records = {
        frame_name(index): FramePrediction(
            boxes=tuple((0.0, 0.0, 10.0, 10.0, 1.0) for _ in people),
            poses3d=tuple(people),
            poses2d=tuple(((0.0, 0.0), (0.0, 0.0)) for _ in people),
        )
        for index, people in enumerate(frames)
    }
    metadata = VideoMetadata(frame_count=len(frames), fps=30.0, width=640, height=480, filename="clip.mp4")
    return VideoPredictions(metadata=metadata, skeleton=FOREARM, frames=records)


NEAR, FAR = ((0.1, 0.2, 0.3), (4.0, 5.0, 6.0)), ((7.0, 8.0, 9.0), (10.0, 11.0, 12.0))


def test_predictions_become_the_chosen_persons_array_to_the_last_bit():
    clip = predictions([NEAR, FAR], [FAR, NEAR])
    np.testing.assert_array_equal(predictions_to_numpy(clip), np.array([NEAR, FAR]), strict=True)
    np.testing.assert_array_equal(predictions_to_numpy(clip, person_index=1), np.array([FAR, NEAR]), strict=True)


def test_a_missing_coordinate_is_nan():
    array = predictions_to_numpy(predictions([((None, 1.0, 2.0), (3.0, 4.0, 5.0))]))
    np.testing.assert_array_equal(array, [[[np.nan, 1, 2], [3, 4, 5]]])


def test_predictions_without_frames_are_refused():
    with pytest.raises(ValueError, match="zero frames"):
        predictions_to_numpy(predictions())


def test_a_frame_that_does_not_show_the_person_is_named():
    with pytest.raises(ValueError, match=r"clip\.mp4: .* out of range: frame_000001 shows 1 person") as raised:
        predictions_to_numpy(predictions([NEAR, FAR], [NEAR]), person_index=1)
    assert isinstance(raised.value, InputError)
    with pytest.raises(ValueError, match="out of range: frame_000001 shows 0 person"):
        predictions_to_numpy(predictions([NEAR], []))
    with pytest.raises(ValueError, match="out of range"):
        predictions_to_numpy(predictions([NEAR]), person_index=-1)


@given(sequences_of_poses, st.booleans())
@settings(max_examples=50)
def test_normalising_subtracts_the_minimum_and_divides_by_the_range(poses, axis_wise):
    lowest = [min(poses[..., axis].ravel()) for axis in range(3)]
    ranges = [max(poses[..., axis].ravel()) - lowest[axis] for axis in range(3)]
    before = poses.copy()
    if max(ranges) == 0:
        with pytest.raises(SequenceError, match="degenerate"):
            normalize_pose_sequence(poses, axis_wise=axis_wise)
        return
    normal = normalize_pose_sequence(poses, axis_wise=axis_wise)
    for axis in range(3):
        divisor = (ranges[axis] or 1) if axis_wise else max(ranges)
        np.testing.assert_allclose(normal[..., axis], (poses[..., axis] - lowest[axis]) / divisor, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(poses, before)


@given(sequences_of_poses, st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_normalising_ignores_what_is_missing_and_leaves_it_missing(poses, random):
    missing = np.array([random.random() < 0.3 for _ in range(poses[..., 0].size)]).reshape(poses.shape[:2])
    with_gaps = np.where(missing[..., None], np.nan, poses)
    kept = poses[~missing]
    if not len(kept) or not np.ptp(kept, axis=0).any():
        with pytest.raises(SequenceError):
            normalize_pose_sequence(with_gaps)
        return
    normal = normalize_pose_sequence(with_gaps)
    np.testing.assert_array_equal(np.isnan(normal).any(-1), missing)
    np.testing.assert_allclose(normal[~missing], normalize_pose_sequence(kept[None])[0], rtol=0, atol=1e-9)


def test_an_axis_that_is_nowhere_known_does_not_stop_the_others():
    poses = np.array([[[0.0, np.nan, 2.0], [4.0, np.nan, 4.0]]])
    np.testing.assert_array_equal(normalize_pose_sequence(poses, axis_wise=True), [[[0, np.nan, 0], [1, np.nan, 1]]])


@pytest.mark.parametrize("poses", [np.zeros((4, 3)), np.zeros((4, 5, 2)), np.zeros((0, 5, 3))])
def test_what_cannot_be_normalised_is_refused(poses):
    with pytest.raises(SequenceError):
        normalize_pose_sequence(poses)


def test_padding_repeats_the_last_frame_and_cuts_the_end():
    short, long = np.array([[1.0], [2.0]]), np.array([[3.0], [4.0], [5.0], [6.0]])
    padded = pad_sequences([short, long])
    assert [sequence[:, 0].tolist() for sequence in padded] == [[1, 2, 2, 2], [3, 4, 5, 6]]
    cut = pad_sequences([short, long], target_length=3)
    assert [sequence[:, 0].tolist() for sequence in cut] == [[1, 2, 2], [3, 4, 5]]


def test_padding_makes_copies():
    given_array = np.ones((2, 1, 3))
    pad_sequences([given_array], target_length=2)[0][:] = 0
    assert given_array.all()


def test_nothing_to_pad_is_an_empty_list_only_if_the_length_is_given():
    assert pad_sequences([], target_length=5) == []
    with pytest.raises(ValueError, match="is empty"):
        pad_sequences([])


def test_sequences_that_do_not_fit_together_are_refused():
    with pytest.raises(ValueError, match="trailing shape"):
        pad_sequences([np.zeros((2, 4, 3)), np.zeros((2, 5, 3))])
    with pytest.raises(ValueError, match="no frame"):
        pad_sequences([np.zeros((0, 4, 3)), np.zeros((2, 4, 3))])
    with pytest.raises(ValueError, match="negative"):
        pad_sequences([np.zeros((2, 4, 3))], target_length=-1)
