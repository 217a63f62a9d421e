"""Two trials brought together: in time by their angles, in space around the hips, and what changed in words."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.phantom_results import seconds, squatting, truth_table, write_results

from neuropose_ray.analysis import CleaningSettings, load_trial
from neuropose_ray.errors import InputError
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.render import Estimate, Table
from neuropose_ray.report.collect.comparison import ComparisonResult, compare
from neuropose_ray.report.collect.person import ReportedPerson, reported_person
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

HIPS = [PHANTOM_SKELETON.index("left_hip"), PHANTOM_SKELETON.index("right_hip")]


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., ReportedPerson]:
    """Somebody who squats for so many seconds, in results of a name."""

    def make(name: str, duration_s: float = 5.0, **scene: Any) -> ReportedPerson:
        table = truth_table(squatting(**scene), seconds(duration_s))
        return reported_person(load_trial(write_results(folder / name, table)), CleaningSettings())

    folder = tmp_path_factory.mktemp("results")
    return make


@pytest.fixture(scope="module")
def usual(person) -> ReportedPerson:
    return person("usual")


@pytest.fixture(scope="module")
def slower(person) -> ReportedPerson:
    """The same a fifth more slowly, seen from 20 degrees farther to the front."""
    return person("slower", 6.0, period_s=3.0, view_deg=20.0)


@pytest.fixture(scope="module")
def of_slower(usual, slower) -> ComparisonResult:
    return compare(usual, slower)


def facts(result: ComparisonResult) -> dict[str, str]:
    return {fact.label: fact.value for fact in result.comparison.facts}


def column(table: Table, label: str) -> list[Any]:
    place = [column.label for column in table.columns].index(label)
    return [row[place] for row in table.rows]


def with_motion(person: ReportedPerson, **changes: Any) -> ReportedPerson:
    motion = replace(person.cleaned.motion, **changes)
    return replace(person, cleaned=replace(person.cleaned, motion=motion))


def test_a_trial_does_not_differ_from_itself(usual):
    result = compare(usual, usual)
    shown = result.comparison
    np.testing.assert_array_equal(shown.path, np.arange(100)[:, None].repeat(2, axis=1))
    np.testing.assert_allclose(shown.deviation_mm, 0, atol=1e-6)
    np.testing.assert_allclose(shown.positions_a, shown.positions_b, atol=1e-6)
    changes, angles = result.tables
    assert set(column(changes, "Beyond its band")) == {"no"}
    assert {getattr(cell, "value", cell) for cell in column(angles, "RMSE")} == {0.0}
    assert facts(result)["Distance by joints"] == "0 mm, root mean square"


def test_both_are_shown_around_the_middle_of_their_hips_at_their_own_times(of_slower, usual, slower):
    shown = of_slower.comparison
    assert (shown.name_a, shown.name_b) == ("usual", "slower")
    np.testing.assert_array_equal(shown.times_a_s, usual.cleaned.motion.timestamps_s)
    np.testing.assert_array_equal(shown.times_b_s, slower.cleaned.motion.timestamps_s)
    assert shown.joint_names == PHANTOM_SKELETON.joint_names
    np.testing.assert_allclose(shown.positions_b[:, HIPS].mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(shown.positions_a[:, HIPS].mean(axis=1), 0, atol=20)
    ours, other = (p.cleaned.motion.positions for p in (usual, slower))
    np.testing.assert_allclose(np.diff(shown.positions_b[0], axis=0), np.diff(other[0], axis=0), atol=1e-6)
    sizes = [np.linalg.norm(np.diff(positions[0], axis=0), axis=-1) for positions in (shown.positions_a, ours)]
    np.testing.assert_allclose(*sizes, rtol=0.01)  # turned and moved, but of its size


def test_deviations_are_the_distances_of_the_joints_in_the_frames_that_belong_together(of_slower):
    shown = of_slower.comparison
    assert shown.deviation_mm.shape == (len(PHANTOM_SKELETON), len(shown.path))
    apart = shown.positions_a[shown.path[:, 0]] - shown.positions_b[shown.path[:, 1]]
    np.testing.assert_allclose(shown.deviation_mm, np.linalg.norm(apart, axis=-1).T, atol=1e-6)
    assert np.median(shown.deviation_mm) < 15  # the same body, seen from elsewhere


def test_the_facts_say_how_the_two_were_brought_together(of_slower, usual):
    said = facts(of_slower)
    assert said["Tempo"] == "1.20 times as long (4.95 s, then 5.95 s)"
    assert said["Repetitions"] == "2 and 2"
    assert said["Laid over by"] == "Procrustes around the hips: turned by 20 degrees, scaled by 1.00"
    assert said["Warped by"].endswith("within a tenth of the length (0.1)")
    larger = with_motion(usual, positions=usual.cleaned.motion.positions * 1.1)
    of_larger = compare(usual, larger)
    assert facts(of_larger)["Laid over by"].endswith("turned by 0 degrees, scaled by 1.10")
    np.testing.assert_allclose(of_larger.comparison.deviation_mm, 0, atol=0.1)


def test_changes_are_the_second_minus_the_first_with_their_band_and_a_word(of_slower):
    changes, _ = of_slower.tables
    assert changes.title == "What changed from usual to slower"
    measures = column(changes, "Measure")
    duration = measures.index("duration")
    assert column(changes, "First: mean")[duration].value == pytest.approx(2.475)
    assert column(changes, "Second: mean")[duration].value == pytest.approx(2.975)
    change = column(changes, "Change")[duration]
    assert change.value == pytest.approx(0.5)
    assert change.low < 0 < change.high
    words = dict(zip(measures, column(changes, "Beyond its band"), strict=True))
    assert words["duration"] == "no"
    assert words["SPARC out"] == "yes"  # its band, of the spread alone, does not hold 0
    assert [row[5] for row in changes.rows] == [2.0] * len(changes.rows)


def test_angles_have_both_ranges_and_those_not_to_be_relied_on_their_reason_and_no_word(usual, person):
    shallow = compare(usual, person("shallow", bottom_knee_deg=60))
    angles = shallow.tables[-1]
    assert angles.title == "Angles of usual against shallow"
    knee, ankle = (column(angles, "Angle").index(name) for name in ("Left knee flexion", "Left ankle dorsiflexion"))
    first, second, change = (
        column(angles, label)[knee].value
        for label in ("Range of the first", "Range of the second", "Change of range")
    )
    assert change == pytest.approx(second - first)
    assert change < -30
    assert column(angles, "Beyond its band")[knee] == "yes"
    assert column(angles, "Beyond its band")[ankle] is None
    for label in ("RMSE", "Mean difference", "Range of the first", "Range of the second", "Change of range"):
        cell = column(angles, label)[ankle]
        assert isinstance(cell, Estimate)
        assert "cannot be relied on" in cell.unreliable
    assert column(angles, "RMSE")[knee] > column(angles, "Mean difference")[knee] > 5


def test_two_trials_without_repetitions_have_no_table_of_changes(person):
    half = person("half", 1.0)
    result = compare(half, half)
    assert [table.title for table in result.tables] == ["Angles of half against half"]
    assert facts(result)["Repetitions"] == "0 and 0"


def test_what_makes_it_less_sure_is_a_sentence_of_the_comparison(usual, person):
    other = with_motion(usual, positions=usual.cleaned.motion.positions.copy())
    other.cleaned.motion.positions[:, PHANTOM_SKELETON.index("left_ankle")] = np.nan
    warnings = compare(usual, other).warnings
    assert warnings
    for warning in warnings:
        assert warning.startswith("Comparison: ")
        assert warning.endswith(".")


def test_a_trial_of_another_skeleton_is_compared_by_its_landmarks(usual):
    """Its joints are called otherwise and lie in another order; what is no landmark has no counterpart."""
    order = np.random.default_rng(0).permutation(len(PHANTOM_SKELETON))
    names = tuple(f"joint {place}" for place in range(len(order)))
    landmarks = {name: names[list(order).index(PHANTOM_SKELETON.index(name))] for name in LANDMARKS}
    other = with_motion(
        usual,
        positions=usual.cleaned.motion.positions[:, order],
        skeleton=Skeleton(name="other", joint_names=names, landmarks=landmarks),
    )
    same, shown = compare(usual, usual).comparison, compare(usual, other).comparison
    assert shown.joint_names == PHANTOM_SKELETON.joint_names
    known = [PHANTOM_SKELETON.index(name) for name in LANDMARKS]
    np.testing.assert_allclose(shown.positions_b[:, known], same.positions_b[:, known])
    np.testing.assert_allclose(shown.deviation_mm[known], 0, atol=1e-6)
    unknown = np.setdiff1d(np.arange(len(order)), known)
    assert len(unknown) == 5
    assert np.isnan(shown.positions_b[:, unknown]).all()
    assert np.isnan(shown.deviation_mm[unknown]).all()


def test_trials_in_which_nothing_moves_are_not_compared(usual):
    still = with_motion(usual, positions=np.repeat(usual.cleaned.motion.positions[:1], 100, axis=0))
    with pytest.raises(InputError, match="moves enough in both"):
        compare(still, usual)
