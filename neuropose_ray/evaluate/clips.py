"""Many clips against their references: one row each, and means over what the clips have in common."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

from pydantic import Field

from neuropose_ray.analysis import load_trial
from neuropose_ray.errors import FileFormatError, InputError, InputNotFoundError
from neuropose_ray.evaluate.reference import read_reference
from neuropose_ray.evaluate.results import FloatOrNaN, TrackScores
from neuropose_ray.evaluate.tracks import score_tracks
from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel, StrictInt, Utf8Str

#: The columns that a list of clips must have; every other one is a label, such as movement or view.
_RESULTS, _REFERENCE = "results", "reference"


class Clip(FrozenModel):
    """A line of the list."""

    results: Path
    reference: Path
    labels: FrozenMapping[str, str] = Field(default={}, validate_default=True)


class ClipErrors(FrozenModel):
    """Errors of one kind of poses over the frames of a clip, or their means over clips."""

    pa_mpjpe_mm: FloatOrNaN
    mpjpe_mm: FloatOrNaN
    knee_mae_deg: FloatOrNaN


class ClipScores(FrozenModel):
    """The errors of one clip, of the model and of the fit."""

    results: Utf8Str
    reference: Utf8Str
    labels: FrozenMapping[str, str]
    frames: StrictInt = Field(description="that were compared")
    model: ClipErrors = Field(description="of what the pose model said")
    fitted: ClipErrors | None = Field(description="of the fitted skeleton; null where the clip has none")


class GroupScores(FrozenModel):
    """Means over the clips that share a label, each clip counting once; without a label and value, over all clips."""

    label: str
    value: str
    clips: StrictInt
    model: ClipErrors
    fitted: ClipErrors | None = Field(description="null where not every clip has a fit")


class EvaluationTable(FrozenModel):
    """Many clips, ready for JSON."""

    kind: str = "evaluation_table"
    schema_version: StrictInt = 1
    clips: tuple[ClipScores, ...]
    groups: tuple[GroupScores, ...]


def read_clips(path: Path) -> tuple[Clip, ...]:
    """The clips of a CSV file with the columns ``results`` and ``reference`` and any labels.

    Paths start at the file's folder.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: a column or a value is missing, or no clip is listed.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, skipinitialspace=True))
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path)) from error
    except (OSError, ValueError, csv.Error) as error:
        raise FileFormatError(f"cannot be read ({error})", where=str(path)) from error
    hint = "give a CSV table with the columns results, reference, and labels such as movement and view"
    if not rows:
        raise FileFormatError("lists no clips", where=str(path), hint=hint)
    clips = []
    for number, row in enumerate(rows, start=2):
        if not row.get(_RESULTS) or not row.get(_REFERENCE) or None in row:
            raise FileFormatError(f"line {number} does not name results and a reference", where=str(path), hint=hint)
        labels = {name: value for name, value in row.items() if name not in (_RESULTS, _REFERENCE) and value}
        clips.append(
            Clip(results=path.parent / row[_RESULTS], reference=path.parent / row[_REFERENCE], labels=labels)
        )
    return tuple(clips)


def score_clip(clip: Clip) -> ClipScores:
    """Compare one clip's poses with its reference.

    Raises:
        InputError: a file is missing or not what it should be, or the two have nothing in common.
    """
    trial = load_trial(clip.results)
    scored = score_tracks(trial.table, trial.header.skeleton, read_reference(clip.reference), where=str(trial.path))
    by_kind = {track.poses: track for track in scored}
    return ClipScores(
        results=str(clip.results),
        reference=str(clip.reference),
        labels=clip.labels,
        frames=by_kind["model"].scores.found_frames,
        model=_errors(by_kind["model"]),
        fitted=_errors(by_kind["fitted"]) if "fitted" in by_kind else None,
    )


def table_of(clips: tuple[ClipScores, ...]) -> EvaluationTable:
    """The clips with their means by every label, and over all of them last.

    Raises:
        InputError: there is no clip.
    """
    if not clips:
        raise InputError("there is no clip to take means of", hint="name one clip at the least")
    labels = dict.fromkeys(name for clip in clips for name in clip.labels)
    groups = [
        _group([clip for clip in clips if clip.labels.get(label) == value], label, value)
        for label in labels
        for value in dict.fromkeys(clip.labels[label] for clip in clips if label in clip.labels)
    ]
    return EvaluationTable(clips=clips, groups=(*groups, _group(list(clips), "", "")))


def _errors(track: TrackScores) -> ClipErrors:
    scores = track.scores
    return ClipErrors(pa_mpjpe_mm=scores.pa_mpjpe_mm, mpjpe_mm=scores.mpjpe_mm, knee_mae_deg=scores.knee_mae_deg)


def _group(clips: list[ClipScores], label: str, value: str) -> GroupScores:
    fitted = [clip.fitted for clip in clips if clip.fitted is not None]
    return GroupScores(
        label=label,
        value=value,
        clips=len(clips),
        model=_mean([clip.model for clip in clips]),
        fitted=_mean(fitted) if len(fitted) == len(clips) else None,
    )


def _mean(errors: list[ClipErrors]) -> ClipErrors:
    columns: Mapping[str, list[float]] = {
        name: [getattr(row, name) for row in errors] for name in ClipErrors.model_fields
    }
    return ClipErrors(**{name: fmean(values) for name, values in columns.items()})
