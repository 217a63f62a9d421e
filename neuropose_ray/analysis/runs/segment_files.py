"""Segments found in a file of predictions, and stored with it.

JSON keeps its own version and gets the segments inside, as NeuroPose has them. predictions.parquet is never changed:
its segments are in :data:`SEGMENTATIONS_FILE` beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, RootModel

from neuropose_ray.analysis.person_choice import PersonRule
from neuropose_ray.analysis.runs.signals import Signal, resolve_signal
from neuropose_ray.analysis.runs.trials import Trial, load_trial
from neuropose_ray.analysis.segmentation.predictions import segment_predictions
from neuropose_ray.analysis.segmentation.unfound import why_no_segments
from neuropose_ray.errors import FileFormatError, InputError
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import (
    FiniteFloat,
    FrozenMapping,
    FrozenModel,
    ReadOnlyMapping,
    StrictInt,
    Utf8Str,
)
from neuropose_ray.schemas.json_files import is_video_payload, read_json, validated
from neuropose_ray.schemas.result_files import SEGMENTATIONS_FILE, predictions_in
from neuropose_ray.schemas.segmentation import DEFAULT_METHOD, Segmentation, SegmentationMethod


class StoredSegmentations(RootModel[FrozenMapping[Utf8Str, Segmentation]]):
    """What :data:`SEGMENTATIONS_FILE` holds."""

    model_config = ConfigDict(frozen=True)


class SegmentRequest(FrozenModel):
    """Which segments to look for, in whom, and under which name to store them."""

    name: Annotated[str, Field(min_length=1)]
    signal: Signal
    person_index: Annotated[StrictInt, Field(ge=0)] = 0
    track: StrictInt | None = None
    person: PersonRule = "longest"
    poses: Literal["fitted", "model"] = "fitted"
    min_distance_seconds: Annotated[FiniteFloat, Field(ge=0)] | None = None
    min_prominence: FiniteFloat | None = None
    min_height: FiniteFloat | None = None
    pad_seconds: Annotated[FiniteFloat, Field(ge=0)] = 0.0
    method: SegmentationMethod = DEFAULT_METHOD


@dataclass(frozen=True, slots=True)
class StoredSegments:
    """What became of a file.

    Attributes:
        path: the file that was written.
        found: per video its segments.
        failed: per video of a job's results in which none could be looked for, why.
        empty: per video in which none was found, why.
    """

    path: Path
    found: Mapping[str, Segmentation]
    failed: Mapping[str, str]
    empty: Mapping[str, str]


def segment_trial(trial: Trial, request: SegmentRequest) -> tuple[Segmentation, str | None]:
    """The segments of one person of a trial, with the person in their configuration, and why there are none.

    Raises:
        InputError: there is no such person or joint, or a time is asked for without a frame rate.
    """
    choice = trial.person(track=request.track, person_index=request.person_index, rule=request.person)
    motion = trial.motion_of(choice, fitted=request.poses == "fitted")
    segmentations = segment_predictions(
        motion,
        resolve_signal(request.signal, motion.skeleton),
        min_distance_seconds=request.min_distance_seconds,
        min_prominence=request.min_prominence,
        min_height=request.min_height,
        pad_seconds=request.pad_seconds,
        method=request.method,
    )
    track = request.track if request.person == "longest" else choice.track
    person = {"person_index": request.person_index, "track_id": track}
    of_person = segmentations.model_copy(update={"config": segmentations.config.model_copy(update=person)})
    return of_person, why_no_segments(motion, segmentations)


def segment_file(
    path: Path, request: SegmentRequest, *, output: Path | None = None, force: bool = False
) -> StoredSegments:
    """Look for segments in every video of a file and store them.

    Args:
        path: predictions.parquet, a folder with it, one video's JSON or a job's results.
        request: what to look for.
        output: where to write instead of in place (Parquet: beside it).
        force: replace segments of the same name.

    Raises:
        InputError: segments of that name are there, or the only video cannot be segmented; nothing is written.
        FileFormatError: the file is no predictions.
        OutputError: the file system refuses.
    """
    file = predictions_in(path)
    if file.suffix == ".parquet":
        return _segment_parquet(file, request, output, force)
    return _segment_json(file, request, output, force)


def load_segmentations(predictions: Path) -> Mapping[str, Segmentation]:
    """The segments stored beside a predictions.parquet; empty where none are.

    Raises:
        FileFormatError: the file beside it is damaged.
    """
    file = predictions.with_name(SEGMENTATIONS_FILE)
    return validated(StoredSegmentations, read_json(file), str(file)).root if file.exists() else ReadOnlyMapping({})


def _segment_parquet(file: Path, request: SegmentRequest, output: Path | None, force: bool) -> StoredSegments:
    stored = dict(load_segmentations(file))
    _require_free(request.name, stored, str(file.with_name(SEGMENTATIONS_FILE)), force)
    target = output or file.with_name(SEGMENTATIONS_FILE)
    if target.suffix == ".parquet":
        raise InputError("segments are written as JSON", where=str(target), hint="give --output a name with .json")
    trial = load_trial(file)
    segmentations, reason = segment_trial(trial, request)
    _write(target, StoredSegmentations({**stored, request.name: segmentations}).model_dump(mode="json"))
    empty = {} if reason is None else {trial.name: reason}
    return StoredSegments(
        target, ReadOnlyMapping({trial.name: segmentations}), ReadOnlyMapping({}), ReadOnlyMapping(empty)
    )


def _segment_json(file: Path, request: SegmentRequest, output: Path | None, force: bool) -> StoredSegments:
    payload = read_json(file)
    videos: dict[str, Any] = {file.stem: payload} if is_video_payload(payload) else _videos(payload, file)
    for name, video in videos.items():
        _require_free(request.name, video.get("segmentations") or {}, f"{file}: {name}", force)
    segmentations: dict[str, Segmentation] = {}
    failed: dict[str, str] = {}
    empty: dict[str, str] = {}
    for name, video in videos.items():
        try:
            segmentations[name], reason = segment_trial(Trial.from_payload(name, file, video), request)
        except InputError as error:
            if len(videos) == 1:
                raise
            failed[name] = str(error)
        else:
            stored = video.get("segmentations") or {}
            video["segmentations"] = stored | {request.name: segmentations[name].model_dump(mode="json")}
            if reason is not None:
                empty[name] = reason
    _write(output or file, payload)
    return StoredSegments(
        output or file, ReadOnlyMapping(segmentations), ReadOnlyMapping(failed), ReadOnlyMapping(empty)
    )


def _videos(payload: object, file: Path) -> dict[str, Any]:
    if not isinstance(payload, dict) or not payload or not all(map(is_video_payload, payload.values())):
        raise FileFormatError("holds no predictions", where=str(file), hint="is it another file of the results?")
    return payload


def _require_free(name: str, stored: Mapping[str, object], where: str, force: bool) -> None:
    if name in stored and not force:
        raise InputError(f"has segments named {name!r} already", where=where, hint="use --force to replace them")


def _write(path: Path, payload: object) -> None:
    atomic_write_bytes(path, json.dumps(payload, indent=2, allow_nan=False).encode())
