"""Segments found in a file of predictions, and stored with it.

JSON keeps its own version and gets the segments inside, as NeuroPose has them; NeuroPose's own files stay files that
its loader takes. predictions.parquet is never changed: its segments are in :data:`SEGMENTATIONS_FILE` beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from neuropose_ray.analysis.person_choice import PersonRule
from neuropose_ray.analysis.runs.signals import Signal, resolve_signal
from neuropose_ray.analysis.runs.trials import Trial, load_trial
from neuropose_ray.analysis.segmentation.predictions import segment_predictions
from neuropose_ray.analysis.segmentation.unfound import why_no_segments
from neuropose_ray.errors import FileFormatError, InputError, SegmentsExistError
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.header import SCHEMA_VERSION
from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel, ReadOnlyMapping, StrictInt
from neuropose_ray.schemas.json_files import is_video_payload, read_json, validated
from neuropose_ray.schemas.migrations import migrate_video_predictions, payload_version
from neuropose_ray.schemas.predictions import VideoPredictions
from neuropose_ray.schemas.result_files import SEGMENTATIONS_FILE, predictions_in
from neuropose_ray.schemas.segmentation import (
    DEFAULT_METHOD,
    NEUROPOSE_METHOD,
    Segmentation,
    SegmentationMethod,
)
from neuropose_ray.schemas.segmentation_files import StoredSegmentations, load_segmentations


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
    method: SegmentationMethod | None = Field(
        default=None, description=f"empty: {DEFAULT_METHOD}, and {NEUROPOSE_METHOD} in NeuroPose's own files"
    )


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
    choice = trial.person(
        track=request.track, person_index=request.person_index, rule=request.person, needs_times=False
    )
    motion = trial.motion_of(choice, fitted=request.poses == "fitted")
    segmentations = segment_predictions(
        motion,
        resolve_signal(request.signal, motion.skeleton),
        min_distance_seconds=request.min_distance_seconds,
        min_prominence=request.min_prominence,
        min_height=request.min_height,
        pad_seconds=request.pad_seconds,
        method=request.method or DEFAULT_METHOD,
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
        InputError: segments of that name are there, the file cannot hold segments of that method, or the only video
            cannot be segmented; nothing is written.
        FileFormatError: the file is no predictions.
        OutputError: the file system refuses.
    """
    file = predictions_in(path)
    if file.suffix == ".parquet":
        return _segment_parquet(file, request, output, force)
    return _segment_json(file, request, output, force)


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
    payload, as_written = read_json(file), read_json(file, as_written=True)
    videos, written = _videos(payload, file), _videos(as_written, file)
    target = output or file
    segmentations: dict[str, Segmentation] = {}
    failed: dict[str, str] = {}
    empty: dict[str, str] = {}
    for name, video in videos.items():
        _require_free(request.name, video.get("segmentations") or {}, f"{file}: {name}", force)
        of_neuropose = payload_version(video, f"{file}: {name}") < SCHEMA_VERSION
        if of_neuropose and output is None:
            _require_neuroposes_method(request, file)
        try:
            trial = Trial.from_payload(name, file, video)
            segmentations[name], reason = segment_trial(trial, _for_file(request, of_neuropose=of_neuropose))
        except InputError as error:
            if len(videos) == 1:
                raise
            failed[name] = str(error)
        else:
            method = segmentations[name].config.method
            if not of_neuropose:
                written[name] = video
            elif method != NEUROPOSE_METHOD:
                present = migrate_video_predictions(video, f"{file}: {name}")
                written[name] = validated(VideoPredictions, present, str(file)).model_dump(mode="json")
            stored = video.get("segmentations") or {}
            found = segmentations[name].model_dump(mode="json")
            written[name] = written[name] | {"segmentations": stored | {request.name: found}}
            if reason is not None:
                empty[name] = reason
    _write(target, written[file.stem] if is_video_payload(payload) else written)
    return StoredSegments(target, ReadOnlyMapping(segmentations), ReadOnlyMapping(failed), ReadOnlyMapping(empty))


def _for_file(request: SegmentRequest, *, of_neuropose: bool) -> SegmentRequest:
    """The request with the method that files of its kind have where nobody chooses."""
    usual = NEUROPOSE_METHOD if of_neuropose else DEFAULT_METHOD
    return request if request.method is not None else request.model_copy(update={"method": usual})


def _require_neuroposes_method(request: SegmentRequest, file: Path) -> None:
    if request.method not in (None, NEUROPOSE_METHOD):
        raise InputError(
            f"NeuroPose's files cannot hold segments of the method {request.method}",
            where=str(file),
            hint=f"leave --method out, which means {NEUROPOSE_METHOD} there, or write a new file with --output",
        )


def _videos(payload: object, file: Path) -> dict[str, Any]:
    """The videos of a file by their names; the only one of a single video's file has the file's."""
    if isinstance(payload, dict) and is_video_payload(payload):
        return {file.stem: payload}
    if not isinstance(payload, dict) or not payload or not all(map(is_video_payload, payload.values())):
        raise FileFormatError("holds no predictions", where=str(file), hint="is it another file of the results?")
    return payload


def _require_free(name: str, stored: Mapping[str, object], where: str, force: bool) -> None:
    if name in stored and not force:
        raise SegmentsExistError(
            f"has segments named {name!r} already", where=where, hint="use --force to replace them"
        )


def _write(path: Path, payload: object) -> None:
    # NaN is in NeuroPose's own files alone, as it was.
    atomic_write_bytes(path, json.dumps(payload, indent=2).encode())
