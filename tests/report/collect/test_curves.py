"""Clinical angles as curves over time and over the cycle, with their names and definitions."""

from dataclasses import dataclass

import numpy as np
import pytest

from neuropose_ray.analysis import ANGLE_DEFINITIONS, AngleTable
from neuropose_ray.render import Side
from neuropose_ray.report.collect.curves import angle_curves, cycle_curves, label_of

NAMES = tuple(ANGLE_DEFINITIONS)
SIDED = [name for name in NAMES if name.startswith(("left_", "right_"))]


def angles(names=NAMES, frames=11, add=0.0):
    """Every angle is a line of its own."""
    values = np.arange(frames)[:, None] + 100.0 * np.arange(len(names)) + add
    return AngleTable("test", np.arange(frames) / 10, tuple(names), values, {})


@dataclass(frozen=True)
class Part:
    start: int
    end: int


def test_every_angle_is_a_curve_raw_and_cleaned():
    raw, cleaned = angles(add=0.5), angles()
    curves = angle_curves(raw, cleaned)
    assert len(curves) == len(NAMES)
    for curve, name in zip(curves, NAMES, strict=True):
        np.testing.assert_array_equal(curve.raw, raw.angle(name))
        np.testing.assert_array_equal(curve.cleaned, cleaned.angle(name))
        assert curve.unit == "deg"


def test_both_sides_share_a_name_and_what_has_no_side_is_in_the_middle():
    for curve, name in zip(angle_curves(angles(), angles()), NAMES, strict=True):
        if name in SIDED:
            side, _, part = name.partition("_")
            assert (curve.name, curve.side) == (part, {"left": Side.LEFT, "right": Side.RIGHT}[side])
        else:
            assert (curve.name, curve.side) == (name, Side.MIDDLE)
        assert curve.label == label_of(curve.name)


def test_what_moved_comes_first_and_the_others_stay_in_their_order():
    curves = angle_curves(angles(), angles(), first="knee_flexion")
    assert [curve.name for curve in curves[:2]] == ["knee_flexion"] * 2
    rest = [name for name in NAMES if not name.endswith("_knee_flexion")]
    assert [curve.raw[0] for curve in curves[2:]] == [100.0 * NAMES.index(name) for name in rest]


def test_a_definition_is_a_sentence_and_says_what_is_positive():
    for curve, name in zip(angle_curves(angles(), angles()), NAMES, strict=True):
        written = ANGLE_DEFINITIONS[name]
        assert curve.definition[0].isupper()
        assert curve.definition[1:].startswith(written.definition[1:])
        assert curve.definition.endswith(f". Positive: {written.positive}.")


@pytest.mark.parametrize(("name", "label"), [("knee_flexion", "Knee flexion"), ("trunk", "Trunk")])
def test_labels_are_names_as_people_write_them(name, label):
    assert label_of(name) == label


def test_cycles_are_of_the_angles_of_their_own_side():
    windows = {Side.LEFT: [Part(0, 5), Part(5, 10)], Side.RIGHT: [Part(2, 9)]}
    curves = cycle_curves(angles(), windows, points=21)
    assert {curve.side for curve in curves} == {Side.LEFT, Side.RIGHT}
    for curve in curves:
        name = f"{'left' if curve.side is Side.LEFT else 'right'}_{curve.name}"
        first, last = (
            100.0 * NAMES.index(name) + np.array([(part.start, part.end - 1) for part in windows[curve.side]]).T
        )
        np.testing.assert_allclose(curve.values[:, 0], first)
        np.testing.assert_allclose(curve.values[:, -1], last)
        assert curve.values.shape == (len(windows[curve.side]), 21)
        np.testing.assert_allclose(curve.percent, np.linspace(0, 100, 21))
    assert len(curves) == len(SIDED)


def test_a_side_without_repetitions_or_without_angles_has_no_cycles():
    assert cycle_curves(angles(), {Side.LEFT: [], Side.RIGHT: []}, 11) == ()
    of_left = cycle_curves(angles(["left_knee_flexion"]), {Side.LEFT: [Part(0, 5)], Side.RIGHT: [Part(0, 5)]}, 11)
    assert [(curve.name, curve.side) for curve in of_left] == [("knee_flexion", Side.LEFT)]


def test_what_is_not_known_stays_so_in_a_cycle():
    table = angles(["left_knee_flexion"])
    table.values_deg[4:7] = np.nan
    (curve,) = cycle_curves(table, {Side.LEFT: [Part(0, 11)]}, 11)
    assert np.isnan(curve.values[0, 5])
    assert np.isfinite(curve.values[0, [0, 10]]).all()
