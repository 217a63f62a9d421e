"""A data set as lines of JSON: a frame in each, with its side, its subject and its labels."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic_core import to_json

from neuropose_ray.formats.datasets.kinds import Split
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.labels import FrameLabels


def write_jsonl_dataset(path: Path, frames: Iterable[tuple[Split, str, FrameLabels]]) -> None:
    """Write the lines, atomically.

    Args:
        path: the file.
        frames: side, subject and labels of each.

    Raises:
        OutputError: the file system refuses.
    """
    with atomic_write(path) as file:
        for side, subject, frame in frames:
            file.write(to_json({"split": side.value, "subject": subject} | frame.model_dump()) + b"\n")
