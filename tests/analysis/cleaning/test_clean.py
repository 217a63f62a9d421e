from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from neuropose_ray.analysis.cleaning.clean import clean
from neuropose_ray.analysis.cleaning.label_swaps import exchange
from neuropose_ray.analysis.cleaning.limbs import limb_pairs
from neuropose_ray.analysis.cleaning.records import LabelSwap
from neuropose_ray.analysis.cleaning.settings import (
    ButterworthSettings,
    CleaningSettings,
    MedianSettings,
    OneEuroSettings,
    ResamplingSettings,
    SavitzkyGolaySettings,
)
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.errors import SettingsError
from neuropose_ray.evaluate import LIMB_JOINTS
from neuropose_ray.evaluate.reference import read_reference
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.schemas.skeleton import Skeleton

ORDER = ["confidence", "label_swaps", "outliers", "gaps", "resampling", "smoothing"]
ONLY_SMOOTHING = {"confidence": None, "label_swaps": None, "outliers": None, "gaps": None, "resampling": None}


def spoiled(motion, seed=0, *, noise_mm=(8.0, 8.0, 20.0), outliers=0.01, missing=0.02):
    """What a single camera makes of it: noise (most in depth), outliers of 20 to 60 cm, samples not seen."""
    rng = np.random.default_rng(seed)
    positions = motion.positions + rng.normal(0, 1, motion.positions.shape) * np.array(noise_mm)
    wild = rng.random(positions.shape[:2]) < outliers
    directions = rng.normal(0, 1, positions.shape)
    directions /= np.linalg.norm(directions, axis=-1, keepdims=True)
    positions = np.where(
        wild[..., None], positions + directions * rng.uniform(200, 600, wild.shape)[..., None], positions
    )
    positions[rng.random(positions.shape[:2]) < missing] = np.nan
    return replace(motion, positions=positions)


def error_mm(motion, truth):
    return float(np.nanmean(np.linalg.norm(motion.positions - truth.positions, axis=-1)))


def acceleration_error(motion, truth):
    return float(np.nanmean(np.linalg.norm(np.diff(motion.positions - truth.positions, 2, axis=0), axis=-1)))


def steps_of(cleaned):
    return {step.step: step for step in cleaned.steps}


@pytest.mark.parametrize("fps", [30, 60])
@pytest.mark.parametrize("what", ["walking", "squatting", "reaching", "sit_to_stand"])
def test_the_error_against_the_truth_drops(true_motion, what, fps):
    truth = true_motion(what, fps=fps)
    raw = spoiled(truth, seed=fps)
    cleaned = clean(raw, CleaningSettings())
    assert error_mm(cleaned.motion, truth) < 0.65 * error_mm(raw, truth)
    assert acceleration_error(cleaned.motion, truth) < 0.2 * acceleration_error(raw, truth)
    assert np.isfinite(cleaned.motion.positions).all(-1).mean() > 0.995


@pytest.mark.parametrize("clip", ["squat", "walk"])
def test_outliers_put_into_measured_joints_are_taken_out_again(test_data, clip):
    reference = read_reference(test_data / "opencap" / f"{clip}_gt_joints.csv")
    skeleton = Skeleton(name="limbs", joint_names=LIMB_JOINTS, landmarks={name: name for name in LIMB_JOINTS})
    truth = Motion(clip, skeleton, reference.timestamps_s, reference.limbs, np.ones(reference.limbs.shape[:2]))
    raw = spoiled(truth, seed=1, noise_mm=(0, 0, 0))
    cleaned = clean(raw, CleaningSettings())
    assert error_mm(cleaned.motion, truth) < 0.2 * error_mm(raw, truth)
    wild = np.linalg.norm(raw.positions - truth.positions, axis=-1) > 1
    left = np.linalg.norm(cleaned.motion.positions - truth.positions, axis=-1)[wild]
    assert np.nanpercentile(left, 90) < 10
    assert cleaned.swaps == ()


def test_measured_joints_that_are_clean_hardly_move(test_data):
    reference = read_reference(test_data / "opencap" / "walk_gt_joints.csv")
    skeleton = Skeleton(name="limbs", joint_names=LIMB_JOINTS, landmarks={name: name for name in LIMB_JOINTS})
    truth = Motion("walk", skeleton, reference.timestamps_s, reference.limbs, np.ones(reference.limbs.shape[:2]))
    cleaned = clean(truth, CleaningSettings())
    assert error_mm(cleaned.motion, truth) < 2
    assert steps_of(cleaned)["outliers"].removed < 0.002 * truth.joint_scores.size


