"""Pictures out of the body of a request: a form, JSON, or one picture as it is."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import Request
from pydantic import BeforeValidator, ConfigDict, Field, Strict, ValidationError
from pydantic_core import from_json

from neuropose_ray.errors import RequestError, TooLargeError
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.service.http.bodies import Share, body_of, read_json, whole_schema
from neuropose_ray.service.http.errors import faults
from neuropose_ray.service.http.multipart import MAX_FIELDS, PartBegin, PartData, PartEnd, read_form
from neuropose_ray.service.pose import FrameRequest
from neuropose_ray.service.settings import PoseReplicaSettings

#: What one picture is sent as.
PICTURE_TYPES = ("image/jpeg", "image/png", "image/webp", "image/bmp", "application/octet-stream")


#: Characters of base64 that are decoded in one call, which lets no other thread run: some milliseconds.
_BASE64_BLOCK = 1 << 20
#: Values in a JSON body: a picture is one, or two with the comma of a data URL, and a time is one.
_VALUES_PER_PICTURE, _OTHER_VALUES = 3, 64
#: Of a file's name that errors say.
_NAME_LETTERS = 100


class NamedPicture(FrozenModel):
    """A picture that the service reads where it lies."""

    uri: str = Field(max_length=2000, examples=["https://pictures.example.org/frame_1.jpg"])


def _from_base64(value: object) -> object:
    if isinstance(value, dict | NamedPicture):
        return value
    if not isinstance(value, str):
        raise ValueError("a picture is text in base64")
    text = value.partition(",")[2] if value.startswith("data:") else value  # as browsers give it
    blocks = [text[start : start + _BASE64_BLOCK] for start in range(0, len(text), _BASE64_BLOCK)]
    try:
        decoded = bytearray()
        for block in blocks:
            decoded += base64.b64decode(block, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("not base64") from error
    if any("=" in block for block in blocks[:-1]):
        raise ValueError("not base64")
    return bytes(decoded)


_Base64Text = Annotated[
    str,
    Field(
        json_schema_extra={
            "contentEncoding": "base64",
            "pattern": "^(data:[^,]*,)?([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)$",
        }
    ),
]
Picture = Annotated[
    bytes | NamedPicture, BeforeValidator(_from_base64, json_schema_input_type=_Base64Text | NamedPicture)
]


class PoseOptions(FrozenModel):
    """What is known of the pictures."""

    consecutive: bool = Field(
        default=False,
        description="true: the pictures are consecutive frames of one camera, in their order. People are then "
        "followed from each frame to the next, which is faster and steadier for a video and wrong for anything else. "
        "false: people are searched in every picture anew",
    )
    timestamps_s: Annotated[tuple[Annotated[float, Field(allow_inf_nan=False)], ...], Strict(False)] | None = Field(
        default=None, description="one for each picture, in seconds; they come back with the results"
    )
    field_of_view_degrees: float | None = Field(
        default=None,
        ge=1,
        le=179,
        description="of the camera, over the longer side of the pictures; empty: the pose model's assumption. "
        "It scales distances from the camera",
    )
    model: str | None = Field(
        default=None, max_length=500, description="a pose model of those that `/v1/status` lists; empty: its first"
    )


#: A PNG file of one grey pixel.
_EXAMPLE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="


class PoseBody(PoseOptions):
    """The JSON form of a request, in which values have the types that the description says; a list is a tuple."""

    model_config = ConfigDict(
        strict=True, json_schema_extra={"examples": [{"frames": [_EXAMPLE], "consecutive": False}]}
    )

    frames: Annotated[tuple[Picture, ...], Strict(False)] = Field(
        min_length=1,
        description="JPEG, PNG, WebP or BMP files in base64, data URLs among them, or where they lie: objects of "
        "`uri`, of what `service.uploads` allows",
    )


async def read_pictures(
    request: Request, options: PoseOptions, limits: PoseReplicaSettings, share: Share
) -> FrameRequest:
    """Read a request as a whole.

    Args:
        request: its body may be of any of the three kinds.
        options: from its query; JSON has its own instead.
        limits: on bytes and pictures.
        share: the memory that it takes.

    Raises:
        RequestError: it is not well formed.
        TooLargeError: it is beyond a limit.
        SlowRequestError: it comes too slowly.
        OverloadedError: other requests have taken the memory.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        most = min(limits.json_bytes, limits.request_bytes)
        body = _held(body_of(request, most, "send the pictures as a form, or a video as a job"), share)
        content = await read_json(body, _VALUES_PER_PICTURE * limits.request_frames + _OTHER_VALUES)
        # Decoding many megabytes must not hold up the other requests of this process.
        return await asyncio.to_thread(_from_json, content, limits)
    body = _held(body_of(request, limits.request_bytes, "submit a video as a job"), share)
    if kind == "multipart/form-data":
        files = await _from_form(request.headers["content-type"], body, limits)
        names = tuple(name for name, _ in files)
        return _frame_request([picture for _, picture in files], options, limits, names)
    if kind in PICTURE_TYPES or not kind:
        pictures = [b"".join([chunk async for chunk in body])]
    else:
        raise RequestError(
            f"{kind[:100]} is no picture, form or JSON", where="Content-Type", hint=f"send {', '.join(PICTURE_TYPES)}"
        )
    return _frame_request(pictures, options, limits)


