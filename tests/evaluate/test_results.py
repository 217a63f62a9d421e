"""Records of a comparison: what is not known is NaN in Python and null in JSON, there and back."""

import json
import math

import pytest
from pydantic import ValidationError

from neuropose_ray.evaluate.results import AngleAgreement, Evaluation, PoseMeasures, PoseScores, TrackScores

NAN = float("nan")


def measures(**changes: float) -> dict[str, float]:
    return dict.fromkeys(PoseMeasures.model_fields, 1.0) | changes


def evaluation() -> Evaluation:
    agreement = AngleAgreement(
        frames=3,
        coverage=1,
        mae_deg=2,
        rmse_deg=3,
        correlation=NAN,
        bias_deg=0,
        lower_limit_deg=-1,
        upper_limit_deg=1,
    )
    scores = PoseScores(
        **measures(abs_mpjpe_mm=NAN), reference_frames=4, found_frames=3, acceleration_frames=1, coverage=0.75,
        knee_mae_deg=2, joints={"left_knee": PoseMeasures(**measures(pck_50mm=NAN))}, angles={"left_knee": agreement},
    )  # fmt: skip
    track = TrackScores(poses="model", track=0, time_offset_s=NAN, offset_at_limit=False, scores=scores)
    return Evaluation(predictions="out/walk", reference="walk.trc", axes="camera", results=(track,))


def test_what_is_not_known_is_null_in_json_and_nan_when_it_is_read():
    text = evaluation().model_dump_json()
    payload = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is not JSON"))
    (result,) = payload["results"]
    assert result["time_offset_s"] is None
    assert result["scores"]["abs_mpjpe_mm"] is None
    assert result["scores"]["joints"]["left_knee"]["pck_50mm"] is None
    read = Evaluation.model_validate_json(text)
    assert math.isnan(read.results[0].scores.angles["left_knee"].correlation)
    assert read.model_dump_json() == text


def test_a_number_that_is_left_out_is_no_unknown_one():
    fields = measures()
    del fields["pck_50mm"]
    with pytest.raises(ValidationError, match="pck_50mm"):
        PoseMeasures(**fields)


def test_records_are_frozen_to_their_depth():
    scores = evaluation().results[0].scores
    with pytest.raises(TypeError):
        scores.joints["left_hip"] = scores.joints["left_knee"]
    with pytest.raises(ValidationError):
        scores.coverage = 1.0


def test_every_measure_is_described_with_its_unit_in_its_name():
    for name, field in PoseMeasures.model_fields.items():
        assert field.description
        assert name.endswith(("_mm", "_m_s2", "mm")), name
