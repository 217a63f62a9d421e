"""What the report says of the fit."""

import numpy as np
import pytest

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.report.collect.quality import _of_fit, limb_changes
from neuropose_ray.schemas.fitting import TrackFit
from neuropose_ray.schemas.skeletons import known_skeleton


def fit(**changes) -> TrackFit:
    given = {"track_id": 0, "improved": True, "frame_index": (0, 1), "residual_px": (3.0, 5.0), "flags": (0, 0)}
    return TrackFit(**{**given, **changes})


def test_the_depth_prior_is_named_with_the_errors_that_it_expects():
    sigmas = {"right_hip-right_knee": 20.0, "left_knee-left_ankle": 30.0, "right_elbow-right_wrist": 41.0}
    _, text = _of_fit(fit(depth_prior="depth prior 1, SHA-256 abc", depth_sigma_mm=sigmas))
    assert "depth prior 1, learnt from motion capture" in text
    assert "25 mm from end to end of thighs and shanks, 41 mm from end to end of arms." in text


@pytest.mark.parametrize("changes", [{}, {"depth_prior": "depth prior 1"}])
def test_without_a_prior_nothing_is_said_of_it(changes):
    assert len(_of_fit(fit(**changes))) == 1


@pytest.mark.filterwarnings("error")
def test_limbs_without_a_length_have_no_share_by_which_it_changes():
    skeleton = known_skeleton("blazepose_33")
    positions = np.zeros((4, len(skeleton), 3))
    times, scores = np.arange(4) / 30, np.ones((4, len(skeleton)))
    assert np.isnan(limb_changes(Motion("", skeleton, times, positions, scores))).all()
    positions[:, skeleton.index("left_knee"), 1] = (100.0, 100.0, 100.0, 150.0)
    changes = limb_changes(Motion("", skeleton, times, positions, scores))
    np.testing.assert_allclose(changes, (0, 0, 0, 0.5))