async def _held(body: AsyncIterator[bytes], share: Share) -> AsyncIterator[bytes]:
    async for chunk in body:
        share.take(len(chunk))
        yield chunk


async def _from_form(
    content_type: str, body: AsyncIterator[bytes], limits: PoseReplicaSettings
) -> list[tuple[str, bytes]]:
    """Name and content of all files of a form, whatever their fields are called."""
    files: list[tuple[str, bytes]] = []
    name, picture, parts = "", bytearray(), 0
    async for event in read_form(content_type, body):
        if isinstance(event, PartBegin):
            parts += 1
            if parts > limits.request_frames + MAX_FIELDS:
                raise _too_many_pictures(limits)
            if event.filename is None:
                raise RequestError(f"{event.name[:100]} is not a file", hint="options go into the query")
            name, picture = event.filename[:_NAME_LETTERS], bytearray()
        elif isinstance(event, PartData):
            picture += event.data
        elif isinstance(event, PartEnd):
            files.append((name, bytes(picture)))
    return files


def _from_json(content: bytearray, limits: PoseReplicaSettings) -> FrameRequest:
    try:
        # Not in one step: what decodes base64 is Python, which lets other threads run from picture to picture.
        body = PoseBody.model_validate(from_json(content, allow_inf_nan=False))
    except ValidationError as error:
        raise RequestError(faults(error.errors(include_input=False)), hint="see /docs") from error
    except ValueError as error:
        raise RequestError(f"Invalid JSON: {error}", hint="see /docs") from error
    pictures = [b"" if isinstance(picture, NamedPicture) else picture for picture in body.frames]
    uris = {index: picture.uri for index, picture in enumerate(body.frames) if isinstance(picture, NamedPicture)}
    names = tuple(PurePosixPath(uris.get(index, "").partition("?")[0]).name for index in range(len(pictures)))
    return replace(_frame_request(pictures, body, limits, names if uris else (), has_more=bool(uris)), uris=uris)


def _frame_request(
    pictures: tuple[bytes, ...] | list[bytes],
    options: PoseOptions,
    limits: PoseReplicaSettings,
    names: tuple[str, ...] = (),
    *,
    has_more: bool = False,
) -> FrameRequest:
    if not has_more and (not pictures or pictures == [b""]):
        raise RequestError("no picture", hint="see /docs")
    if len(pictures) > limits.request_frames:
        raise _too_many_pictures(limits)
    times = options.timestamps_s
    if times is not None and len(times) != len(pictures):
        raise RequestError(f"{len(times)} times for {len(pictures)} pictures", where="timestamps_s")
    return FrameRequest(
        tuple(pictures), options.consecutive, times, options.field_of_view_degrees, options.model, names
    )


def _too_many_pictures(limits: PoseReplicaSettings) -> TooLargeError:
    return TooLargeError(f"more than {limits.request_frames} pictures", hint="submit a video as a job")


def described_body() -> dict[str, Any]:
    """The body as OpenAPI has it: it is read as a stream, so its description is written by hand."""
    picture = {"type": "string", "format": "binary"}
    form = {
        "type": "object",
        "properties": {"files": {"type": "array", "items": picture, "minItems": 1, "description": "in their order"}},
        "required": ["files"],
    }
    content: dict[str, Any] = {
        "multipart/form-data": {"schema": form},
        "application/json": {"schema": whole_schema(PoseBody)},
    }
    return {
        "requestBody": {"required": True, "content": content | {kind: {"schema": picture} for kind in PICTURE_TYPES}}
    }
