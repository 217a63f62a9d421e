"""The older protocol of live detection, spoken to clients that know no other.

Its messages have a ``type`` and a ``payload``. It has no acknowledgements: what was sent counts as dealt with. Where
it leaves open what a message has, it is as written here:

- ``setSessionId``: ``{"payload": {"subscriptionIdentifier", "sessionId"}}``, answered by ``setSessionIdAck``.
- ``patchSession``: ``{"payload": {"sessionId", "version", "data"}}``, answered by ``patchSessionAck``.
- ``stateReport``: ``{"payload": {"timestamp", "streams": [{"streamId", "cameraId", "state", "fps", ...}]}}``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from neuropose_ray.errors import RequestError
from neuropose_ray.schemas.json_files import parsed_json
from neuropose_ray.schemas.live_messages import (
    ClientMessage,
    ErrorMessage,
    RequestState,
    Session,
    SessionPatch,
    SessionSet,
    State,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
)
from neuropose_ray.service.http.errors import faults

_CROP = ("cropX1", "cropY1", "cropX2", "cropY2")


class CompatibleDialect:
    """Translates the older messages into the present ones, and back."""

    acknowledges = False

    def read(self, text: str) -> ClientMessage:
        """What a client says.

        Raises:
            RequestError: it is no message.
        """
        try:
            message = parsed_json(text)
        except ValueError:
            raise RequestError("not JSON") from None
        if not isinstance(message, dict):
            raise RequestError("not a JSON object")
        payload = message.get("payload", message)
        reader = _READERS.get(str(message.get("type")))
        if reader is None or not isinstance(payload, dict):
            raise RequestError("no such message", where="type", hint=f"there are: {', '.join(_READERS)}")
        try:
            return reader(payload)
        except ValidationError as error:
            raise RequestError(faults(error.errors())) from None

    def write(self, message: BaseModel) -> str | None:
        """An answer as text; None where the older protocol has none."""
        match message:
            case Subscribed():
                content: dict[str, Any] = {"type": "subscribeAck", "status": "success"}
                content["subscriptionId"] = message.subscription_id
            case Unsubscribed():
                content = {"type": "unsubscribeAck", "status": "success", "subscriptionId": message.subscription_id}
            case State():
                streams = [_state_of(report.model_dump(mode="json")) for report in message.streams]
                content = {"type": "stateReport", "payload": {"timestamp": message.server_time, "streams": streams}}
            case Session(subscription_id=None):
                payload = {"sessionId": message.session_id, "version": message.version}
                data = message.model_dump(mode="json")["data"]
                content = {"type": "patchSessionAck", "status": "success", "payload": payload | {"data": data}}
            case Session():
                payload = {"sessionId": message.session_id, "subscriptionIdentifier": message.subscription_id}
                content = {"type": "setSessionIdAck", "status": "success", "payload": payload}
            case ErrorMessage():
                content = {"type": "error", "status": "error", "code": message.code, "message": message.message}
                if message.subscription_id is not None:
                    content["subscriptionId"] = message.subscription_id
            case _:
                return None
        return json.dumps(content)

    def write_stream(self, kind: str, head: Mapping[str, Any], body: bytes) -> str | None:
        """A pose message as ``imageDetection``; events have no older message."""
        if kind != "pose":
            return None
        pose = json.loads(body)
        detections = [
            {
                "class_name": "person",
                "confidence": person["score"],
                "bounding_box": _corners(person["box"]),
                "track_id": person["track_id"],
                "timestamp": pose["captured_at"],
            }
            for person in pose["persons"]
        ]
        payload = {
            "subscriptionId": head["subscription_id"],
            "detections": detections,
            "timestamp": pose["captured_at"],
            "modelInfo": {"modelName": pose["model"]["id"], "modelVersion": pose["model"]["sha256"][:12]},
        }
        if head.get("session_id") is not None:
            payload["sessionId"] = head["session_id"]
        return json.dumps({"type": "imageDetection", "payload": payload})


def _subscribe(payload: Mapping[str, Any]) -> Subscribe:
    identifier = payload.get("subscriptionIdentifier")
    if not isinstance(identifier, str) or identifier.count(";") != 1 or not all(identifier.split(";")):
        raise RequestError("must be 'display;camera'", where="subscriptionIdentifier")
    url, kind = payload.get("rtspUrl"), "auto"
    if url is None:
        url, kind = payload.get("snapshotUrl"), "snapshot"
    if url is None:
        raise RequestError("rtspUrl or snapshotUrl is needed", where="payload")
    given = [name for name in _CROP if payload.get(name) is not None]
    if given and len(given) < len(_CROP):
        raise RequestError(f"a crop needs {', '.join(_CROP)}, and only {', '.join(given)} is there", where="payload")
    message: dict[str, Any] = {
        "subscription_id": identifier,
        "source": {"url": url, "kind": kind},
        "camera": {"id": identifier.split(";")[1]},
        "outputs": (),
        "pipeline": payload.get("modelUrl"),
        "crop": tuple(payload[name] for name in _CROP) if given else None,
    }
    return Subscribe.model_validate(message)


def _set_session(payload: Mapping[str, Any]) -> SessionSet:
    content = {"subscription_id": payload.get("subscriptionIdentifier"), "session_id": payload.get("sessionId")}
    return SessionSet.model_validate(content)


def _patch_session(payload: Mapping[str, Any]) -> SessionPatch:
    content = {"session_id": payload.get("sessionId"), "version": payload.get("version")}
    return SessionPatch.model_validate({**content, "patch": payload.get("data", {})})


_READERS: Mapping[str, Callable[[Mapping[str, Any]], ClientMessage]] = {
    "subscribe": _subscribe,
    "unsubscribe": lambda payload: Unsubscribe.model_validate(
        {"subscription_id": payload.get("subscriptionIdentifier")}
    ),
    "requestState": lambda _payload: RequestState(),
    "setSessionId": _set_session,
    "patchSession": _patch_session,
}


def _state_of(report: Mapping[str, Any]) -> dict[str, Any]:
    names = {
        "stream_id": "streamId", "camera_id": "cameraId", "state": "state", "pose_fps": "fps", "persons": "persons",
        "session_id": "sessionId", "last_error": "lastError",
    }  # fmt: skip
    return {name: report[field] for field, name in names.items()}


def _corners(box: list[float | None]) -> list[float | None]:
    left, top, width, height = box
    right = None if left is None or width is None else round(left + width, 1)
    bottom = None if top is None or height is None else round(top + height, 1)
    return [left, top, right, bottom]
