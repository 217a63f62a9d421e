"""Near-duplicates over all streams of a run: one bounded task, of hashes and thumbnails alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from neuropose_ray.curation import Duplicates, DuplicateSettings, StageKey, find_duplicates, hashes_of
from neuropose_ray.pipeline.state.run_layout import STATE_FOLDER
from neuropose_ray.schemas.arrow_files import read_arrow, write_arrow
from neuropose_ray.schemas.frame_table import FRAMES_FILE
from neuropose_ray.schemas.typed_columns import arrow_column

DUPLICATES: Final = "duplicates"
#: Raised where the same hashes and thumbnails give other groups or correlations.
DUPLICATES_VERSION = 2
#: Where the groups of a run are, relative to its folder.
DUPLICATES_FILE = f"{STATE_FOLDER}/" + "duplicates.parquet"

_COLUMNS = ["blur", "phash", "thumb"]


@dataclass(frozen=True, slots=True)
class DuplicateFinder:
    """The task, in any process that sees the run's folder."""

    out: Path
    settings: DuplicateSettings

    def __call__(self, streams: Sequence[str], path: Path) -> int:
        """Write the frames of all streams that are in a group, and say how many groups there are.

        Args:
            streams: their names; of equally sharp frames that of the earlier stream leads.
            path: of the file to write.

        Raises:
            InputNotFoundError: a table is gone.
            FileFormatError: a table is damaged, or has no hashes.
            OutputError: no space or no permission.
        """
        import pyarrow as pa

        tables = [read_arrow(self.out / name / FRAMES_FILE, _COLUMNS) for name in streams]
        counts = [table.num_rows for table in tables]
        hashes = hashes_of(tables)
        groups = find_duplicates(hashes.hashes, hashes.sharpness, hashes.valid, hashes.thumbnails, self.settings)
        rows = np.flatnonzero(groups.representative >= 0)
        owner = np.repeat(np.arange(len(streams)), counts)[rows].tolist()
        frames = np.concatenate([np.zeros(0, np.int64), *(np.arange(count) for count in counts)])[rows]
        leads = groups.leads()[rows]
        table = pa.table(
            {
                "stream": arrow_column([streams[index] for index in owner], "string"),
                "frame_idx": arrow_column(frames.tolist(), "int64"),
                "duplicate_group_id": arrow_column([groups.group_ids[row] for row in rows.tolist()], "string"),
                "duplicate_confidence": arrow_column(groups.confidence[rows].tolist(), "float32"),
                "representative": arrow_column(leads.tolist(), "bool"),
            }
        )
        write_arrow(path, table)
        return int(leads.sum())


def duplicates_key(settings: DuplicateSettings, numbers: Mapping[str, str]) -> StageKey:
    """What the groups of a run depend on.

    Args:
        settings: the threshold.
        numbers: the digest of the key of each stream's numbers, by the stream's name.
    """
    streams = "\n".join(f"{name} {key}" for name, key in sorted(numbers.items()))
    parts = {
        "duplicates.hamming_threshold": str(settings.hamming_threshold),
        "the numbers of the streams": hashlib.sha256(streams.encode("utf-8", "surrogateescape")).hexdigest(),
        "the number of streams": str(len(numbers)),
        "the version of duplicates": str(DUPLICATES_VERSION),
    }
    return StageKey(DUPLICATES, parts)


@dataclass(frozen=True, slots=True)
class StreamGroups:
    """The frames of one stream that are in a group of near-duplicates: for each its position, group, and standing."""

    rows: tuple[tuple[int, str, float, bool], ...] = ()

    def digest(self) -> str:
        """SHA-256 of all that, hexadecimal."""
        return hashlib.sha256(repr(self.rows).encode()).hexdigest()

    def of_frames(self, count: int) -> Duplicates:
        """The groups of all ``count`` frames of the stream; a representative elsewhere is ``count``."""
        group_ids: list[str | None] = [None] * count
        representative = np.full(count, -1, np.int64)
        confidence = np.full(count, np.nan, np.float32)
        for frame, group_id, correlation, leads in self.rows:
            group_ids[frame], confidence[frame] = group_id, correlation
            representative[frame] = frame if leads else count
        return Duplicates(tuple(group_ids), representative, confidence)


def groups_of_streams(path: Path) -> dict[str, StreamGroups]:
    """The groups in a file of :class:`DuplicateFinder`, by stream.

    Raises:
        InputNotFoundError: there is none.
        FileFormatError: it is damaged.
    """
    table = read_arrow(path)
    rows: dict[str, list[tuple[int, str, float, bool]]] = {}
    columns = (table[name].to_pylist() for name in table.column_names)
    for stream, frame, group_id, confidence, leads in zip(*columns, strict=True):
        rows.setdefault(stream, []).append((frame, group_id, confidence, leads))
    return {stream: StreamGroups(tuple(members)) for stream, members in rows.items()}
