"""Predictions in JSON: one video in a file (version 3), or the videos of a job.

Reading takes NeuroPose's versions 1 and 2 as well. What is written never holds a bare NaN: missing numbers are null.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from neuropose_ray.errors import FileFormatError, InputError, MissingFileError
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.json_text import parsed_json
from neuropose_ray.schemas.migrations import migrate_job_results, migrate_video_predictions
from neuropose_ray.schemas.result_files import video_name
from neuropose_ray.words import counted

if TYPE_CHECKING:
    from neuropose_ray.schemas.predictions import JobResults, VideoPredictions

Model = TypeVar("Model", bound=BaseModel)

#: What a number beyond the range of double precision looks like, such as 1e999, which Python reads as infinity.
_HUGE_NUMBER = re.compile(rb"[eE]\+?0*[1-9][0-9]{2}|[0-9]{309}")


def load_video_predictions(path: Path, *, video: str | None = None) -> VideoPredictions:
    """One video's predictions, of any version.

    Args:
        path: one video's file, or the results of a job.
        video: which one of a job's videos, by its name there; needed only where there are several.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it cannot be read, is not JSON, or holds no predictions.
        FutureSchemaError: a newer version wrote it.
        InputError: no such video, or several to choose from.
    """
    from neuropose_ray.schemas.predictions import VideoPredictions

    _, payload = video_in_payload(read_json(path), path, video)
    return validated(VideoPredictions, migrate_video_predictions(payload, str(path)), str(path))


def video_in_payload(payload: object, path: Path, video: str | None) -> tuple[str, object]:
    """A video's name and JSON value, out of one video's file or the results of a job.

    Args:
        payload: what the file holds, parsed.
        path: the file; one video's has the name of its folder there, else its own.
        video: which one of a job's videos; needed only where there are several.

    Raises:
        FileFormatError: the JSON is neither.
        InputError: no such video, or several to choose from.
    """
    if is_video_payload(payload):
        if video not in (None, path.stem, path.name):
            raise InputError(f"there is no video {video!r}", where=str(path), hint="it holds one video; leave it out")
        return video_name(path), payload
    if not isinstance(payload, dict) or not all(is_video_payload(value) for value in payload.values()):
        raise FileFormatError("holds no predictions", where=str(path), hint="is it another file of the results?")
    if not payload:
        raise FileFormatError("holds zero videos", where=str(path))
    if video is None and len(payload) == 1:
        video = next(iter(payload))
    if video is None or video not in payload:
        problem = f"holds {counted(len(payload), 'video')}" if video is None else f"there is no video {video!r}"
        raise InputError(problem, where=str(path), hint=f"choose one of: {', '.join(payload)}")
    return video, payload[video]


def is_video_payload(payload: object) -> bool:
    """Whether a parsed JSON value is one video's predictions, by its keys as NeuroPose tells them apart."""
    return isinstance(payload, dict) and {"metadata", "frames"} <= payload.keys()


def load_job_results(path: Path) -> JobResults:
    """A job's results, every video of any version.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it cannot be read, is not JSON, or not a job's results.
        FutureSchemaError: a newer version wrote it.
    """
    from neuropose_ray.schemas.predictions import JobResults

    payload = read_json(path)
    if is_video_payload(payload):
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


def save_model(path: Path, model: BaseModel, *, durable: bool = True) -> None:
    """Write any record as UTF-8 JSON, atomically.

    For ``durable`` see :func:`~neuropose_ray.schemas.atomic.atomic_path`.

    Raises:
        OutputError: the file system refuses.
    """
    atomic_write_bytes(path, model.model_dump_json().encode(), durable=durable)


def read_json(path: Path, *, as_written: bool = False) -> object:
    """A parsed JSON file.

    The bare NaN that NeuroPose writes for missing numbers, which is not JSON, becomes None, and so do infinities and
    numbers beyond the range of double precision.

    Args:
        path: the file.
        as_written: keep NaN and infinities as numbers, for a file that NeuroPose's tools are to read again: they
            refuse null.

    Raises:
        MissingFileError: there is no such file.
        FileFormatError: it cannot be read, or is not JSON.
    """
    try:
        content = path.read_bytes()
        if as_written:
            return parsed_json(content)
        # A function for each number makes parsing several times slower, and huge numbers are rare.
        parse_float = _finite_or_none if _HUGE_NUMBER.search(content) else None
        return parsed_json(content, parse_constant=lambda _: None, parse_float=parse_float)
    except FileNotFoundError as error:
        raise MissingFileError("there is no such file", where=str(path), hint="check the path") from error
    except OSError as error:
        raise FileFormatError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except ValueError as error:
        raise FileFormatError(f"not JSON: {error}", where=str(path), hint="the file may be cut off") from error


def _finite_or_none(number: str) -> float | None:
    value = float(number)
    return value if math.isfinite(value) else None


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
