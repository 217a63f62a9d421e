"""Decisions: what is to be done when an episode begins and when it ends, with all that its actions may name."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from pydantic import JsonValue

from neuropose_ray.rules.branches.building import branch_fields
from neuropose_ray.rules.branches.protocol import BranchResult, failure
from neuropose_ray.rules.template import render_text
from neuropose_ray.schemas.actions import ACTION_RESULTS, Action, Outcome, SaveImage, action_id, image_key
from neuropose_ray.schemas.rules import Decision, Pipeline, Rule

#: What templates may name at any time, and at an episode's end besides.
ENTER_FIELDS: Final = (
    "pipeline", "pipeline_version", "rule", "stream_id", "camera_id", "subscription_id", "session_id", "epoch",
    "track_id", "episode", "uuid", "phase", "timestamp", "time", "entered_at", "score", "box",
)  # fmt: skip
COMPLETE_FIELDS: Final = ("outcome", "reason", "duration_s")

_NAMESPACE: Final = uuid.UUID("0a3a51d7-2a3c-5c0e-9d3f-6f1e1b9a7c54")


@dataclass(frozen=True, slots=True)
class StreamIdentity:
    """Whose decisions they are.

    Attributes:
        stream_id: of the registered stream, or the key of the source.
        camera_id: as users name the camera.
        instance: what tells these rules in this life of the stream from all others: epochs are counted from 1 again
            in each life, and clients may name their subscriptions and pipelines alike.
        subscription_id: whose rules they are; None for those of the stream itself.
        owner: the name of the token that brought the rules; None where nobody is known.
    """

    stream_id: str
    camera_id: str
    instance: str
    subscription_id: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class EpisodeStart:
    """How an episode begins.

    Attributes:
        epoch: of the stream.
        track_id: whose it is.
        number: counts the episodes of the rule in this life of the stream, from 1.
        at: Unix seconds.
        score: of the person's box.
        box: left, top, width, height, px.
        session_id: of the visit or trial.
    """

    epoch: int
    track_id: int
    number: int
    at: float
    score: float
    box: tuple[float, float, float, float]
    session_id: str | None


def entering(
    identity: StreamIdentity, pipeline: Pipeline, rule: Rule, start: EpisodeStart, images: Mapping[str, bytes]
) -> Decision:
    """The decision at an episode's begin; pictures that could not be had take their actions with them.

    Args:
        identity: of the stream.
        pipeline: of the rule.
        rule: whose ``on_enter`` actions are to be done.
        start: the episode.
        images: encoded, by the names of their actions.
    """
    episode_id = _episode_id(identity, pipeline, rule, start)
    fields: dict[str, JsonValue] = {
        "pipeline": pipeline.name,
        "pipeline_version": pipeline.version,
        "rule": rule.name,
        "stream_id": identity.stream_id,
        "camera_id": identity.camera_id,
        "subscription_id": identity.subscription_id,
        "session_id": start.session_id,
        "epoch": start.epoch,
        "track_id": start.track_id,
        "episode": start.number,
        "uuid": episode_id,
        "phase": "enter",
        **_times(start.at),
        "entered_at": start.at,
        "score": start.score,
        "box": list(start.box),
    }
    actions = tuple(action for action in rule.on_enter if _has_picture(action, images))
    decision_id = _decision_id(episode_id, "enter")
    return Decision(
        decision_id=decision_id,
        stream_id=identity.stream_id,
        camera_id=identity.camera_id,
        subscription_id=identity.subscription_id,
        session_id=start.session_id,
        epoch=start.epoch,
        track_id=start.track_id,
        episode=start.number,
        rule=rule.name,
        phase="enter",
        owner=identity.owner,
        at=start.at,
        fields=_with_foreseen(fields, rule.on_enter, actions, decision_id),
        actions=actions,
        images=images,
    )


def completing(
    entered: Decision,
    rule: Rule,
    *,
    outcome: Outcome,
    reason: str,
    at: float,
    results: Mapping[str, BranchResult],
    images: Mapping[str, bytes],
    session_id: str | None,
) -> Decision:
    """The decision at an episode's end.

    Args:
        entered: the one at its begin.
        rule: whose ``on_complete`` actions are to be done, as far as they run at this outcome and what they require
            has succeeded.
        outcome: how it ended.
        reason: why, in a few words.
        at: Unix seconds.
        results: of the branches; what is not among them is unknown.
        images: encoded, by the names of their actions.
        session_id: at the end.
    """
    fields: dict[str, JsonValue] = {
        **entered.fields,
        **_of_branches(rule, results),
        "phase": "complete",
        **_times(at),
        "session_id": session_id,
        "outcome": outcome,
        "reason": reason,
        "duration_s": max(at - entered.at, 0.0),
    }
    succeeded = {name for name, result in results.items() if not result.failed}
    actions = tuple(
        action
        for action in rule.on_complete
        if outcome in action.outcomes and succeeded.issuperset(action.require) and _has_picture(action, images)
    )
    decision_id = _decision_id(str(entered.fields["uuid"]), "complete")
    kept = {action.name for action in actions}
    changed = {
        "decision_id": decision_id,
        "session_id": session_id,
        "phase": "complete",
        "outcome": outcome,
        "at": at,
        "fields": _with_foreseen(fields, rule.on_complete, actions, decision_id),
        "actions": actions,
        "images": {name: data for name, data in images.items() if name in kept},
    }
    return Decision.model_validate({**dict(entered), **changed})


def interrupted(entered: Decision, pipeline: Pipeline, at: float, reason: str) -> Decision:
    """The end of an episode whose engine died, from the decision at its begin alone.

    It has the id that the engine's own would have had, so that of both only one is done.

    Args:
        entered: what the engine decided at the episode's begin.
        pipeline: the engine's.
        at: Unix seconds.
        reason: why, in a few words.

    Raises:
        KeyError: the pipeline has no such rule.
    """
    rule = {rule.name: rule for rule in pipeline.rules}[entered.rule]
    lost = failure(reason, "interrupted")
    return completing(
        entered,
        rule,
        outcome="interrupted",
        reason=reason,
        at=at,
        results={branch.name: lost for branch in rule.branches},
        images={},
        session_id=entered.session_id,
    )


def _episode_id(identity: StreamIdentity, pipeline: Pipeline, rule: Rule, start: EpisodeStart) -> str:
    parts = (
        identity.stream_id, identity.instance, identity.subscription_id, pipeline.name, start.epoch, start.track_id,
        rule.name, start.number,
    )  # fmt: skip
    return str(uuid.uuid5(_NAMESPACE, json.dumps(parts)))


def _decision_id(episode_id: str, phase: str) -> str:
    return str(uuid.uuid5(uuid.UUID(episode_id), phase))


def _times(at: float) -> dict[str, JsonValue]:
    return {"timestamp": at, "time": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")}


def _of_branches(rule: Rule, results: Mapping[str, BranchResult]) -> dict[str, JsonValue]:
    """Every field that the branches can have, None where it is not known."""
    fields: dict[str, JsonValue] = {}
    for branch in rule.branches:
        result = results.get(branch.name)
        known = {} if result is None else result.fields
        fields |= {f"{branch.name}.{field}": known.get(field) for field in branch_fields(branch)}
    return fields


def _has_picture(action: Action, images: Collection[str]) -> bool:
    return not isinstance(action, SaveImage) or action.name in images


def _with_foreseen(
    fields: dict[str, JsonValue], actions: tuple[Action, ...], kept: tuple[Action, ...], decision_id: str
) -> dict[str, JsonValue]:
    """The fields with the results that actions will have; None for those that are not known, or left out."""
    fields = {
        **{f"{action.name}.{result}": None for action in actions for result in ACTION_RESULTS[action.type]},
        **fields,
    }
    for action in kept:
        match action.type:
            case "save_image":
                fields[f"{action.name}.image_key"] = image_key(render_text(action.key, fields))
            case "record.create":
                fields[f"{action.name}.id"] = action_id(decision_id, action.name)
            case "publish":
                fields[f"{action.name}.event_id"] = action_id(decision_id, action.name)
            case _:
                pass
    return fields
