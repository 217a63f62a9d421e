"""The measured errors by view, and the band that a value gets from them."""

import math

import pytest

from neuropose_ray.analysis.uncertainty.conditions import MEASURED, Conditions
from neuropose_ray.analysis.uncertainty.error_table import ErrorTable, MeasuredError, band_of, error_table

TABLE = ErrorTable(
    source="a test",
    errors={
        "speed": {
            "side near": MeasuredError(half_width=1.0, kind="absolute", samples=5),
            "side far": MeasuredError(half_width=3.0, kind="absolute", samples=5),
            "front": MeasuredError(half_width=7.0, kind="absolute", samples=5),
        }
    },
)
SIGNED = (".mean", ".min", ".max", "symmetry_percent", ".step_width_m")
SIDE = Conditions(from_video=True, view_deg=85, near="left")


@pytest.mark.parametrize(
    ("view", "half_width"),
    [
        ("side far", 3.0),  # as it was measured
        ("side", 3.0),  # the largest of its kind
        ("oblique", 7.0),  # the largest of all
    ],
)
def test_a_view_without_samples_takes_the_largest_error_that_is_near_to_it(view: str, half_width: float):
    error = TABLE.error("speed", view)
    assert error is not None
    assert error.half_width == half_width


def test_an_error_that_was_not_measured_is_not_known():
    assert TABLE.error("height", "front") is None
    assert band_of("no such measure", 1.0, "m", SIDE) is None


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_could_not_be_measured_has_no_band(value: float | None):
    assert band_of("angle.knee_flexion.max", value, "deg", SIDE) is None


def test_markers_have_no_band_for_errors_are_counted_from_them():
    assert band_of("angle.knee_flexion.max", 60.0, "deg", MEASURED) is None


@pytest.mark.parametrize("measure", sorted(error_table().errors))
@pytest.mark.parametrize("value", [-3.0, 0.0, 1.0, 99.0])
def test_a_band_holds_its_value_and_no_value_that_the_measure_cannot_have(measure: str, value: float):
    band = band_of(measure, value, "", SIDE)
    error = error_table().error(measure, SIDE.view_of(None))
    assert band is not None
    assert error is not None
    assert band.holds(value)
    signed = measure.startswith("symmetry.") or measure.endswith(SIGNED)
    half_width = error.half_width * (abs(value) if error.kind == "relative" else 1)
    assert band.low == pytest.approx(value - half_width if signed or value < 0 else max(0, value - half_width))
    is_share = measure.startswith("gait.") and measure.endswith("_percent")
    assert band.high == pytest.approx(min(100, value + half_width) if is_share else value + half_width)


@pytest.mark.parametrize(("side", "view"), [("left", "side near"), ("right", "side far")])
def test_a_band_is_as_wide_as_the_error_from_that_side(side: str, view: str):
    band = band_of("angle.knee_flexion.max", 60.0, "deg", SIDE, side=side, reliable=False, reason="it is hidden")
    error = error_table().error("angle.knee_flexion.max", view)
    assert band is not None
    assert error is not None
    assert (band.low, band.high) == pytest.approx((60 - error.half_width, 60 + error.half_width))
    assert (band.unit, band.reliable, band.reason) == ("deg", False, "it is hidden")


def test_a_relative_error_grows_with_the_value():
    relative = {name: next(iter(views.values())) for name, views in error_table().errors.items()}
    name = next(name for name, error in relative.items() if error.kind == "relative")
    one, two = (band_of(name, value, "", SIDE) for value in (10.0, 20.0))
    assert one is not None
    assert two is not None
    assert two.high - two.low == pytest.approx(2 * (one.high - one.low))
