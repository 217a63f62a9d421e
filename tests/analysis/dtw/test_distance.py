"""Comparing movements with NeuroPose's arguments."""

import numpy as np
import pytest

from neuropose_ray.analysis.angles.triplets import extract_joint_angles
from neuropose_ray.analysis.dtw.distance import dtw_all, dtw_per_joint, dtw_relation
from neuropose_ray.analysis.dtw.settings import WarpingSettings
from neuropose_ray.analysis.dtw.warping import warp_path
from neuropose_ray.errors import SequenceError

TRIPLETS = [(0, 1, 2), (1, 2, 3)]


@pytest.fixture
def pair():
    random = np.random.default_rng(7)
    return [np.cumsum(random.normal(size=(frames, 4, 3)), axis=0) for frames in (30, 26)]


def moved(sequence, turn=0.7, scale=1.0):
    cos, sin = np.cos(turn), np.sin(turn)
    return scale * sequence @ np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]]) + [100, -50, 20]


def test_all_joints_make_one_vector_a_frame(pair):
    a, b = pair
    assert dtw_all(a, b) == warp_path(a.reshape(30, 12), b.reshape(26, 12))


def test_joints_are_warped_each_for_itself(pair):
    a, b = pair
    results = dtw_per_joint(a, b)
    assert results == [warp_path(a[:, joint], b[:, joint]) for joint in range(4)]
    assert len({len(result.path) for result in results}) > 1


def test_a_relation_does_not_change_with_where_the_body_is(pair):
    a, b = pair
    result = dtw_relation(a, b, 0, 2)
    assert result == warp_path(a[:, 2] - a[:, 0], b[:, 2] - b[:, 0])
    assert dtw_relation(a + 500, b, 0, 2).distance == pytest.approx(result.distance)


def test_angles_are_compared_in_radians(pair):
    angles = [extract_joint_angles(sequence, TRIPLETS) for sequence in pair]
    options = {"representation": "angles", "angle_triplets": TRIPLETS}
    assert dtw_all(*pair, **options) == warp_path(*angles)
    assert dtw_per_joint(*pair, **options) == [warp_path(*(each[:, [unit]] for each in angles)) for unit in range(2)]


def test_neuroposes_numbers_are_those_of_fastdtw(pair):
    from fastdtw import fastdtw

    a, b = pair
    result = dtw_all(a, b, method="fastdtw")
    assert (result.distance, result.path) == fastdtw(a.reshape(30, 12), b.reshape(26, 12), radius=1, dist=2)


@pytest.mark.parametrize("align", ["procrustes_per_frame", "procrustes_per_sequence"])
def test_alignment_removes_place_and_turn_and_size_only_on_request(pair, align):
    b = pair[0]
    assert dtw_all(moved(b), b, align=align).distance == pytest.approx(0, abs=1e-6)
    assert dtw_all(moved(b, scale=1.5), b, align=align).distance > 1
    assert dtw_all(moved(b, scale=1.5), b, align=align, align_scale=True).distance == pytest.approx(0, abs=1e-6)
    assert dtw_all(moved(b), b).distance > 1


def test_every_keyword_of_the_settings_reaches_the_warping(pair):
    a, b = pair
    chosen = {"band": 0.1, "z_normalise": True, "path_normalise": True, "open_begin": 2, "open_end": 0.1}
    expected = warp_path(a.reshape(30, 12), b.reshape(26, 12), WarpingSettings(**chosen))
    assert dtw_all(a, b, **chosen) == expected


def test_gaps_are_filled_or_dropped_for_each_joint_alone(pair):
    a, b = pair[0].copy(), pair[1]
    a[5:8, 0] = np.nan
    with pytest.raises(SequenceError, match="infs or NaNs"):
        dtw_per_joint(a, b)
    dropped = dtw_per_joint(a, b, nan_policy="drop")
    assert [result.path[-1] for result in dropped] == [(26, 25), (29, 25), (29, 25), (29, 25)]
    assert dtw_all(a, b, nan_policy="drop").path[-1] == (26, 25)
    filled = a.copy()
    filled[4:9, 0] = np.linspace(a[4, 0], a[8, 0], 5)
    assert dtw_all(a, b, nan_policy="interpolate").distance == pytest.approx(dtw_all(filled, b).distance, rel=1e-12)


def test_a_missing_joint_does_not_stop_alignment(pair):
    b = pair[0]
    a = moved(b)
    a[10, 2] = np.nan
    result = dtw_all(a, b, align="procrustes_per_sequence", nan_policy="interpolate")
    assert result.distance < 0.05 * dtw_all(moved(b), b).distance


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda a, b: (a[0], b), {}, "expected 3D"),
        (lambda a, b: (a[:, :3], b), {}, "joint count"),
        (lambda a, b: (a, b), {"align": "procrustes_per_frame"}, "matching frame counts"),
        (lambda a, b: (a, b), {"align": "kabsch"}, "unknown align 'kabsch'; there are: none, procrustes_per_frame"),
        (lambda a, b: (a, b), {"representation": "angles"}, "angle_triplets"),
        (lambda a, b: (a, b), {"representation": "quaternions"}, "unknown representation 'quaternions'"),
        (lambda a, b: (a, b), {"representation": "angles", "angle_triplets": [(0, 1, 9)]}, "out of range"),
        (lambda a, b: (a, b), {"nan_policy": "guess"}, "unknown nan_policy 'guess'"),
        (lambda a, b: (a[:0], b), {}, "nothing to compare"),
        (lambda a, b: (a, b), {"method": "slow"}, 'method: "slow" is not one of exact, fastdtw'),
        (lambda a, b: (a, b), {"method": "fastdtw", "band": 3}, "fastdtw has neither a band nor open ends"),
        (lambda a, b: (a, b), {"band": 1.5}, "band: must be a whole number of frames or a fraction"),
        (lambda a, b: (a, b), {"bandwidth": 3}, "bandwidth: "),
    ],
)
@pytest.mark.parametrize("compare", [dtw_all, dtw_per_joint])
def test_wrong_arguments_are_value_errors_of_one_line(pair, compare, change, options, message):
    with pytest.raises(ValueError, match=message) as caught:
        compare(*change(*pair), **options)
    assert isinstance(caught.value, SequenceError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("joints", [(0, 4), (-1, 2)])
def test_a_relation_of_joints_that_are_not_there_is_refused(pair, joints):
    with pytest.raises(SequenceError, match="joint indices"):
        dtw_relation(*pair, *joints)
