from dataclasses import replace

import numpy as np
import pytest
from analysis.runs.samples import BLAZEPOSE, PHANTOM_SKELETON, phantom

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.config import MovementConfig
from neuropose_ray.analysis.runs.movement import analyse_movement
from neuropose_ray.errors import InputError
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting


def motion_of(positions, fps=30.0, skeleton=PHANTOM_SKELETON):
    scores = np.ones(positions.shape[:2])
    return Motion("trial", skeleton, np.arange(len(positions)) / fps, positions, scores)


def analysed(motion, **config):
    return analyse_movement(motion, MovementConfig(kind="movement", **config))


@pytest.fixture(scope="module")
def squats():
    return motion_of(phantom(Squatting(period_s=2.0), 6.5))


@pytest.fixture(scope="module")
def walk():
    return motion_of(phantom(Walking(), 4.0, 60.0), 60.0)


def test_squats_are_found_and_measured(squats):
    results = analysed(squats).results
    found = results.repetitions
    assert (found.movement, found.unit, len(found.records)) == ("knee_flexion", "deg", 3)
    assert [one.peak_s for one in found.records] == pytest.approx([1, 3, 5], abs=2 / 30)
    assert found.summary["range_of_motion"].mean == pytest.approx(100, abs=2)
    assert found.summary["duration_s"].n == sum(one.complete for one in found.records)
    assert results.gait is None


def test_angles_have_range_speed_and_coverage(squats):
    angles = {angle.name: angle for angle in analysed(squats).results.angles}
    knee = angles["right_knee_flexion"]
    assert (knee.min, knee.max) == (pytest.approx(5, abs=0.5), pytest.approx(105, abs=0.5))
    # A cosine of 100 degrees and 2 s.
    assert knee.peak_velocity == pytest.approx(50 * np.pi, rel=0.02)
    assert knee.coverage == 1


def test_a_walk_has_a_gait_table_and_no_repetitions(walk):
    moved = analysed(walk)
    rows = {(row.name, row.side): row for row in moved.results.gait.parameters}
    assert rows["cadence_steps_per_min", "both"].n >= 4
    assert not moved.results.repetitions.records
    assert not any("steps" in warning for warning in moved.warnings)


def test_steps_that_are_refused_are_refused_with_their_true_reason(walk):
    # Only the left foot goes ahead and back: on one leg, or balancing.
    positions = walk.positions.copy()
    for part in ("heel", "toe", "ankle"):
        joint = walk.skeleton.index(f"right_{part}")
        positions[:, joint] = walk.joint("right_hip") + [0, 800, 0]
    moved = analysed(replace(walk, positions=positions))
    assert moved.results.gait is None
    refused = [remark.sentence for remark in moved.results.remarks if remark.kind == "steps_refused"]
    assert "no gait: no two steps in the order of walking were found" in refused
    assert any("turns of the feet were left out" in sentence for sentence in refused)
    assert set(refused) <= set(moved.warnings)
    assert not any("these are steps" in warning for warning in moved.warnings)


def test_where_something_was_found_there_is_no_remark_on_what_was_not(squats, walk):
    assert analysed(squats).results.remarks == ()
    assert analysed(walk).results.remarks == ()


def test_parts_can_be_left_out(squats):
    results = analysed(squats, angles=None, repetitions=None, gait=None).results
    assert (results.angles, results.repetitions, results.gait) == (None, None, None)


def test_what_repeats_can_be_told(squats):
    signal = {"kind": "joint_axis", "joint": "left_hip", "axis": "y"}
    found = analysed(squats, repetition_signal=signal).results.repetitions
    assert (found.movement, found.unit, len(found.records)) == ("joint_axis", "mm", 3)
    with pytest.raises(InputError, match="unknown joint"):
        analysed(squats, repetition_signal=signal | {"joint": "tail"})


def test_a_person_who_is_hardly_seen_gives_null_and_not_nan(squats):
    positions = np.full((60, 33, 3), np.nan)
    positions[10] = np.random.default_rng(0).normal(size=(33, 3))
    moved = analysed(motion_of(positions, skeleton=BLAZEPOSE))
    assert "NaN" not in moved.results.model_dump_json()
    assert not moved.results.repetitions.records
    assert any("seen in 2% of the frames" in warning for warning in moved.warnings)


def test_one_frame_is_enough_not_to_fail(squats):
    one = replace(squats, timestamps_s=squats.timestamps_s[:1], positions=squats.positions[:1],
                  joint_scores=squats.joint_scores[:1])  # fmt: skip
    results = analysed(one).results
    assert not results.repetitions.records
    assert all(angle.peak_velocity is None for angle in results.angles)
