"""Decisions about a person's episodes, as rules make them, with an action of each kind that writes somewhere."""

import uuid
from typing import Any

from neuropose_ray.schemas.rules import Decision

JPEG = b"\xff\xd8\xff\xe0 a picture"


def actions_of(phase: str, hook: str | None) -> list[dict[str, Any]]:
    """What is done when an episode begins, and when it ends."""
    publish = {"type": "publish", "name": "tell", "channel": "episodes", "message": {"is": "{uuid} {phase}"}}
    webhook = (
        [] if hook is None else [{"type": "webhook", "name": "hook", "url": hook, "body": {"is": "{uuid} {phase}"}}]
    )
    if phase == "enter":
        return [
            {"type": "save_image", "name": "save", "key": "{camera_id}/{uuid}.jpg"},
            {
                "type": "record.create",
                "name": "write",
                "collection": "episodes",
                "key": "{uuid}",
                "fields": {"state": "begun", "image": "{save.image_key}"},
            },
            publish,
            *webhook,
        ]
    update = {"name": "change", "collection": "episodes", "key": "{uuid}", "fields": {"state": "ended"}}
    return [{"type": "record.update", **update}, publish, *webhook]


def decision(number: int, phase: str, rule: str = "squats", hook: str | None = None, **changed: Any) -> Decision:
    """The decision at the begin or end of an episode of a rule."""
    episode = f"{rule}-{number:04d}"
    fields = {"uuid": episode, "phase": phase, "camera_id": "Room 3", "number": number, "session_id": "visit 7"}
    whole = {
        "decision_id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{episode} {phase}")),
        "stream_id": "stream-1",
        "camera_id": "Room 3",
        "session_id": "visit 7",
        "epoch": 1,
        "track_id": 4,
        "episode": number,
        "rule": rule,
        "phase": phase,
        "outcome": None if phase == "enter" else "completed",
        "at": 1.7e9 + number,
        "fields": fields,
        "actions": actions_of(phase, hook),
        "images": {"save": JPEG} if phase == "enter" else {},
    }
    return Decision.model_validate({**whole, **changed})


def decisions(episodes: int, rules: int, hook: str | None = None) -> list[Decision]:
    """Begins and ends of so many episodes, shared out to rules, in the order in which they happen."""
    return [
        decision(number // rules, phase, f"rule{number % rules}", hook)
        for number in range(episodes)
        for phase in ("enter", "complete")
    ]
