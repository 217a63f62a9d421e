"""The table of ranges of motion, and what cannot be relied on."""

import numpy as np

from neuropose_ray.analysis.runs.movement_records import AngleSummary
from neuropose_ray.analysis.uncertainty.records import ErrorBand
from neuropose_ray.render.records import Curve, Estimate
from neuropose_ray.render.sides import Side
from neuropose_ray.report.collect.ranges import estimate, marked, range_table


def summary(name, least=1.0, greatest=101.0, **changes):
    given = {
        "name": name, "mean": 50.0, "std": 1.0, "min": least, "max": greatest, "range": greatest - least,
        "peak_velocity": 10.0, "coverage": 0.5,
    }  # fmt: skip
    return AngleSummary(**{**given, **changes})


def test_both_sides_of_an_angle_are_a_row_and_one_without_sides_stands_on_the_left():
    table = range_table([summary("left_knee_flexion"), summary("right_knee_flexion", 3.0), summary("trunk_lean")])
    assert [column.label for column in table.columns[:5]] == [
        "Angle",
        "Left: min",
        "Left: max",
        "Left: range",
        "known in",
    ]
    assert table.rows == (
        ("Knee flexion", 1.0, 101.0, 100.0, 50.0, 3.0, 101.0, 98.0, 50.0),
        ("Trunk lean", 1.0, 101.0, 100.0, 50.0, None, None, None, None),
    )


def test_a_band_stands_with_its_number_and_what_cannot_be_relied_on_has_its_reason_at_every_number():
    band = ErrorBand(low=90.0, high=110.0, unit="deg")
    sure, unsure = range_table(
        [
            summary("left_knee_flexion", bands={"max": band}),
            summary("left_ankle_dorsiflexion", bands={"max": band}, reliable=False, reason="The foot is short."),
        ]
    ).rows
    assert sure[1:4] == (1.0, Estimate(101.0, 90.0, 110.0), 100.0)
    reason = "The foot is short."
    assert unsure[1:4] == (
        Estimate(1.0, unreliable=reason), Estimate(101.0, 90.0, 110.0, reason), Estimate(100.0, unreliable=reason),
    )  # fmt: skip


def test_angles_that_are_never_known_have_no_row_and_nothing_known_is_no_table():
    assert range_table([summary("left_knee_flexion", coverage=0.0)]) is None
    assert range_table([]) is None


def test_an_unreliable_band_greys_its_number():
    assert estimate(2.0, None) == 2.0
    band = ErrorBand(low=None, high=None, unit="s", reliable=False, reason="One side is hidden.")
    assert estimate(2.0, band) == Estimate(2.0, unreliable="One side is hidden.")


def test_the_curve_of_an_unreliable_angle_says_why_and_its_other_side_does_not():
    values = np.zeros(3)
    curves = [Curve("ankle_dorsiflexion", "Ankle", "deg", side, values, None, "") for side in (Side.LEFT, Side.RIGHT)]
    curves.append(Curve("trunk_lean", "Trunk", "deg", Side.MIDDLE, values, None, ""))
    reasons = [
        summary("left_ankle_dorsiflexion", reliable=False, reason="The foot is short."),
        summary("right_ankle_dorsiflexion"),
        summary("trunk_lean", reliable=False, reason="Out of the picture."),
    ]
    assert [curve.unreliable for curve in marked(curves, reasons)] == [
        "The foot is short.",
        "",
        "Out of the picture.",
    ]
