"""Actions as data: what each may hold, and ids that are the same at every try."""

import uuid

import pytest
from pydantic import TypeAdapter, ValidationError

from neuropose_ray.schemas.actions import ACTION_RESULTS, FORESEEN_RESULTS, Action, action_id, image_key

ADAPTER = TypeAdapter(Action)
LEAST = {
    "save_image": {},
    "record.create": {"collection": "visits", "fields": {"who": "{uuid}"}},
    "record.update": {"collection": "visits", "fields": {"who": "{uuid}"}, "key": "{session_id}"},
    "record.upsert": {"collection": "visits", "fields": {"who": "{uuid}"}, "key": "{session_id}"},
    "publish": {"channel": "hall", "message": {"who": ["{uuid}"]}},
    "webhook": {"url": "https://example.org/hook"},
    "enqueue_job": {},
}


@pytest.mark.parametrize("kind", LEAST)
def test_every_action_is_read_again_as_it_was_written(kind):
    action = ADAPTER.validate_python({"type": kind, "name": "act", **LEAST[kind]})
    assert ADAPTER.validate_json(action.model_dump_json()) == action
    assert action.type == kind


def test_results_are_told_for_every_action_and_those_foreseen_are_among_them():
    assert set(ACTION_RESULTS) == set(LEAST)
    assert all(result in ACTION_RESULTS[kind] for kind, result in FORESEEN_RESULTS.items())


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("save_image", {"ttl_s": 0}), ("save_image", {"quality": 101}), ("save_image", {"format": "gif"}),
        ("save_image", {"region": {"part": "tail"}}), ("record.create", {"fields": {}}),
        ("record.create", {"collection": "a b"}), ("record.update", {"key_field": 'a"'}),
        ("record.create", {"fields": {"a;": 1}}), ("webhook", {"url": "file:///etc/passwd"}),
        ("webhook", {"url": "{session_id}"}), ("enqueue_job", {"seconds": 0}), ("publish", {"channel": ""}),
        ("save_image", {"name": "a.b"}), ("save_image", {"sql": "drop table"}),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused(kind, settings):
    with pytest.raises(ValidationError):
        ADAPTER.validate_python({"type": kind, "name": "act", **LEAST[kind], **settings})


def test_an_id_follows_from_decision_and_action_alone():
    decision = str(uuid.uuid4())
    assert action_id(decision, "a") == action_id(decision, "a")
    assert len({action_id(decision, "a"), action_id(decision, "b"), action_id(str(uuid.uuid4()), "a")}) == 3


def test_a_key_has_no_empty_parts():
    assert image_key("//a//b.jpg/") == "a/b.jpg"
