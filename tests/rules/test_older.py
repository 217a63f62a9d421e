"""Pipelines of the older format: what they asked for is asked for today, and what has no counterpart is said."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.errors import RuleError
from neuropose_ray.rules import import_pipeline

CLASSES = {"helmet_cls_v1": ["helmet", "none"], "gloves-cls.v1": ["gloves", "none"]}
OLDER = {
    "modelId": "person_detection_v1",
    "modelFile": "person_detection_v1.pt",
    "crop": False,
    "triggerClasses": ["person"],
    "expectedClasses": ["person", "forklift"],
    "minConfidence": 0.8,
    "multiClass": True,
    "stabilityThreshold": 3,
    "actions": [
        {
            "type": "redis_save_image",
            "region": "person",
            "key": "inference:{display_id}:{timestamp}:{session_id}:{filename}",
            "expire_seconds": 600,
            "image_format": "jpg",
            "quality": 80,
        },
        {
            "type": "postgresql_create_record",
            "table": "site_entry",
            "fields": {"display_id": "{display_id}", "session_id": "{session_id}", "helmet": None},
        },
    ],
    "branches": [
        {
            "modelId": "helmet_cls_v1", "modelFile": "helmet_cls_v1.pt", "crop": True, "cropClass": "head",
            "resizeTarget": [128, 128], "minConfidence": 0.85, "parallel": True,
        },
        {
            "modelId": "gloves-cls.v1", "modelFile": "gloves.onnx", "crop": True, "cropClass": "frontal",
            "minConfidence": 0.5, "parallel": False,
        },
    ],
    "parallelActions": [
        {
            "type": "postgresql_update_combined",
            "table": "site_entry",
            "key_field": "session_id",
            "waitForBranches": ["helmet_cls_v1"],
            "fields": {"helmet": "{helmet_cls_v1.label}", "sure": "{helmet_cls_v1.confidence}"},
        },
        {"type": "publish_message", "channel": "entries", "message": {"gloves": "{gloves-cls.v1.brand}"}},
    ],
}  # fmt: skip


def changed(**settings):
    return {**json.loads(json.dumps(OLDER)), **settings}


def imported(content=OLDER):
    return import_pipeline(content, CLASSES)


def test_detector_actions_and_branches_become_gate_actions_and_classifiers():
    made = imported().pipeline
    (rule,) = made.rules
    assert (made.gate.min_score, made.gate.stable.hits) == (0.8, 3)
    save, create = rule.on_enter
    assert (save.key, save.ttl_s, save.format, save.quality, save.region.part) == (
        "inference:{subscription_id}:{timestamp}:{session_id}:{uuid}", 600, "jpeg", 80, "person",
    )  # fmt: skip
    assert (create.collection, dict(create.fields)) == (
        "site_entry", {"display_id": "{subscription_id}", "session_id": "{session_id}", "helmet": None},
    )  # fmt: skip
    helmet, gloves = rule.branches
    assert (helmet.name, helmet.region.part, helmet.min_confidence) == ("helmet_cls_v1", "head", 0.85)
    assert (made.models["helmet_cls_v1"].size, made.models["helmet_cls_v1"].file) == (
        (128, 128), "models/helmet_cls_v1.onnx",
    )  # fmt: skip
    update, publish = rule.on_complete
    assert (update.key_field, update.key) == ("session_id", "{session_id}")
    assert dict(update.fields) == {"helmet": "{helmet_cls_v1.value}", "sure": "{helmet_cls_v1.confidence}"}
    assert (rule.join.mode, rule.join.required) == ("required", ("helmet_cls_v1",))
    assert publish.message == {"gloves": f"{{{gloves.name}.value}}"}


def test_what_could_not_be_taken_as_it_was_is_noted():
    notes = "\n".join(imported().notes)
    for words in (
        "the classes forklift are left out",
        "helmet_cls_v1.pt must be converted",
        "there is no part frontal, the whole person is taken",
        "branches always run side by side",
    ):
        assert words in notes
    assert "colour is left out" in "\n".join(imported(changed(colour=1)).notes)


def test_an_action_that_names_a_branch_waits_for_the_end():
    late = {"type": "publish_message", "channel": "c", "message": "{helmet_cls_v1.class}"}
    (rule,) = imported(changed(actions=[*OLDER["actions"], late])).pipeline.rules
    assert [action.type for action in rule.on_enter] == ["save_image", "record.create"]
    assert rule.on_complete[0].message == "{helmet_cls_v1.class}"


def test_pictures_are_kept_for_an_hour_where_nothing_is_said():
    (rule,) = imported(changed(actions=[{"type": "redis_save_image", "key": "a"}])).pipeline.rules
    assert (rule.on_enter[0].ttl_s, rule.on_enter[0].region.part) == (3600, "frame")


def test_the_content_may_lie_below_a_key():
    assert imported({"pipeline": OLDER}) == imported(OLDER)


@pytest.mark.parametrize(
    ("content", "where", "what"),
    [
        (changed(expectedClasses=["car", "frontal"]), "expectedClasses", "no people among the classes car, frontal"),
        (changed(branches=[{"modelId": "x", "modelFile": "x.pt"}]), "branches[0].modelId", "the classes of x"),
        (changed(branches=[{"modelFile": "x.pt"}]), "branches[0].modelId", "is missing"),
        (changed(branches=[{**OLDER["branches"][0], "actions": [1]}]), "branches[0]", "have no counterpart"),
        (changed(actions=[{"type": "postgresql_update", "query": "delete"}]), "actions[0]", "SQL is not taken"),
        (changed(actions=[{"type": "send_mail"}]), "actions[0].type", "there is no action send_mail"),
        (changed(actions={"a": 1}), "actions", "must be a list"),
        (changed(actions=[1]), "actions[0]", "must be 'name: value' pairs"),
        (changed(branches=3), "branches", "must be a list"),
        (changed(stabilityThreshold="3"), "stabilityThreshold", "must be a positive whole number"),
        (
            changed(parallelActions=[{**OLDER["parallelActions"][0], "waitForBranches": ["hat"]}]),
            "parallelActions[0].waitForBranches", "there is no branch hat",
        ),
        (
            changed(actions=[{"type": "postgresql_create", "table": "a; drop table b", "fields": {"a": 1}}]),
            "rules[0].on_enter[0].collection", "",
        ),
        (
            changed(actions=[{"type": "redis_save_image", "key": "{licence_plate}"}]),
            "rules[0].on_enter[0].key", "there is no field {licence_plate}",
        ),
        ({"pipeline": [1]}, "pipeline", "must be 'name: value' pairs"),
    ],
)  # fmt: skip
def test_what_has_no_counterpart_is_refused_with_its_path(content, where, what):
    with pytest.raises(RuleError, match=r"^pipeline.json: ") as refused:
        imported(content)
    assert where in str(refused.value)
    assert what in str(refused.value)


@settings(max_examples=80)
@given(data=st.data())
def test_no_content_raises_anything_else(data):
    """The example with one part exchanged for something else."""
    content = changed()
    here = content
    while isinstance(here, dict | list) and here:
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        if not isinstance(here[key], dict | list) or not here[key] or data.draw(st.booleans()):
            here[key] = data.draw(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
                | st.lists(st.none() | st.text(max_size=3), max_size=2)
                | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
            )  # fmt: skip
            break
        here = here[key]
    try:
        imported(content)
    except RuleError as error:
        assert error.where  # noqa: PT017