def test_the_steps_are_done_in_the_fields_order_and_say_what_they_did(true_motion):
    motion = true_motion("walking")
    scores, positions = motion.joint_scores.copy(), motion.positions.copy()
    scores[10:13, 0] = 0.1  # to be filled
    scores[40:60, 1] = 0.1  # too long to be filled
    positions[80, 2] += 400
    positions[100, 3] = np.nan
    cleaned = clean(replace(motion, positions=positions, joint_scores=scores), CleaningSettings())
    assert [step.step for step in cleaned.steps] == ORDER
    steps = steps_of(cleaned)
    assert (steps["confidence"].removed, steps["confidence"].settings["min_score"]) == (23, 0.3)
    assert steps["outliers"].removed == 1
    assert steps["gaps"].filled == 3 + 1 + 1
    assert steps["gaps"].warnings == ("gaps of single joints longer than 0.25 s, left open: 1",)
    samples = positions[..., 0].size
    assert steps["smoothing"].changed == samples - 20
    assert steps["confidence"].coverage_before == pytest.approx(1 - 1 / samples)
    assert steps["smoothing"].coverage_after == pytest.approx(1 - 20 / samples)
    for before, after in zip(cleaned.steps, cleaned.steps[1:], strict=False):
        assert before.coverage_after == after.coverage_before
    assert np.argwhere(cleaned.removed).tolist() == [[frame, 1] for frame in range(40, 60)]
    assert np.argwhere(cleaned.filled).tolist() == [[10, 0], [11, 0], [12, 0], [80, 2], [100, 3]]
    assert cleaned.warnings == steps["gaps"].warnings


def test_without_settings_they_are_the_usual_ones(true_motion):
    motion = true_motion("walking")
    cleaned, usual = clean(motion), clean(motion, CleaningSettings())
    np.testing.assert_array_equal(cleaned.motion.positions, usual.motion.positions)
    assert cleaned.steps == usual.steps


def test_a_step_set_to_none_is_not_done(true_motion):
    raw = spoiled(true_motion("walking"))
    nothing = CleaningSettings.model_validate(ONLY_SMOOTHING | {"smoothing": None})
    cleaned = clean(raw, nothing)
    assert cleaned.steps == ()
    np.testing.assert_array_equal(cleaned.motion.positions, raw.positions)


@given(st.integers(1, 40), st.integers(0, 2**32 - 1), st.sampled_from([5.0, 30.0, 120.0]), st.booleans())
@examples(max_examples=15)
def test_the_input_is_never_changed_and_the_masks_say_what_was(frames, seed, fps, uneven):
    rng = np.random.default_rng(seed)
    times = np.sort(rng.choice(frames * 3, frames, replace=False)) / fps if uneven else np.arange(frames) / fps
    positions = rng.normal(0, 100, (frames, len(PHANTOM_SKELETON), 3))
    positions[rng.random(positions.shape[:2]) < 0.3] = np.nan
    scores = rng.random(positions.shape[:2])
    motion = Motion("random", PHANTOM_SKELETON, times, positions, scores)
    copies = [values.copy() for values in (times, positions, scores)]
    cleaned = clean(motion, CleaningSettings())
    for values, copy in zip((times, positions, scores), copies, strict=True):
        np.testing.assert_array_equal(values, copy)
    known = np.isfinite(cleaned.motion.positions).all(-1)
    assert cleaned.removed.shape == cleaned.filled.shape == known.shape
    assert not (cleaned.removed & known).any()
    assert not (cleaned.filled & ~known).any()
    assert (np.isfinite(cleaned.motion.positions).any(-1) == known).all()


def test_what_is_clean_and_still_comes_back_as_it_was(true_motion):
    still = true_motion("walking").positions[:1].repeat(50, 0)
    motion = Motion("still", PHANTOM_SKELETON, np.arange(50) / 30, still, np.ones(still.shape[:2]))
    once = clean(motion, CleaningSettings())
    np.testing.assert_allclose(once.motion.positions, still, atol=1e-6)
    np.testing.assert_allclose(clean(once.motion, CleaningSettings()).motion.positions, still, atol=1e-6)


def test_exchanged_sides_are_put_back_with_their_scores_before_outliers_are_looked_for(true_motion):
    truth = true_motion("walking")
    legs = limb_pairs(PHANTOM_SKELETON)[0]
    joints = tuple(PHANTOM_SKELETON.joint_names[joint] for pair in legs.swinging for joint in pair)
    swap = LabelSwap(limb="legs", joints=joints, first_frame=50, last_frame=51)
    scores = truth.joint_scores * np.linspace(0.5, 1, len(PHANTOM_SKELETON))
    raw = replace(
        truth,
        positions=exchange(truth.positions, PHANTOM_SKELETON, (swap,)),
        joint_scores=exchange(scores, PHANTOM_SKELETON, (swap,)),
    )
    cleaned = clean(raw, CleaningSettings(smoothing=None))
    assert cleaned.swaps == (swap,)
    assert steps_of(cleaned)["label_swaps"].changed == 2 * len(joints)
    assert steps_of(cleaned)["outliers"].removed == 0
    np.testing.assert_array_equal(cleaned.motion.positions, truth.positions)
    np.testing.assert_array_equal(cleaned.motion.joint_scores, scores)
    assert cleaned.warnings == ("exchanges of left and right put back: 1, in 2 frames",)


