"""Right and left put back: with a prior that knows the truth and blurs it, and with the learnt one on a phantom."""

from dataclasses import replace

import numpy as np
import pytest
from fitting.distorted import even_times, observe
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.fitting import FittedSequence, FittingSettings
from neuropose_ray.lifting import load_depth_prior
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.pipeline.assembly.fit import fit_tracks
from neuropose_ray.pipeline.assembly.sides import SURE, Observations, counterparts, fit_with_sides
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33, KNOWN_SKELETONS

FRAMES = 120
TIMES = np.arange(FRAMES) / 30
LIMBS = ("legs", "arms")


def walker(seed: int = 0) -> Observations:
    """A body that drifts through the picture, its sides well apart."""
    random = np.random.default_rng(seed)
    body = random.uniform(-200, 200, (33, 2))
    drift = np.cumsum(random.normal(0, 1, (FRAMES, 1, 2)), axis=0)
    pixels = (500 + body + drift).astype(np.float32)
    return Observations(pixels, np.ones((FRAMES, 33), np.float32), np.concatenate([pixels, pixels[..., :1]], -1))


def exchange(observed: Observations, limb: str, frames: range) -> Observations:
    chosen = np.isin(np.arange(FRAMES), frames)
    return observed.exchanged(chosen, counterparts(BLAZEPOSE_33, limb))


class KnowingPrior:
    """A fit that sees exchanged labels with so many log-odds, blurred over some frames; and what it was given."""

    def __init__(self, truth: Observations, odds: float, blur: int = 5) -> None:
        self.truth, self.odds, self.blur, self.given = truth, odds, blur, []

    def __call__(self, observed: Observations) -> FittedSequence:
        self.given.append(observed)
        answers = []
        for limb in LIMBS:
            joints = np.flatnonzero(counterparts(BLAZEPOSE_33, limb) != np.arange(33))
            wrong = (observed.pixels[:, joints] != self.truth.pixels[:, joints]).any((1, 2))
            kernel = np.ones(2 * self.blur + 1) / (2 * self.blur + 1)
            padded = np.pad(np.where(wrong, self.odds, -self.odds), self.blur, mode="edge")
            answers.append(np.convolve(padded, kernel, "valid"))
        return FittedSequence(
            observed.points, {}, np.zeros(FRAMES), np.zeros(FRAMES, np.uint8), True, {}, np.stack(answers, -1)
        )


stretches = st.tuples(st.integers(0, 100), st.integers(12, 60)).map(
    lambda span: range(span[0], min(FRAMES, span[0] + span[1]))
)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LIMBS), stretches, st.integers(0, 20))
def test_exchanged_labels_are_put_back_to_the_frame(limb: str, frames: range, seed: int):
    truth = walker(seed)
    fit, exchanges = fit_with_sides(exchange(truth, limb, frames), TIMES, BLAZEPOSE_33, KnowingPrior(truth, 4.0))
    np.testing.assert_array_equal(fit.poses3d, truth.points)
    (record,) = exchanges
    assert (record.limb, record.first_frame, record.last_frame) == (limb, frames[0], frames[-1])
    assert record.repaired
    assert record.log_odds > SURE


@settings(max_examples=30, deadline=None)
@given(stretches, stretches, st.integers(0, 20))
def test_legs_and_arms_are_judged_apart(legs: range, arms: range, seed: int):
    truth = walker(seed)
    observed = exchange(exchange(truth, "legs", legs), "arms", arms)
    fit, exchanges = fit_with_sides(observed, TIMES, BLAZEPOSE_33, KnowingPrior(truth, 4.0))
    np.testing.assert_array_equal(fit.poses3d, truth.points)
    assert [(record.limb, record.first_frame) for record in exchanges] == [("legs", legs[0]), ("arms", arms[0])]


