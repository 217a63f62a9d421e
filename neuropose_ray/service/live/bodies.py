"""Messages of a stream as JSON, encoded once; what differs between subscriptions is put before it."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.service.live.view import Viewed

# As in replies to pictures: a tenth of a pixel and of a millimetre, a thousandth of a score.
_PIXEL_DECIMALS, _MILLIMETRE_DECIMALS, _SCORE_DECIMALS = 1, 1, 3


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What a pose message says of its frame; times are Unix seconds, ``timing_ms`` milliseconds."""

    stream_id: str
    epoch: int
    number: int
    pts_s: float | None
    captured_at: float
    width: int
    height: int
    skeleton: str
    model: Mapping[str, str]
    timing_ms: Mapping[str, float]
    dropped: int


def pose_body(
    facts: FrameFacts, viewed: Viewed, outputs: Collection[str], image: bytes | None, angles: Mapping[int, Any]
) -> bytes:
    """A pose message, without what the subscription adds.

    Args:
        facts: of the frame.
        viewed: the people.
        outputs: what of them is wanted.
        image: the picture as JPEG, where it is wanted.
        angles: degrees by name, by track.
    """
    body: dict[str, Any] = {
        "stream_id": facts.stream_id,
        "frame_id": f"{facts.epoch}:{facts.number}",
        "epoch": facts.epoch,
        "pts_s": facts.pts_s,
        "captured_at": facts.captured_at,
        "width": facts.width,
        "height": facts.height,
        "persons": persons(viewed, outputs, angles),
        "skeleton": facts.skeleton,
        "model": dict(facts.model),
        "timing_ms": dict(facts.timing_ms),
    }
    if image is not None and "image" in outputs:
        body["image"] = base64.b64encode(image).decode("ascii")
    return encoded(body)


def persons(viewed: Viewed, outputs: Collection[str], angles: Mapping[int, Any]) -> list[dict[str, Any]]:
    """The people who are seen in a frame, by their ids."""
    people = []
    for track in viewed.tracks:
        if track.row is None:
            continue
        poses, row = viewed.poses, track.row
        person: dict[str, Any] = {
            "track_id": track.track_id,
            "confirmed": track.state == "confirmed",
            "box": _rounded(poses.boxes[row, :4], _PIXEL_DECIMALS),
            "score": _rounded(poses.boxes[row, 4:], _SCORE_DECIMALS)[0],
        }
        if "poses2d" in outputs:
            person["poses2d"] = _rounded(poses.poses2d[row], _PIXEL_DECIMALS)
        if "poses3d" in outputs:
            person["poses3d_mm"] = _rounded(poses.poses3d[row], _MILLIMETRE_DECIMALS)
        if "poses2d" in outputs or "poses3d" in outputs:
            person["joint_scores"] = _rounded(poses.joint_scores[row], _SCORE_DECIMALS)
        if "angles" in outputs and track.track_id in angles:
            person["angles"] = angles[track.track_id]
        people.append(person)
    return people


def encoded(content: Mapping[str, Any]) -> bytes:
    """A JSON object."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()


def joined(head: Mapping[str, Any], body: bytes) -> str:
    """The JSON object with the members of ``head`` before those of ``body``, which is not decoded for it."""
    begin = encoded(head)
    return (begin[:-1] + b"," + body[1:]).decode() if len(body) > 2 else begin.decode()


def _rounded(numbers: NDArray[np.float32], decimals: int) -> Any:
    exact = np.round(numbers.astype(np.float64), decimals)
    missing = ~np.isfinite(exact)
    if not missing.any():
        return exact.tolist()
    mixed = exact.astype(object)
    mixed[missing] = None
    return mixed.tolist()