def test_uneven_times_are_made_even_before_the_filter_and_bridged_samples_are_marked(true_motion):
    even = np.arange(120) / 30
    times = np.delete(even, [20, 50, 51, *range(80, 95)])
    truth = true_motion("walking", times=times)
    cleaned = clean(truth, CleaningSettings())
    np.testing.assert_allclose(cleaned.motion.timestamps_s, even, atol=1e-9)
    known = np.isfinite(cleaned.motion.positions).all(-1).all(-1)
    assert np.flatnonzero(~known).tolist() == list(range(80, 95))
    assert np.flatnonzero(cleaned.filled.any(-1)).tolist() == [20, 50, 51]
    step = steps_of(cleaned)["resampling"]
    assert (step.frames_before, step.frames_after) == (len(times), 120)
    assert step.warnings == ("the times of the frames are uneven: resampled to 30 frames per second",)
    assert error_mm(cleaned.motion, true_motion("walking", times=even)) < 8


def test_an_asked_rate_is_given_and_fewer_frames_are_warned_of(true_motion):
    truth = true_motion("squatting", fps=60)
    up = clean(truth, CleaningSettings(resampling=ResamplingSettings(rate_hz=100)))
    assert up.motion.frame_rate_hz == pytest.approx(100)
    assert error_mm(up.motion, true_motion("squatting", times=up.motion.timestamps_s)) < 1
    assert not up.filled.any()
    assert up.warnings == ()
    down = clean(truth, CleaningSettings(resampling=ResamplingSettings(rate_hz=20)))
    assert "faster than 10 Hz" in down.warnings[0]


def test_resampling_keeps_neighbouring_frames_together_at_any_rate(true_motion):
    slow = true_motion("squatting", fps=2, seconds=10)
    cleaned = clean(slow, CleaningSettings(resampling=ResamplingSettings(rate_hz=4)))
    assert np.isfinite(cleaned.motion.positions).all()


def test_at_low_frame_rates_the_usual_filter_is_left_out_with_a_plain_word(true_motion):
    truth = true_motion("squatting", fps=5)
    cleaned = clean(truth, CleaningSettings())
    assert "not low-pass filtered: 6 Hz is impossible with 5 frames per second" in cleaned.warnings
    assert any(warning.startswith("outliers were not looked for") for warning in cleaned.warnings)
    np.testing.assert_array_equal(cleaned.motion.positions, truth.positions)


def test_at_low_frame_rates_an_asked_cutoff_is_refused(true_motion):
    with pytest.raises(SettingsError, match="6 Hz is impossible at 5 frames per second"):
        clean(true_motion("squatting", fps=5), CleaningSettings(smoothing=ButterworthSettings(cutoff_hz=6)))


@pytest.mark.parametrize(
    "smoothing", [OneEuroSettings(), SavitzkyGolaySettings(), MedianSettings()], ids=lambda one: one.kind
)
def test_another_filter_takes_the_place_of_the_low_pass(true_motion, smoothing):
    truth = true_motion("squatting", fps=60)
    raw = spoiled(truth, outliers=0, missing=0)
    cleaned = clean(raw, CleaningSettings.model_validate(ONLY_SMOOTHING | {"smoothing": smoothing}))
    assert [step.step for step in cleaned.steps] == ["smoothing"]
    assert cleaned.steps[0].settings["kind"] == smoothing.kind
    assert acceleration_error(cleaned.motion, truth) < 0.6 * acceleration_error(raw, truth)


def test_short_runs_and_uneven_times_are_warned_of(true_motion):
    truth = true_motion("squatting")
    positions = truth.positions.copy()
    positions[9:, 0] = np.nan
    warned = clean(replace(truth, positions=positions), CleaningSettings()).warnings
    assert warned == ("runs of single joints shorter than 10 frames, left unfiltered: 1",)
    uneven = true_motion("squatting", times=np.delete(truth.timestamps_s, 30))
    assert "filtered at uneven times" in clean(uneven, CleaningSettings(resampling=None)).warnings[0]


def test_a_motion_without_scores_says_so(true_motion):
    truth = true_motion("squatting")
    unknown = replace(truth, joint_scores=np.full_like(truth.joint_scores, np.nan))
    assert clean(unknown, CleaningSettings()).warnings == ("no joint has a score: nothing was cut by confidence",)


@pytest.mark.parametrize("frames", [0, 1, 2])
@pytest.mark.parametrize("known", [True, False])
def test_hardly_a_motion_is_no_error(true_motion, frames, known):
    motion = true_motion("squatting", times=np.arange(frames) / 30)
    positions = motion.positions if known else np.full_like(motion.positions, np.nan)
    cleaned = clean(replace(motion, positions=positions), CleaningSettings())
    np.testing.assert_array_equal(cleaned.motion.positions, positions)
    assert not cleaned.removed.any()
    assert not cleaned.filled.any()
