"""Pipelines as data: bounds that hold together, and records that cannot be changed."""

import pytest
from pydantic import ValidationError

from neuropose_ray.schemas.rules import (
    ClassifierModel,
    Decision,
    FallBranch,
    Join,
    LiveEvent,
    Pipeline,
    StabilitySettings,
)

DECISION = {
    "decision_id": "d", "stream_id": "s", "camera_id": "c", "epoch": 1, "track_id": 2, "episode": 3, "rule": "r",
    "phase": "enter", "at": 1.5, "fields": {"a": [1, {"b": None}]}, "images": {"p": b"\x00\xff"},
    "actions": [{"type": "publish", "name": "p", "channel": "c", "message": "m"}],
}  # fmt: skip


def test_a_decision_is_read_again_as_it_was_written_with_its_pictures():
    made = Decision.model_validate(DECISION)
    assert Decision.model_validate_json(made.model_dump_json()) == made
    assert made.images["p"] == b"\x00\xff"


def test_records_cannot_be_changed_at_any_depth():
    made = Decision.model_validate(DECISION)
    with pytest.raises(ValidationError):
        made.at = 2.0
    with pytest.raises(TypeError):
        made.fields["a"] = 1
    with pytest.raises(TypeError):
        made.images["p"] = b""
    event = LiveEvent(kind="repetition", at=1, epoch=1, track_id=1, rule="r", episode=1, episode_id="e")
    with pytest.raises(TypeError):
        event.data["count"] = 1


@pytest.mark.parametrize(
    ("kind", "settings", "what"),
    [
        (StabilitySettings, {"hits": 6, "window": 5}, "cannot be more than window"),
        (StabilitySettings, {"hits": 2, "max_jitter_mm": 5}, "jitter needs 3 hits"),
        (FallBranch, {"name": "f", "upright_deg": 70}, "upright_deg must be smaller"),
        (Join, {"mode": "any", "required": ["a"]}, "mode any takes no names"),
        (ClassifierModel, {"file": "m.onnx", "classes": ["a"], "std": [1, 0, 1]}, "std must be positive"),
        (Pipeline, {"name": "p", "rules": []}, "at least 1 item"),
        (Pipeline, {"name": "p", "rules": [{"name": "r"}], "sql": "x"}, "Extra inputs"),
    ],
)
def test_settings_that_do_not_hold_together_are_refused(kind, settings, what):
    with pytest.raises(ValidationError, match=what):
        kind.model_validate(settings)


def test_branches_are_found_by_their_names():
    made = Pipeline.model_validate(
        {
            "name": "p",
            "rules": [{"name": name, "branches": [{"type": "fall", "name": f"fall_{name}"}]} for name in "ab"],
        }
    )
    assert list(made.branches) == ["fall_a", "fall_b"]
