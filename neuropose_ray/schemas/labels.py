"""Labels of frames: people with boxes and keypoints, as data sets hold them and as reviewers correct them.

Keypoints are COCO's seventeen, in its order. ``labels.jsonl`` holds a frame in a line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputNotFoundError
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel, OptionalFloat, StrictInt, Utf8Str
from neuropose_ray.schemas.json_files import parsed_json, validated

#: What reviewers made of a video's labels; a data set has these in place of the predictions.
LABELS_FILE = "labels.jsonl"

LABELS_VERSION: Final = 1
KEYPOINTS: Final = 17

Visibility = Literal[0, 1, 2]
"""COCO's flag: 0 not labelled, 1 labelled and hidden, 2 labelled and in sight."""

Keypoint = tuple[FiniteFloat, FiniteFloat, Visibility]
"""x and y in pixels of the upright frame, and the flag; 0, 0, 0 where not labelled."""

Box = tuple[FiniteFloat, FiniteFloat, FiniteFloat, FiniteFloat]
"""Left, top, width, height in pixels."""


class PersonLabel(FrozenModel):
    """One person in one frame."""

    box: Box
    keypoints: Annotated[tuple[Keypoint, ...], Field(min_length=KEYPOINTS, max_length=KEYPOINTS)]
    keypoint_scores: tuple[OptionalFloat, ...] = Field(default=(), description="0..1; empty where a person labelled")
    score: OptionalFloat = Field(default=None, description="0..1; null where a person labelled")
    track_id: StrictInt | None = None
    mask: tuple[StrictInt, ...] | None = Field(
        default=None, description="COCO's run lengths, down the columns, the first of pixels outside"
    )

    @property
    def labelled_keypoints(self) -> int:
        """How many keypoints have a position."""
        return sum(flag > 0 for _, _, flag in self.keypoints)


class FrameLabels(FrozenModel):
    """The people in one frame."""

    schema_version: Literal[1] = LABELS_VERSION
    video: Utf8Str
    frame_idx: Annotated[StrictInt, Field(ge=0)]
    timestamp_s: FiniteFloat
    file_name: Utf8Str = Field(description="the picture's own name, or the one that an extracted frame is given")
    width: Annotated[StrictInt, Field(gt=0)]
    height: Annotated[StrictInt, Field(gt=0)]
    persons: tuple[PersonLabel, ...] = ()
    reviewed: bool = Field(default=False, description="whether a person looked at the labels")


def write_labels(path: Path, frames: Iterable[FrameLabels]) -> None:
    """Write a frame in a line, atomically.

    Raises:
        OutputError: the file system refuses.
    """
    with atomic_write(path) as file:
        for frame in frames:
            file.write(frame.model_dump_json().encode() + b"\n")


def read_labels(path: Path) -> Iterator[FrameLabels]:
    """The frames of a file, one at a time.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: a line is no frame; it is named.
        FutureSchemaError: a newer version wrote it.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _frame(line, f"{path}, line {number}")
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path)) from error
    except OSError as error:
        raise FileFormatError(f"cannot be read ({error.strerror})", where=str(path)) from error


def _frame(line: bytes, where: str) -> FrameLabels:
    try:
        payload = parsed_json(line)
    except ValueError as error:
        raise FileFormatError(f"not JSON: {error}", where=where) from error
    version = payload.get("schema_version") if isinstance(payload, dict) else None
    if isinstance(version, int) and version > LABELS_VERSION:
        what = f"labels of version {version}, newer than {LABELS_VERSION}"
        raise FutureSchemaError(what, where=where, hint="upgrade neuropose-ray")
    return validated(FrameLabels, payload, where)
