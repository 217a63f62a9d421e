"""What of a trial is compared."""

from dataclasses import replace

import numpy as np
import pytest
from analysis.dtw.cohort import movements, performed, unseen

from neuropose_ray.analysis.dtw.channels import ChannelSettings, trial_channels
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33

COORDS = ChannelSettings(representation="coords")


@pytest.fixture
def squat():
    return performed("squat", movements()["squat"])


def test_angles_do_not_depend_on_place_or_size_or_view(squat):
    seen = trial_channels(squat)
    assert seen.shape == (75, 8)
    turn = np.array([[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    elsewhere = replace(squat, positions=1.2 * squat.positions @ turn + [300, 0, 4000])
    np.testing.assert_allclose(trial_channels(elsewhere), seen, atol=1e-7)


def test_coordinates_are_counted_from_the_middle_of_the_hips(squat):
    seen = trial_channels(squat, COORDS)
    assert seen.shape == (75, 30)
    elsewhere = replace(squat, positions=squat.positions + [300, 0, 4000])
    np.testing.assert_allclose(trial_channels(elsewhere, COORDS), seen, atol=1e-9)
    knee = squat.joint("right_knee") - (squat.joint("right_hip") + squat.joint("left_hip")) / 2
    np.testing.assert_array_equal(seen[:, :3], knee)


def test_short_gaps_are_filled_and_long_ones_refused_with_the_coverage(squat):
    np.testing.assert_allclose(trial_channels(unseen(squat, slice(20, 22))), trial_channels(squat), atol=0.15)
    with pytest.raises(InputError, match=r"^squat: 40% of its 75 frames are complete, 50% are needed$"):
        trial_channels(unseen(squat, slice(0, 45)))


def test_gaps_that_the_policy_does_not_allow_name_the_trial(squat):
    with pytest.raises(InputError, match=r"^squat: array must not contain infs or NaNs"):
        trial_channels(unseen(squat, 3), ChannelSettings(nan_policy="propagate"))


def test_a_trial_without_frames_or_with_unknown_joints_is_refused(squat):
    empty = performed("empty", movements()["squat"], seconds=0)
    with pytest.raises(InputError, match="empty: 0% of its 0 frames"):
        trial_channels(empty)
    with pytest.raises(InputError, match=r"squat: unknown joint name 'tail'"):
        trial_channels(squat, ChannelSettings(angle_triplets=[("left_hip", "left_knee", "tail")]))


def test_the_defaults_are_landmarks_that_other_skeletons_have_too():
    defaults = ChannelSettings()
    assert BLAZEPOSE_33.has(*(name for triplet in defaults.angle_triplets for name in triplet), *defaults.joints)
