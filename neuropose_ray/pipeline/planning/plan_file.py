"""A video's plan on disk, for workers in other processes: rows only name it, no payload passes the driver.

A run over a hundred thousand videos writes and reads as many of them, so the file is plain: a head with a checksum,
a JSON text, and the arrays as they are in memory. It need not outlive a power cut: a video whose plan is gone or
damaged is planned again.
"""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from neuropose_ray.errors import FileFormatError
from neuropose_ray.pipeline.planning.plan import VideoPlan
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.video import Chunk, ImageFile, VideoInfo, VideoSource

#: What the file begins with, the CRC-32 of all after the head, and the bytes of the text.
_HEAD = struct.Struct("<8sII")
_MAGIC = b"nprplan1"
#: The arrays of a video's info, in the order in which they follow the text.
_ARRAYS = {"timestamps_s": "<f8", "keyframes": "<i8"}


def write_plan(path: Path, plan: VideoPlan) -> None:
    """Write a plan.

    Raises:
        OutputError: no space or no permission.
    """
    source, info = plan.info.source, _values(plan.info)
    arrays = [np.ascontiguousarray(info.pop(name), kind) for name, kind in _ARRAYS.items()]
    info["images"] = [asdict(image) for image in plan.info.images]
    info["source"] = {"path": str(source.path.resolve()), "kind": source.kind, "fps": source.fps}
    text = {
        "name": plan.name,
        "info": info,
        "camera": plan.camera.model_dump(),
        "chunks": [_values(chunk) for chunk in plan.chunks],
        "keys": plan.keys,
        "sessions": plan.sessions,
        "products": dict(plan.products),
        "skipped_s": plan.skipped_s,
        "rate": plan.rate,
        "analysed": plan.analysed,
        "lengths": [len(array) for array in arrays],
    }
    encoded = json.dumps(text).encode()
    body = b"".join([encoded, *(array.tobytes() for array in arrays)])
    atomic_write_bytes(path, _HEAD.pack(_MAGIC, zlib.crc32(body), len(encoded)) + body, durable=False)


def plan_checksum(path: Path) -> str:
    """What tells the content of a plan's file from others, by its head and size; empty where there is none."""
    try:
        with path.open("rb") as file:
            return f"{file.read(_HEAD.size).hex()}-{file.seek(0, 2)}"
    except OSError:
        return ""


def read_plan(path: Path) -> VideoPlan:
    """The plan that :func:`write_plan` wrote.

    Raises:
        FileFormatError: it is not there or not a plan.
    """
    try:
        content = path.read_bytes()
        magic, checksum, length = _HEAD.unpack_from(content)
        body = memoryview(content)[_HEAD.size :]
        if magic != _MAGIC or zlib.crc32(body) != checksum:
            raise ValueError("it is damaged")
        text: dict[str, Any] = json.loads(bytes(body[:length]))
        return _plan(text, body[length:])
    except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
        raise FileFormatError(f"not a plan ({error})", where=str(path), hint="run the same command again") from error


def _plan(text: dict[str, Any], rest: memoryview) -> VideoPlan:
    arrays: dict[str, Any] = {}
    offset = 0
    for (name, kind), length in zip(_ARRAYS.items(), text["lengths"], strict=True):
        arrays[name] = np.frombuffer(rest, kind, length, offset).copy()
        offset += arrays[name].nbytes
    source = text["info"].pop("source")
    info = VideoInfo(
        source=VideoSource(Path(source["path"]), source["kind"], source["fps"]),
        notes=tuple(text["info"].pop("notes")),
        images=tuple(ImageFile(**image) for image in text["info"].pop("images")),
        **text["info"],
        **arrays,
    )
    return VideoPlan(
        name=text["name"],
        info=info,
        camera=Camera(**text["camera"]),
        chunks=tuple(Chunk(**chunk) for chunk in text["chunks"]),
        keys=tuple(text["keys"]),
        sessions=tuple(text["sessions"]),
        products={name: tuple(keys) for name, keys in text["products"].items()},
        skipped_s=tuple(text["skipped_s"]),
        rate=text["rate"],
        analysed=tuple(text["analysed"]),
    )


def _values(record: Chunk | VideoInfo) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
