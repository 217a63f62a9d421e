"""Which frames of a track are fitted: those with a person, and short gaps between them."""

import numpy as np
import pytest

from neuropose_ray.fitting.clip import clip_of, usable
from neuropose_ray.schemas.camera import Camera

CAMERA = Camera.from_field_of_view(640, 480, 55)
HIPS = np.array([0, 1])
RATE_HZ = 10


def track(frames, *missing):
    """Three joints that move along straight lines, with nobody in some frames."""
    steps = np.arange(frames, dtype=float)[:, None, None]
    poses2d = np.array([[300.0, 200], [340, 200], [320, 300]]) + steps
    poses3d = np.array([[-100.0, 0, 0], [100, 0, 0], [0, 400, 50]]) + 10 * steps
    scores = np.full((frames, 3), 0.8)
    for array in (poses2d, poses3d, scores):
        array[list(missing)] = np.nan
    return poses2d, scores, poses3d


def cut(frames, *missing, max_gap_s=0.35):
    poses2d, scores, poses3d = track(frames, *missing)
    detected = usable(poses2d, scores, poses3d)
    return clip_of(poses2d, scores, poses3d, np.arange(frames) / RATE_HZ, detected, CAMERA, HIPS, max_gap_s)


def test_a_frame_is_usable_where_every_number_is_known_and_some_joint_is_sure():
    poses2d, scores, poses3d = track(5, 1)
    poses3d[2, 0, 1] = np.nan
    scores[3] = 0
    scores[4, :2] = 0
    assert usable(poses2d, scores, poses3d).tolist() == [True, False, False, False, True]


def test_without_a_gap_every_frame_is_kept_in_one_segment():
    clip = cut(5)
    assert (len(clip), clip.frames.tolist(), clip.segments.tolist()) == (5, [0, 1, 2, 3, 4], [0] * 5)
    assert clip.detected.all()


def test_a_short_gap_is_bridged_by_a_line_and_has_no_weight():
    clip, whole = cut(8, 3, 4), cut(8)
    assert clip.frames.tolist() == list(range(8))
    assert clip.detected.tolist() == [True, True, True, False, False, True, True, True]
    assert set(clip.segments) == {0}
    np.testing.assert_allclose(clip.image, whole.image, atol=1e-12)
    np.testing.assert_allclose(clip.model, whole.model, atol=1e-12)
    np.testing.assert_array_equal(clip.scores[3:5], 0)


@pytest.mark.parametrize(("max_gap_s", "segments"), [(0.3, [0] * 7), (0.29, [0, 0, 1, 1])])
def test_a_gap_lasts_from_its_first_missing_frame_to_the_next_detected_one(max_gap_s, segments):
    assert cut(7, 2, 3, 4, max_gap_s=max_gap_s).segments.tolist() == segments


def test_frames_before_the_first_and_after_the_last_detection_are_left_out():
    assert cut(8, 0, 1, 7).frames.tolist() == [2, 3, 4, 5, 6]


def test_pixels_become_viewing_directions_and_millimetres_metres_from_the_hips():
    clip = cut(3)
    poses2d, _, poses3d = track(3)
    np.testing.assert_allclose(clip.image, CAMERA.viewing_directions(poses2d))
    np.testing.assert_allclose(clip.model, (poses3d - poses3d[:, HIPS].mean(1, keepdims=True)) / 1000, atol=1e-12)
    np.testing.assert_allclose(clip.model[:, HIPS].mean(1), 0, atol=1e-12)


def test_scores_are_weights_between_nothing_and_one():
    poses2d, scores, poses3d = track(2)
    scores[0], scores[1, 0] = 3, np.nan
    detected = np.ones(2, bool)
    clip = clip_of(poses2d, scores, poses3d, np.arange(2) / RATE_HZ, detected, CAMERA, HIPS, 1.0)
    assert clip.scores.tolist() == [[1, 1, 1], [0, 0.8, 0.8]]
