"""Every measure has a band from what is known of its errors, and says when it cannot be relied on."""

import pytest

from neuropose_ray.analysis.body.measures import BODY_MEASURES
from neuropose_ray.analysis.gait.parameters import GAIT_PARAMETERS
from neuropose_ray.analysis.gait.records import GaitParameter, GaitSymmetry
from neuropose_ray.analysis.uncertainty.bands import (
    ANGLE_BANDS,
    ANGLE_UNITS,
    REPETITION_BANDS,
    angle_bands,
    is_relative,
    repetition_bands,
    unit_of,
    why_unreliable,
    with_gait_band,
    with_symmetry_band,
)
from neuropose_ray.analysis.uncertainty.conditions import MEASURED, Conditions
from neuropose_ray.analysis.uncertainty.error_table import ErrorTable, error_table

OBLIQUE = Conditions(from_video=True, view_deg=45, near="left")
SIDE = Conditions(from_video=True, view_deg=85, near="left")
FRONT = Conditions(from_video=True, view_deg=5, near="left")
NUMBERS = dict.fromkeys(ANGLE_BANDS, 50.0)


def test_the_table_says_where_its_errors_come_from_and_knows_all_that_is_measured():
    table = error_table()
    assert "phantom" in table.source
    assert "motion capture" in table.source
    assert all(f"angle.knee_flexion.{statistic}" in table.errors for statistic in ANGLE_BANDS)
    assert all(f"repetition.knee_flexion.{name}" in table.errors for name in REPETITION_BANDS)
    assert all(f"gait.{name}" in table.errors for name in GAIT_PARAMETERS)
    assert all(f"body.{name}" in table.errors for name in BODY_MEASURES)


def test_a_band_lies_around_its_value_and_is_wider_for_the_hidden_side():
    near = angle_bands("left_knee_flexion", NUMBERS, SIDE)
    far = angle_bands("right_knee_flexion", NUMBERS, SIDE)
    for statistic in ANGLE_BANDS:
        band = near[statistic]
        half_width = band.high - 50
        assert half_width > 0
        ends_at_0 = statistic in ("range", "peak_velocity", "peak_acceleration")
        assert band.low == pytest.approx(max(50 - half_width, 0) if ends_at_0 else 50 - half_width)
        assert band.unit == ANGLE_UNITS.get(statistic, "deg")
    assert far["range"].high > near["range"].high


def test_a_knee_seen_from_the_front_is_less_sure_than_from_the_side():
    front, side = (angle_bands("left_knee_flexion", NUMBERS, conditions)["range"] for conditions in (FRONT, SIDE))
    assert front.high - front.low > 2 * (side.high - side.low)


def test_feet_are_not_reliable_from_video_and_every_band_of_them_says_so():
    for name in ("left_ankle_dorsiflexion", "right_foot_angle"):
        assert "a few pixels turn a foot" in why_unreliable(name, OBLIQUE)
        for band in angle_bands(name, NUMBERS, OBLIQUE).values():
            assert (band.reliable, band.reason) == (False, why_unreliable(name, OBLIQUE))


def test_what_is_hidden_behind_the_body_says_so():
    assert why_unreliable("left_hip_flexion", SIDE) == ""
    assert "on the far side of the body" in why_unreliable("right_hip_flexion", SIDE)


def test_what_markers_measured_has_no_band_and_no_doubt():
    assert angle_bands("left_knee_flexion", NUMBERS, MEASURED) == {}
    assert why_unreliable("left_ankle_dorsiflexion", MEASURED) == ""
    row = GaitParameter(name="speed_m_per_s", side="both", n=3, mean=1.2, sd=0.1)
    assert with_gait_band(row, MEASURED) == row


def test_an_asymmetry_of_squats_seen_obliquely_is_no_finding_up_to_its_band():
    values = dict.fromkeys(REPETITION_BANDS, 1.0)
    for percent, is_finding in ((12.4, False), (-15.0, False), (150.0, True)):
        band = repetition_bands("knee_flexion", "deg", values | {"symmetry_percent": percent}, OBLIQUE)
        assert band["symmetry_percent"].is_finding is is_finding


def test_rows_of_a_gait_table_have_bands_in_their_own_unit():
    units = {name: with_gait_band(GaitParameter(name=name, side="both", n=1, mean=1.0, sd=None), OBLIQUE).band.unit
             for name in GAIT_PARAMETERS}  # fmt: skip
    assert units["speed_m_per_s"] == "m/s"
    assert units["cadence_steps_per_min"] == "steps/min"
    assert units["swing_time_s"] == "s"
    assert units["stance_percent"] == "%"
    assert units["step_width_m"] == "m"
    symmetry = with_symmetry_band(GaitSymmetry(name="swing_time_s", symmetry_index_percent=3.0), OBLIQUE)
    assert not symmetry.band.is_finding
    unknown = with_symmetry_band(GaitSymmetry(name="swing_time_s", symmetry_index_percent=None), OBLIQUE)
    assert unknown.band is None


def test_what_was_never_measured_beside_a_truth_has_no_band():
    assert repetition_bands("joint_axis", "mm", dict.fromkeys(REPETITION_BANDS, 1.0), OBLIQUE) == {}


def test_lengths_and_speeds_err_by_a_share_and_the_rest_in_its_unit():
    assert is_relative("gait.speed_m_per_s")
    assert is_relative("angle.knee_flexion.peak_velocity")
    assert not is_relative("symmetry.step_length_m")
    assert not is_relative("angle.knee_flexion.range")
    assert [unit_of(m) for m in ("symmetry.step_time_s", "gait.stance_percent", "gait.step_width_m")] == [
        "%",
        "%",
        "m",
    ]
    assert [unit_of(m) for m in ("repetition.knee_flexion.out_s", "angle.knee_flexion.max")] == ["s", "deg"]


def test_a_view_without_samples_takes_the_largest_error_of_its_kind():
    def error(half):
        return {"half_width": half, "kind": "absolute", "samples": 9}

    table = ErrorTable(
        source="", errors={"m": {"front": error(9.0), "side near": error(1.0), "side far": error(3.0)}}
    )
    assert table.error("m", "side").half_width == 3
    assert table.error("m", "oblique").half_width == 9
    assert table.error("n", "front") is None


@pytest.mark.parametrize("side", ["both", "left", None])
def test_the_size_of_a_repetition_of_the_ankle_seen_in_video_cannot_be_relied_on_and_its_duration_can(side):
    values = dict.fromkeys(REPETITION_BANDS, 1.0) | {"symmetry_percent": None}
    bands = repetition_bands("ankle_dorsiflexion", "deg", values, OBLIQUE, side)
    assert sorted(bands) == ["peak_velocity_back", "peak_velocity_out", "range_of_motion"]
    for band in bands.values():
        assert (band.low, band.high, band.reliable) == (None, None, False)
        assert "ankle dorsiflexion cannot be relied on" in band.reason
    assert repetition_bands("ankle_dorsiflexion", "deg", values, MEASURED, side) == {}
