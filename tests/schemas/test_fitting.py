import pytest
from pydantic import ValidationError

from neuropose_ray.schemas.fitting import FLAG_MEANINGS, FittingReport, TrackFit


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