def test_right_labels_are_asked_about_once_and_left_as_they_are():
    truth = walker()
    prior = KnowingPrior(truth, 4.0)
    fit, exchanges = fit_with_sides(truth, TIMES, BLAZEPOSE_33, prior)
    assert len(prior.given) == 1
    assert exchanges == ()
    assert fit.poses3d is truth.points


def test_what_is_not_sure_is_told_and_not_touched():
    truth, frames = walker(), range(40, 80)
    observed = exchange(truth, "legs", frames)
    fit, (record,) = fit_with_sides(observed, TIMES, BLAZEPOSE_33, KnowingPrior(truth, 1.2))
    assert fit.poses3d is observed.points
    assert not record.repaired
    assert record.description.startswith("right and left legs may be exchanged in frames 40 to 79")


def test_a_repair_after_which_no_fit_is_believed_is_taken_back():
    truth = walker()
    observed = exchange(truth, "legs", range(40, 80))
    knowing = KnowingPrior(truth, 4.0)

    def fit(given: Observations) -> FittedSequence:
        return replace(knowing(given), improved=given is observed)

    given_back, (record,) = fit_with_sides(observed, TIMES, BLAZEPOSE_33, fit)
    assert given_back.poses3d is observed.points
    assert not record.repaired


def test_without_a_prior_nothing_is_exchanged():
    truth = walker()
    fit, exchanges = fit_with_sides(
        truth, TIMES, BLAZEPOSE_33, lambda given: replace(KnowingPrior(truth, 1.0)(given), exchanged=None)
    )
    assert exchanges == ()
    assert fit.poses3d is truth.points


@pytest.mark.parametrize("name", KNOWN_SKELETONS)
def test_every_limb_changes_places_with_the_other_side_and_back(name: str):
    skeleton = KNOWN_SKELETONS[name]
    for limb, parts in (("legs", ("hip", "knee", "ankle")), ("arms", ("shoulder", "elbow", "wrist"))):
        joints = counterparts(skeleton, limb)
        np.testing.assert_array_equal(joints[joints], np.arange(len(skeleton)))
        for part in parts:
            assert joints[skeleton.index(f"left_{part}")] == skeleton.index(f"right_{part}")
    assert not set(_moved(counterparts(skeleton, "legs"))) & set(_moved(counterparts(skeleton, "arms")))


def _moved(joints: np.ndarray) -> list[int]:
    return np.flatnonzero(joints != np.arange(len(joints))).tolist()


@pytest.mark.parametrize("view_deg", [0, 30])
def test_the_learnt_prior_finds_the_legs_of_squats_that_are_seen_from_the_front(view_deg: float):
    track = observe(Squatting(), even_times(4, 30), view_deg=view_deg)
    frames, exchanged = len(track.timestamps_s), slice(40, 80)
    arrays = [
        track.poses2d.astype(np.float32),
        track.joint_scores.astype(np.float32),
        track.poses3d.astype(np.float32),
    ]
    fits = []
    for wrong in (slice(0, 0), exchanged):
        given = [array.copy() for array in arrays]
        for array, source in zip(given, arrays, strict=True):
            array[wrong] = source[wrong][:, counterparts(track.skeleton, "legs")]
        poses = Poses(np.arange(frames), np.ones((frames, 5), np.float32), given[0], given[2], given[1])
        table = PoseTable(track.timestamps_s, poses, np.zeros(frames, np.int32))
        fits.append(fit_tracks(table, track.camera, track.skeleton, FittingSettings(), load_depth_prior()))
    (right, right_report), (wrong_fit, wrong_report) = fits
    assert not [record for record in right_report.tracks[0].exchanges if record.repaired]
    (record,) = [record for record in wrong_report.tracks[0].exchanges if record.repaired]
    assert (record.limb, record.first_frame, record.last_frame) == ("legs", 40, 79)
    apart = np.linalg.norm(wrong_fit.poses3d_fitted - right.poses3d_fitted, axis=-1)
    assert np.nanmean(apart) < 5
