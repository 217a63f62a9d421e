"""What one action of a decision does: its templates are rendered, and it is done to the stores, once or again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import JsonValue

from neuropose_ray.errors import StoreError
from neuropose_ray.rules import render
from neuropose_ray.schemas.actions import (
    Action,
    EnqueueJob,
    Publish,
    RecordCreate,
    RecordUpdate,
    RecordUpsert,
    SaveImage,
    Webhook,
    action_id,
)
from neuropose_ray.schemas.rules import Decision
from neuropose_ray.service.deliveries import Delivery
from neuropose_ray.stores import RecordOrigin, Stores, image_key


class SubmitClip(Protocol):
    """Makes a job of the last seconds of a decision's stream."""

    def __call__(self, decision: Decision, action: EnqueueJob, job_id: str, labels: Mapping[str, str]) -> None:
        """Submit the job; with a ``job_id`` that is known it does nothing.

        Raises:
            NeuroposeRayError: the job cannot be made; a retryable one is tried again.
        """
        ...


class ActionRunner:
    """Does the actions of decisions. Each may be done again: what it makes has an id that follows from the decision.

    Args:
        stores: that it writes to.
        submit_clip: for ``enqueue_job``.
    """

    def __init__(self, stores: Stores, submit_clip: SubmitClip) -> None:
        self._stores, self._submit_clip = stores, submit_clip

    def run(self, decision: Decision, action: Action, fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Do an action, but for a webhook, which :func:`delivery_of` makes.

        Args:
            decision: that it is of.
            action: with templates.
            fields: that these may name.

        Returns:
            Its results by their names.

        Raises:
            RuleError: a template names a field that is not there.
            StoreUnavailableError: a store is away.
            StoreError: a store refuses.
        """
        result_id = action_id(decision.decision_id, action.name)
        if isinstance(action, SaveImage):
            return self._save_image(decision, action, fields)
        if isinstance(action, RecordCreate | RecordUpdate | RecordUpsert):
            return self._write_record(decision, action, fields, result_id)
        if isinstance(action, Publish):
            self._stores.events.publish(_text(action.channel, fields), render(action.message, fields), result_id)
            return {"event_id": result_id}
        if isinstance(action, EnqueueJob):
            labels = {name: _text(label, fields) for name, label in action.labels.items()}
            job_id = UUID(result_id).hex
            self._submit_clip(decision, action, job_id, labels)
            return {"job_id": job_id}
        raise TypeError(f"no action to do at once: {action.type}")

    def _save_image(
        self, decision: Decision, action: SaveImage, fields: Mapping[str, JsonValue]
    ) -> dict[str, JsonValue]:
        data = decision.images.get(action.name)
        if data is None:
            raise StoreError("no picture was taken", where=action.name, hint="the region was not in the frame")
        key = image_key(_text(action.key, fields))
        self._stores.images.put(key, data, action.ttl_s)
        return {"image_key": key}

    def _write_record(
        self,
        decision: Decision,
        action: RecordCreate | RecordUpdate | RecordUpsert,
        fields: Mapping[str, JsonValue],
        result_id: str,
    ) -> dict[str, JsonValue]:
        records = self._stores.records
        values: Any = render(action.fields, fields)
        origin = RecordOrigin(
            record_id=result_id,
            decision_id=decision.decision_id,
            session_id=decision.session_id,
            camera_id=decision.camera_id,
            track_id=decision.track_id,
        )
        if isinstance(action, RecordCreate):
            records.create(action.collection, _text(action.key, fields) if action.key else result_id, values, origin)
            return {"id": result_id}
        key = _text(action.key, fields)
        if isinstance(action, RecordUpdate):
            records.update(action.collection, key, values, key_field=action.key_field)
        else:
            records.upsert(action.collection, key, values, origin, key_field=action.key_field)
        return {"id": key}


def delivery_of(decision: Decision, action: Webhook, fields: Mapping[str, JsonValue], accepted_at: float) -> Delivery:
    """The message of a webhook, in the line of its stream, rule and receiver.

    Args:
        decision: that it is of.
        action: with templates.
        fields: that these may name; all of them are the message where it has no body.
        accepted_at: since when it is to be brought, Unix seconds.

    Raises:
        RuleError: a template names a field that is not there.
    """
    result_id = action_id(decision.decision_id, action.name)
    body = render(dict(fields) if action.body is None else action.body, {} if action.body is None else fields)
    return Delivery(
        delivery_id=result_id,
        url=action.url,
        body=body,
        line=f"{line_of(decision)}|{urlsplit(action.url).netloc}",
        about=about(decision, action.name),
        created_at=accepted_at,
    )


def about(decision: Decision, action: str) -> dict[str, Any]:
    """Where an action comes from, for those who hear of its failure."""
    return {
        "decision_id": decision.decision_id,
        "stream_id": decision.stream_id,
        "subscription_id": decision.subscription_id,
        "session_id": decision.session_id,
        "owner": decision.owner,
        "rule": decision.rule,
        "action": action,
    }


def line_of(decision: Decision) -> str:
    """What decisions are done in order: those of one rule in one stream, for one subscription."""
    return json.dumps([decision.stream_id, decision.subscription_id, decision.rule])


def _text(template: str, fields: Mapping[str, JsonValue]) -> str:
    """A template as text.

    Raises:
        StoreError: the only field that it names has no value.
    """
    value = render(template, fields)
    if value is None:
        raise StoreError(f"{template[:60]!a} has no value", hint="require the branch that it names")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
