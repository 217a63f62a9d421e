"""An action is rendered and done, once or again, with an id that follows from its decision."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.decisions import JPEG, decision

from neuropose_ray.errors import NeuroposeRayError, RuleError, StoreError
from neuropose_ray.schemas.actions import action_id
from neuropose_ray.service.live.actions import ActionRunner, delivery_of, line_of
from neuropose_ray.stores import Stores, StoreSettings, open_stores

FIELDS = {"uuid": "u-1", "camera_id": "Room 3", "squats.count": 3, "nothing": None, "box": [1, 2]}


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = open_stores(StoreSettings(), tmp_path)
    yield opened
    opened.close()


def run(stores: Stores, **action: Any) -> dict[str, Any]:
    made = decision(1, "enter", actions=[{"name": "save", **action}])
    return ActionRunner(stores, lambda *_: None).run(made, made.actions[0], FIELDS)


def test_a_picture_is_saved_under_its_key_for_its_time(stores: Stores):
    assert run(stores, type="save_image", key="{camera_id}/{uuid}.jpg", ttl_s=60) == {"image_key": "Room 3/u-1.jpg"}
    image = stores.images.get("Room 3/u-1.jpg")
    assert image is not None
    assert (image.data, image.expires_at is None) == (JPEG, False)
    run(stores, type="save_image", key="kept", ttl_s=None)
    assert stores.images.get("kept").expires_at is None


def test_a_picture_that_was_not_taken_is_said_so(stores: Stores):
    with pytest.raises(StoreError, match="no picture was taken"):
        run(stores, type="save_image", name="other")


def test_a_record_has_values_of_their_types_and_an_id_of_its_own(stores: Stores):
    fields = {"count": "{squats.count}", "text": "{squats.count} squats", "box": "{box}", "none": "{nothing}"}
    made = action_id(decision(1, "enter").decision_id, "save")
    for _ in range(2):
        assert run(stores, type="record.create", collection="squats", fields=fields) == {"id": made}
    (record,) = stores.records.list("squats")
    assert (record.key, record.data) == (made, {"count": 3, "text": "3 squats", "box": [1, 2], "none": None})


def test_a_record_is_changed_by_its_key_or_by_another_column(stores: Stores):
    run(stores, type="record.create", collection="squats", key="{uuid}", fields={"a": 1})
    assert run(stores, type="record.update", collection="squats", key="{uuid}", fields={"b": 2}) == {"id": "u-1"}
    run(stores, type="record.update", collection="squats", key_field="session_id", key="visit 7", fields={"c": 3})
    run(stores, type="record.upsert", collection="squats", key="{uuid}", fields={"d": 4})
    assert [record.data for record in stores.records.list("squats")] == [{"a": 1, "b": 2, "c": 3, "d": 4}]


def test_a_message_is_published_once_however_often_it_is_done(stores: Stores):
    ids = {run(stores, type="publish", channel="alarms", message={"n": ["{squats.count}"]})["event_id"] for _ in "ab"}
    (event,) = stores.events.read("alarms")
    assert ({event.event_id}, event.message) == (ids, {"n": [3]})


def test_a_job_has_an_id_that_is_the_same_at_every_try(stores: Stores):
    asked: list[tuple[object, ...]] = []
    made = decision(1, "enter", actions=[{"type": "enqueue_job", "name": "job", "labels": {"n": "{squats.count}"}}])
    runner = ActionRunner(stores, lambda *given: asked.append(given[2:]))
    results = [runner.run(made, made.actions[0], FIELDS)["job_id"] for _ in range(2)]
    assert asked == [(results[0], {"n": "3"}), (results[1], {"n": "3"})]
    assert len(set(results)) == 1
    assert len(str(results[0])) == 32


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ({"type": "publish", "channel": "{missing}", "message": {}}, RuleError),
        ({"type": "publish", "channel": "{nothing}", "message": {}}, StoreError),
        ({"type": "publish", "channel": "a b", "message": {}}, StoreError),
        ({"type": "record.update", "collection": "a", "key": "{nothing}", "fields": {"a": 1}}, StoreError),
        ({"type": "record.update", "collection": "a", "key": "b", "fields": {"a": 1}}, StoreError),
    ],
)
def test_what_cannot_be_done_is_no_matter_of_trying_again(
    stores: Stores, action: dict[str, Any], kind: type[NeuroposeRayError]
):
    with pytest.raises(kind) as caught:
        run(stores, **action)
    assert not caught.value.retryable


def test_a_webhook_is_the_message_or_all_fields_in_the_line_of_its_rule_and_receiver():
    hook = {"type": "webhook", "name": "hook", "url": "https://lab.example/hook?token=1"}
    made = decision(
        1, "enter", actions=[hook, {**hook, "name": "other", "body": {"n": "{squats.count}", "b": "{{}}"}}]
    )
    whole, short = (delivery_of(made, action, FIELDS, 5.0) for action in made.actions)
    assert whole.body == FIELDS
    assert short.body == {"n": 3, "b": "{}"}
    assert whole.delivery_id == action_id(made.decision_id, "hook")
    assert whole.line == short.line == f"{line_of(made)}|lab.example"
    assert line_of(decision(1, "enter", "other")) != line_of(made)
