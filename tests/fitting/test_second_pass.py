"""The fit with a depth prior: better where the prior knows, the same where it does not."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from fitting.distorted import Track, even_times, knee_error_deg, observe, pa_mpjpe

from neuropose_ray.fitting import FitFlag, FittedSequence, FittingSettings, fit_sequence
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.schemas.depth_prior import DepthEstimate, ObservedPerson

HEIGHT_M = 1.741
SETTINGS = FittingSettings(height_m=HEIGHT_M)


@dataclass
class KnownDepths:
    """A prior that has seen the truth, or says that it knows nothing."""

    track: Track
    sigma_m: float
    version: str = "known"
    asked: ObservedPerson | None = None

    def __call__(self, person: ObservedPerson) -> DepthEstimate:
        self.asked = person
        frames = np.searchsorted(self.track.timestamps_s, person.times)
        truth = self.track.truth[frames] / 1000 * person.height_m / HEIGHT_M
        index = PHANTOM_SKELETON.index
        ray = truth[:, [index("right_hip"), index("left_hip")]].mean(axis=1)
        ray /= np.linalg.norm(ray, axis=1, keepdims=True)
        depths = [((truth[:, index(a)] - truth[:, index(b)]) * ray).sum(axis=1) for a, b in person.bones]
        depths = np.stack(depths, axis=1)
        return DepthEstimate(depths, np.full(depths.shape, self.sigma_m), np.zeros((len(frames), 2)))


@pytest.fixture(scope="module")
def track() -> Track:
    return observe(Squatting(), even_times(2.5, 20), view_deg=20)


@pytest.fixture(scope="module")
def alone(track: Track) -> FittedSequence:
    return fit_sequence(*track.inputs, SETTINGS)


def fit(track: Track, sigma_m: float, settings: FittingSettings = SETTINGS) -> FittedSequence:
    return fit_sequence(*track.inputs, settings, KnownDepths(track, sigma_m))


def test_true_depths_make_the_fit_much_better(track, alone):
    fitted = fit(track, 0.02)
    assert pa_mpjpe(fitted.poses3d, track.truth) < 0.7 * pa_mpjpe(alone.poses3d, track.truth)
    assert knee_error_deg(fitted.poses3d, track.truth) < knee_error_deg(alone.poses3d, track.truth)


def test_a_prior_that_knows_nothing_leaves_depth_to_the_model(track, alone):
    unsure = fit(track, 10.0)
    assert unsure.improved
    assert pa_mpjpe(unsure.poses3d, track.truth) == pytest.approx(pa_mpjpe(alone.poses3d, track.truth), rel=0.1)


def test_where_a_prior_bends_the_body_away_from_the_picture_the_first_pass_stands(track, alone):
    class Absurd(KnownDepths):
        def __call__(self, person: ObservedPerson) -> DepthEstimate:
            truth = super().__call__(person)
            turned = np.random.default_rng(0).permuted(truth.depths, axis=0) * 2 + 0.5
            return replace(truth, depths=turned)

    fitted = fit_sequence(*track.inputs, SETTINGS, Absurd(track, 0.0005))
    assert fitted.improved
    np.testing.assert_array_equal(fitted.poses3d, alone.poses3d)
    assert fitted.depth_sigma_mm == {}
    assert fitted.exchanged is not None


def test_without_a_prior_nothing_is_claimed_of_depth_and_sides(alone):
    assert alone.depth_sigma_mm == {}
    assert alone.exchanged is None


def test_what_the_prior_thinks_of_left_and_right_is_handed_on(track):
    poses3d = track.poses3d.copy()
    poses3d[:5] = np.nan
    fitted = fit_sequence(*replace(track, poses3d=poses3d).inputs, SETTINGS, KnownDepths(track, 0.03))
    assert fitted.exchanged is not None
    assert np.isnan(fitted.exchanged[:5]).all()
    assert (fitted.exchanged[5:] == 0).all()


def test_the_expected_error_of_every_bone_is_recorded(track):
    fitted = fit(track, 0.025)
    assert list(fitted.depth_sigma_mm.values()) == pytest.approx([25.0 * HEIGHT_M / 1.70] * 18)
    assert "right_hip-right_knee" in fitted.depth_sigma_mm


def test_the_prior_is_asked_with_the_distance_of_the_first_pass(track):
    prior = KnownDepths(track, 0.03)
    fit_sequence(*track.inputs, SETTINGS, prior)
    asked = prior.asked
    assert asked is not None
    hips = [PHANTOM_SKELETON.index("right_hip"), PHANTOM_SKELETON.index("left_hip")]
    distance = track.truth[:, hips, 2].mean(axis=1) / 1000 * 1.70 / HEIGHT_M
    assert np.median(np.abs(asked.distance / distance - 1)) < 0.05
    assert asked.directions.shape == (50, 16, 2)
    assert asked.confidences.shape == (50, 16)
    assert asked.height_m == pytest.approx(1.70)  # everybody is fitted as somebody of this height


def test_gaps_are_told_and_filled(track):
    poses3d = track.poses3d.copy()
    poses3d[20:32] = np.nan
    prior = KnownDepths(track, 0.03)
    fitted = fit_sequence(*replace(track, poses3d=poses3d).inputs, SETTINGS, prior)
    assert prior.asked is not None
    assert np.flatnonzero(~prior.asked.found).tolist() == list(range(20, 32))
    assert np.isfinite(fitted.poses3d).all()
    assert ((fitted.flags & FitFlag.GAP_FILLED) > 0).sum() == 12


def test_windows_give_what_the_whole_gives(track):
    long = observe(Squatting(), even_times(8, 15), view_deg=20)
    whole = fit(long, 0.02, SETTINGS.model_copy(update={"window_frames": 1000, "length_frames": 60}))
    parts = fit(long, 0.02, SETTINGS.model_copy(update={"window_frames": 50, "length_frames": 60}))
    assert pa_mpjpe(parts.poses3d, long.truth) == pytest.approx(pa_mpjpe(whole.poses3d, long.truth), abs=1)


def test_nothing_is_recorded_of_a_fit_that_is_not_believed(track):
    wrong = replace(track, poses2d=np.random.default_rng(0).permuted(track.poses2d, axis=1))
    fitted = fit(wrong, 0.02)
    assert not fitted.improved
    assert fitted.depth_sigma_mm == {}
