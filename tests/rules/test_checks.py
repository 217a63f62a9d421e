"""What a pipeline's parts say of each other: each contradiction is refused with the path of the field."""

import copy

import pytest
from rules.streams import pipeline, rule

from neuropose_ray.errors import RuleError
from neuropose_ray.rules import check_clips
from neuropose_ray.rules.branches.building import branch_fields
from neuropose_ray.rules.decisions import COMPLETE_FIELDS, ENTER_FIELDS

MODELS = {"helmet": {"file": "models/helmet.onnx", "classes": ["helmet", "none"]}}
BRANCHES = [
    {"type": "posture", "name": "posture"},
    {"type": "fall", "name": "fall"},
    {"type": "repetitions", "name": "squats", "settings": {"min_range_deg": 40.0}},
    {"type": "joint_angles", "name": "angles", "angles": ["right_knee_flexion"]},
    {"type": "classifier", "name": "helmet", "model": "helmet", "region": {"part": "head"}},
]
WHOLE = rule(branches=[], on_complete=[]) | {"branches": BRANCHES}


def publish(message, **more):
    return {"type": "publish", "name": "tell", "channel": "hall", "message": message, **more}


def save_image(name, key=None):
    return {"type": "save_image", "name": name, "key": key}


def changed(**settings):
    return pipeline(copy.deepcopy(WHOLE) | settings, models=MODELS)


def test_every_field_of_every_branch_and_of_the_episode_can_be_named():
    made = changed()
    names = [*ENTER_FIELDS, *COMPLETE_FIELDS, "create.id"]
    names += [f"{name}.{field}" for name, branch in made.branches.items() for field in branch_fields(branch)]
    assert "helmet.class" in names
    assert "angles.right_knee_flexion_max" in names
    changed(on_complete=[publish({name: f"{{{name}}}" for name in names})])


@pytest.mark.parametrize(
    ("settings", "where", "what"),
    [
        ({"on_complete": [publish("{squats.cuont}")]}, "on_complete[0].message", "did you mean squats.count"),
        ({"on_complete": [publish({"n": ["{squats}"]})]}, "on_complete[0].message.n[0]", "no field {squats}"),
        ({"on_complete": [publish("{angles.left_knee_flexion_max}")]}, "on_complete[0].message", "there is no field"),
        ({"on_complete": [publish("x", channel="{nowhere}")]}, "on_complete[0].channel", "there is no field"),
        (
            {"on_complete": [publish("{later.event_id}"), publish("", name="later")]},
            "on_complete[0].message", "no field {later.event_id}",
        ),
        ({"on_complete": [publish("{")]}, "on_complete[0].message", "a brace without a field"),
        ({"on_enter": [publish("{squats.count}")]}, "on_enter[0].message", "there is no field {squats.count}"),
        ({"on_enter": [publish("{outcome}")]}, "on_enter[0].message", "there is no field {outcome}"),
        ({"on_enter": [publish("", require=["squats"])]}, "on_enter[0].require", "nothing is known of the end"),
        ({"on_complete": [publish("", require=["squat"])]}, "on_complete[0].require[0]", "did you mean squats"),
        ({"on_complete": [publish("", name="create")]}, "on_complete[0].name", "another action create"),
        ({"on_complete": [publish("", name="squats")]}, "on_complete[0].name", "a branch of this rule has the same"),
        (
            {"on_complete": [save_image("a", "{uuid}"), save_image("b", "{uuid}")]},
            "on_complete[1].key", "another picture of this rule has the same key",
        ),
        ({"join": {"required": ["posture", "fal"]}}, "join.required[1]", "did you mean fall"),
        ({"branches": [BRANCHES[0], BRANCHES[0]]}, "branches[1].name", "another branch posture"),
        (
            {"branches": [{**BRANCHES[2], "settings": {"min_range": 3}}]},
            "branches[0].settings.min_range", "did you mean min_range_deg",
        ),
        ({"branches": [{**BRANCHES[3], "angles": ["knee_flexion"]}]}, "branches[0].angles[0]", "did you mean"),
        ({"branches": [{**BRANCHES[4], "model": "helm"}]}, "branches[0].model", "did you mean helmet"),
    ],
)  # fmt: skip
def test_a_contradiction_is_refused_with_the_path_of_the_field(settings, where, what):
    with pytest.raises(RuleError) as refused:
        changed(**settings)
    assert refused.value.where == f"rules[0].{where}"
    assert what in str(refused.value)


def test_names_of_rules_and_of_branches_are_given_once_in_a_pipeline():
    with pytest.raises(RuleError, match=r"rules\[1\].name: there is another rule visit"):
        pipeline(rule(), rule())
    with pytest.raises(RuleError, match=r"rules\[1\].branches\[0\].name: there is another branch b"):
        pipeline(rule("a", ["b"]), rule("c", ["b"]))


@pytest.mark.parametrize("collection", ["visits; drop table visits", "Visits", "1st", "a.b", 'a"b', "", "x" * 64])
def test_collections_are_plain_names(collection):
    action = {"type": "record.create", "name": "create", "collection": collection, "fields": {"a": 1}}
    with pytest.raises(RuleError, match="collection"):
        pipeline(rule(on_enter=[action], on_complete=[]))
    with pytest.raises(RuleError, match="fields"):
        pipeline(rule(on_enter=[{**action, "collection": "visits", "fields": {collection: 1}}], on_complete=[]))


def test_pictures_have_keys_of_their_own_where_none_are_given():
    listed = [save_image("first"), {**save_image("second"), "format": "png"}]
    made = changed(
        on_enter=[*WHOLE["on_enter"], *listed], on_complete=[save_image("last"), save_image("x", "{phase}")]
    )
    keys = [action.key for rule in made.rules for action in (*rule.on_enter[1:], *rule.on_complete)]
    assert keys == [
        "{camera_id}/{uuid}/first.jpg",
        "{camera_id}/{uuid}/second.png",
        "{camera_id}/{uuid}/last.jpg",
        "{phase}",
    ]


@pytest.mark.parametrize("when", ["on_enter", "on_complete"])
def test_jobs_are_made_of_no_more_video_than_is_kept(when):
    enqueue = {"type": "enqueue_job", "name": "again", "seconds": 30}
    made = pipeline(copy.deepcopy(WHOLE) | {when: [publish("hello"), enqueue]}, models=MODELS)
    check_clips(made, 30.0)
    with pytest.raises(RuleError, match="30 s") as refused:
        check_clips(made, 29.5)
    assert refused.value.where == f"rules[0].{when}[1].seconds"
