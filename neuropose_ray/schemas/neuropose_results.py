"""Results that NeuroPose's own tools read: its version 2, field for field, written as a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.frame_names import frame_name
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.immutable import utf8_text
from neuropose_ray.schemas.pose_blocks import frame_blocks
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.provenance import NEUROPOSE_PROVENANCE_FIELDS

if TYPE_CHECKING:
    from neuropose_ray.schemas.segmentation import Segmentation

NEUROPOSE_VERSION = 2
_METADATA_FIELDS = {"frame_count", "fps", "width", "height"}

#: 0.1 micrometre and 0.0001 px: finer than float32 resolves at a few metres, in half the digits.
_DECIMALS = 4

#: Frames that are turned into text at a time: as lists, numbers take eight times the memory that they take in arrays.
_BLOCK_FRAMES = 512


def save_neuropose_results(
    path: Path, videos: Iterable[tuple[str, PoseTable, PredictionsHeader]], *, durable: bool = True
) -> int:
    """Write a job's results in NeuroPose's version 2, atomically, one video after the other.

    The format has no place for a missing number, and a made-up one would enter every analysis: a person with
    a number in the box, poses3d or poses2d that is not finite is left out of that frame, which for NeuroPose's
    tools is a missed detection. Tracks, scores, times, skeleton and fitted poses have no place either.
    Numbers are rounded to 4 decimals. One line per frame.

    Args:
        path: the file.
        videos: per video its name, its predictions, and their header; taken one at a time.
        durable: see :func:`~neuropose_ray.schemas.atomic.atomic_path`.

    Returns:
        How many persons, summed over the frames, were left out.

    Raises:
        OutputError: the file system refuses.
        ValueError: a video's name came twice, or a table has not the number of frames that its header states.
    """
    left_out = 0
    names: set[str] = set()
    with atomic_write(path, durable=durable) as file:
        file.write(b"{")
        for name, table, header in videos:
            if name in names:
                raise ValueError(f"two videos are named {name!r}")
            if table.frame_count != header.metadata.frame_count:
                raise ValueError(
                    f"{name!r} has {table.frame_count} frames, its header says {header.metadata.frame_count}"
                )
            file.write(b"%s\n%s:" % (b"," if names else b"", to_json(utf8_text(name))))
            names.add(name)
            left_out += _write_video(file, table, header, {}, decimals=_DECIMALS)
        file.write(b"\n}\n")
    return left_out


def save_neuropose_video(
    path: Path,
    table: PoseTable,
    header: PredictionsHeader,
    segmentations: Mapping[str, Segmentation] | None = None,
    *,
    job_video: str | None = None,
) -> int:
    """Write one video in NeuroPose's version 2, atomically: what its ``process`` writes and its ``analyze`` reads.

    As in :func:`save_neuropose_results`, whose files are smaller, but with every digit of the numbers.

    Args:
        path: the file.
        table: the video's poses.
        header: of the video.
        segmentations: by name; those that NeuroPose's files cannot hold are left out.
        job_video: write the results of a job with this video alone, under this name.

    Returns:
        How many persons, summed over the frames, were left out.

    Raises:
        OutputError: the file system refuses.
    """
    with atomic_write(path) as file:
        if job_video is not None:
            file.write(b"{%s:" % to_json(utf8_text(job_video)))
        left_out = _write_video(file, table, header, segmentations or {}, decimals=None)
        file.write(b"\n" if job_video is None else b"}\n")
    return left_out


def _write_video(
    file: BinaryIO,
    table: PoseTable,
    header: PredictionsHeader,
    segmentations: Mapping[str, Segmentation],
    *,
    decimals: int | None,
) -> int:
    metadata = header.metadata.model_dump(include=_METADATA_FIELDS)
    provenance = header.provenance and header.provenance.model_dump(
        mode="json", include=set(NEUROPOSE_PROVENANCE_FIELDS)
    )
    left_out = 0
    file.write(b'{"schema_version":%d,"metadata":%s,"frames":{' % (NEUROPOSE_VERSION, to_json(metadata)))
    for first, block in frame_blocks(table, _BLOCK_FRAMES):
        finite = _finite_rows(block.poses)
        left_out += int(np.count_nonzero(~finite))
        file.write(b"," if first else b"")
        file.write(b",".join(_frame_texts(block.poses.take(finite), first, block.frame_count, decimals)))
    file.write(b'},"segmentations":%s,"provenance":%s}' % (to_json(_held(segmentations)), to_json(provenance)))
    return left_out


def _held(segmentations: Mapping[str, Segmentation]) -> dict[str, object]:
    """Those that NeuroPose's files can hold."""
    if not segmentations:  # as in a run, which loads nothing of them
        return {}
    from neuropose_ray.schemas.segmentation_files import fits_neuropose

    return {
        name: segmentation.model_dump(mode="json")
        for name, segmentation in segmentations.items()
        if fits_neuropose(segmentation)
    }


def _finite_rows(poses: Poses) -> NDArray[np.bool_]:
    finite = np.ones(len(poses), np.bool_)
    for values in (poses.boxes, poses.poses3d, poses.poses2d):
        finite &= np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
    return finite


def _frame_texts(poses: Poses, first: int, frames: int, decimals: int | None) -> Iterator[bytes]:
    """``"frame_000000": {...}`` of every frame of a block that starts with frame ``first`` of the video."""
    starts = np.searchsorted(poses.frame, np.arange(frames + 1)).tolist()
    boxes, poses3d, poses2d = (_numbers(values, decimals) for values in (poses.boxes, poses.poses3d, poses.poses2d))
    for index, (start, stop) in enumerate(pairwise(starts), start=first):
        persons = {"boxes": boxes[start:stop], "poses3d": poses3d[start:stop], "poses2d": poses2d[start:stop]}
        yield b'\n"%s":%s' % (frame_name(index).encode(), to_json(persons))


def _numbers(values: NDArray[np.float32], decimals: int | None) -> list[object]:
    exact = values.astype(np.float64)
    numbers: list[object] = (exact if decimals is None else np.round(exact, decimals)).tolist()
    return numbers
