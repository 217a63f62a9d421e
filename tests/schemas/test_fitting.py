import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from neuropose_ray.schemas.fitting import FLAG_MEANINGS, FittingReport, HeightM, TrackFit, require_metres


def fit(**changes):
    fields = {"track_id": 3, "improved": True, "frame_index": (4, 5), "residual_px": (1.5, None), "flags": (0, 33)}
    return TrackFit(**(fields | changes))


def test_a_report_explains_its_flags_and_comes_back_as_it_was():
    report = FittingReport(tracks=(fit(bone_lengths_mm={"femur": 430.5}),))
    assert dict(report.flag_meanings) == FLAG_MEANINGS
    assert FittingReport.model_validate_json(report.model_dump_json()) == report


def test_a_report_cannot_be_changed_at_any_depth():
    report = FittingReport(tracks=(fit(bone_lengths_mm={"femur": 430.5}),))
    with pytest.raises(ValidationError, match="frozen"):
        report.tracks[0].improved = False
    with pytest.raises(TypeError):
        report.tracks[0].bone_lengths_mm["femur"] = 1


def test_an_unknown_field_is_refused_by_name():
    with pytest.raises(ValidationError, match="residual_mm"):
        fit(residual_mm=())


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_height_is_in_metres_and_whoever_gives_another_unit_is_told(height: float):
    if 0.3 < height < 3:
        assert require_metres(height) == height
        return
    with pytest.raises(ValueError, match="a person's height is in metres"):
        require_metres(height)


@pytest.mark.parametrize(
    ("height", "said"),
    [(170, "1.7 rather than 170"), (165.5, "1.655 rather than 165.5"), (5.9, "above 0.3"), (0, "above 0.3")],
)
def test_centimetres_are_recognised(height: float, said: str):
    with pytest.raises(ValidationError, match=said):
        TypeAdapter(HeightM).validate_python(height)


def test_a_file_that_does_not_say_the_height_can_be_read():
    assert FittingReport.model_validate({"tracks": []}).height_m is None
