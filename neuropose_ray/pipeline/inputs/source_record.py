"""Whose a video's folder is: which video its results are made from, and where that lies.

The record is written when a run takes a folder for a video, before anything is computed. It names the video by the
digest of its content, so that another video never takes the folder, and says where it lies, absolutely and as seen
from the folder, so that it is found again from other working folders and after both were moved together.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePath
from urllib.parse import quote, unquote_to_bytes, urlsplit

from pydantic import ValidationError

from neuropose_ray.errors import InputNotFoundError, NeuroposeRayError, VideoError
from neuropose_ray.pipeline.assembly.video_metrics import read_metrics
from neuropose_ray.pipeline.inputs.naming import DIGEST_MARK, base_name
from neuropose_ray.pipeline.inputs.signature import signature_of
from neuropose_ray.pipeline.state.run_layout import CHUNKS_FOLDER, FORMER_PLAN_FILE, PLAN_FILE, SOURCE_FILE
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenModel, Utf8Str
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.result_files import METRICS_FILE, PREDICTIONS_FILE
from neuropose_ray.video import VideoSource, content_sha256, open_source

#: Who a folder belongs to where that cannot be told, or nothing of a run is in it.
STRANGER = "stranger"

_PLANS = "|".join(map(re.escape, (PLAN_FILE, FORMER_PLAN_FILE)))
_CHUNK_FILE = re.compile(rf"[0-9a-f]{{32}}\.(parquet|json|attempts)|{_PLANS}|\..*\.tmp")


class SourceRecord(FrozenModel):
    """``.source.json``.

    Attributes:
        path: of the video, for people; absolute.
        uri: the same, every byte of it.
        relative: the path as seen from the record's folder, as a URI reference.
        sha256: of the video's content.
        signature: of the video, as of :func:`~neuropose_ray.pipeline.inputs.signature.signature_of`.
        image_fps: the time base that numbered images were given.
    """

    path: Utf8Str
    uri: str
    relative: str
    sha256: str
    signature: str
    image_fps: float | None = None


def uri_of(path: str | Path) -> str:
    """A path with all links resolved, as a URI, which holds also those bytes of it that are no text."""
    return PurePath(os.path.realpath(path)).as_uri()


def path_of(uri: str) -> Path:
    """The path that a URI of :func:`uri_of` names."""
    return Path(os.fsdecode(unquote_to_bytes(urlsplit(uri).path)))


def write_source(folder: Path, source: VideoSource, *, sha256: str, signature: str) -> None:
    """Say that a folder is this video's, unless it says so.

    Before the first result in it the record need not outlive a power cut: the folder is free then.

    Raises:
        OutputError: no space or no permission.
    """
    real_path = os.path.realpath(source.path)
    record = SourceRecord(
        path=real_path,
        uri=PurePath(real_path).as_uri(),
        relative=quote(os.fsencode(os.path.relpath(real_path, os.path.realpath(folder)))),
        sha256=sha256,
        signature=signature,
        image_fps=source.fps,
    )
    if read_source(folder) != record:
        atomic_write_bytes(folder / SOURCE_FILE, record.model_dump_json().encode(), durable=False)


def read_source(folder: Path) -> SourceRecord | None:
    """What a folder says of its video; None where it says nothing, or the record is damaged."""
    try:
        return SourceRecord.model_validate_json((folder / SOURCE_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def owner_of(folder: Path, uri: str) -> str | None:
    """Digest of the video that a folder is for; None where it is free.

    A folder without results is free for the video at the path for which it was taken, whatever that holds by now.

    Args:
        folder: which may not be there.
        uri: of the video that asks.
    """
    try:
        names = {path.name for path in folder.iterdir()}
    except FileNotFoundError:
        return None
    except OSError:
        return STRANGER
    results = {name for name in names if not name.startswith(".")} - {CHUNKS_FOLDER}
    if record := read_source(folder):
        return record.sha256 if results or record.uri != uri else None
    if not results and _holds_chunks_alone(folder / CHUNKS_FOLDER):
        return None
    return _sha256_in_results(folder) or STRANGER


def own_name(out: Path, name: str, uri: str, sha256: str) -> str:
    """A video's name, or that with digits of its digest where a folder of the name is another one's.

    Args:
        out: the run's output.
        name: that it would have.
        uri: of the video.
        sha256: of its content.

    Raises:
        VideoError: folders of all such names are others'.
    """
    base = base_name(name)
    names = (base, *(f"{base}{DIGEST_MARK}{sha256[:digits]}" for digits in (8, 16, 32, 64)))
    for candidate in names:
        if owner_of(out / candidate, uri) in (None, sha256):
            return candidate
    raise VideoError(f"folders of all names like {base} hold something else", where=str(path_of(uri)))


def _holds_chunks_alone(folder: Path) -> bool:
    """Whether nothing is in a folder of chunks, which need not be there, but what runs put into it."""
    try:
        return all(_CHUNK_FILE.fullmatch(path.name) for path in folder.iterdir())
    except FileNotFoundError:
        return True
    except OSError:
        return False


def find_video(folder: Path) -> VideoSource:
    """The video that a folder's results are made from, where it was or moved along with the folder.

    Raises:
        InputNotFoundError: nobody knows where it is, or another file lies there now.
    """
    hint = "say where it is with --video"
    record = read_source(folder)
    if record is None:
        raise InputNotFoundError("nothing says from which video it was made", where=str(folder), hint=hint)
    for path in _paths(record, folder):
        try:
            source = open_source(path, fps=record.image_fps)
            if signature_of(path).text == record.signature or content_sha256(source) == record.sha256:
                return source
        except NeuroposeRayError:
            continue
    raise InputNotFoundError(f"its video is no longer at {record.path}", where=str(folder), hint=hint)


def video_at(path: Path, folder: Path, *, fps: float | None = None) -> VideoSource:
    """The video that a user says a folder's results are made from, with the time base that its images had then.

    Args:
        path: where the user says it lies.
        folder: of the results.
        fps: frames per second of numbered images; None for those of the folder's record.

    Raises:
        InputNotFoundError: there is nothing at ``path``.
        VideoError: there is no video at ``path``.
        SettingsError: ``fps`` is not a positive number.
    """
    record = read_source(folder)
    return open_source(path, fps=fps or (record.image_fps if record else None))


def _paths(record: SourceRecord, folder: Path) -> Iterator[Path]:
    yield path_of(record.uri)
    yield Path(os.path.realpath(folder)) / os.fsdecode(unquote_to_bytes(record.relative))


def _sha256_in_results(folder: Path) -> str | None:
    """What results of a version say that wrote no record."""
    metrics = read_metrics(folder / METRICS_FILE)
    if metrics is not None and metrics.provenance is not None:
        return metrics.provenance.video_sha256
    try:
        _, header = read_predictions(folder / PREDICTIONS_FILE)
    except NeuroposeRayError:
        return None
    return header.provenance.video_sha256 if header.provenance is not None else None
