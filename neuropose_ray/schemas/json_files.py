"""Predictions in JSON: one video in a file (version 3), or the videos of a job.

Reading takes NeuroPose's versions 1 and 2 as well. What is written never holds a bare NaN: missing numbers are null.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.migrations import migrate_job_results, migrate_video_predictions
from neuropose_ray.schemas.predictions import JobResults, VideoPredictions

Model = TypeVar("Model", bound=BaseModel)


def load_video_predictions(path: Path) -> VideoPredictions:
    """One video's predictions, of any version.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it cannot be read, is not JSON, or not one video's predictions.
        FutureSchemaError: a newer version wrote it.
    """
    payload = _parse(path)
    if isinstance(payload, dict) and payload and all(_looks_like_a_video(value) for value in payload.values()):
        raise FileFormatError(
            f"holds the results of a job ({len(payload)} videos), one video's predictions are needed",
            where=str(path),
            hint="take them out of the job's results by the video's name",
        )
    return validated(VideoPredictions, migrate_video_predictions(payload, str(path)), str(path))


def load_job_results(path: Path) -> JobResults:
    """A job's results, every video of any version.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it cannot be read, is not JSON, or not a job's results.
        FutureSchemaError: a newer version wrote it.
    """
    payload = _parse(path)
    if _looks_like_a_video(payload):
        raise FileFormatError(
            "holds one video's predictions, a job's results are needed",
            where=str(path),
            hint="load it as one video's predictions",
        )
    return validated(JobResults, migrate_job_results(payload, str(path)), str(path))


def save_video_predictions(path: Path, predictions: VideoPredictions) -> None:
    """Write one video's predictions, atomically.

    Raises:
        OutputError: the file system refuses.
    """
    save_model(path, predictions)


def save_job_results(path: Path, results: JobResults) -> None:
    """Write a job's results in the present version, atomically.

    NeuroPose's tools read the form of :mod:`neuropose_ray.schemas.neuropose_results` instead.

    Raises:
        OutputError: the file system refuses.
    """
    save_model(path, results)


def save_model(path: Path, model: BaseModel) -> None:
    """Write any record as UTF-8 JSON, atomically.

    Raises:
        OutputError: the file system refuses.
    """
    atomic_write_bytes(path, model.model_dump_json().encode())


def validated(kind: type[Model], payload: object, where: str) -> Model:
    """A record of a parsed JSON value.

    Raises:
        FileFormatError: the value is not such a record; the line names the first field that is wrong.
    """
    try:
        return kind.model_validate(payload)
    except ValidationError as error:
        first, *others = error.errors(include_url=False, include_context=False, include_input=False)
        field = ".".join(str(part) for part in first["loc"])
        more = f" (and {len(others)} more)" if others else ""
        problem = first["msg"].removeprefix("Value error, ")
        what = f"{field}: {problem}" if field else problem
        raise FileFormatError(f"not a valid {kind.__name__}: {what}{more}", where=where) from error


def _parse(path: Path) -> object:
    try:
        # NeuroPose writes missing numbers as bare NaN, which is not JSON but what Python's parser reads.
        return json.loads(path.read_bytes(), parse_constant=lambda _: None)
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path)) from error
    except OSError as error:
        raise FileFormatError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"not JSON: {error}", where=str(path), hint="the file may be cut off") from error


def _looks_like_a_video(payload: object) -> bool:
    return isinstance(payload, dict) and {"metadata", "frames"} <= payload.keys()
