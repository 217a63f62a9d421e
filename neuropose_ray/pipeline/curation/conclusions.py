"""What follows from the numbers of a stream: people, flags, groups and idle intervals. Nothing is decoded for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from pydantic import Field

from neuropose_ray.curation import (
    FIRST_TIME,
    UNCHANGED,
    Artifact,
    CurationSettings,
    MetricRegistry,
    Presence,
    StageKey,
    complete_frames,
    flattened,
    presence_columns,
)
from neuropose_ray.errors import NeuroposeRayError, OutputError
from neuropose_ray.pipeline.assembly.video_metrics import read_metrics
from neuropose_ray.pipeline.curation.duplicates import StreamGroups
from neuropose_ray.pipeline.curation.staging import is_undamaged, stage_frames, stage_idle
from neuropose_ray.schemas.arrow_files import read_arrow
from neuropose_ray.schemas.frame_table import FRAMES_FILE, IDLE_FILE, read_frames, read_idle
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.result_files import METRICS_FILE, PREDICTIONS_FILE

if TYPE_CHECKING:
    import pyarrow as pa

CONCLUSIONS: Final = "conclusions"
#: Raised where the same numbers and thresholds give other flags, intervals or columns.
CONCLUSIONS_VERSION = 1

#: Settings that decide about other stages, or about none.
_OF_OTHER_STAGES = ("ingest.", "annotation.", "duplicates.", "batch_size", "blur.analysis_size")


class StreamCounts(FrozenModel):
    """What curation found in a stream."""

    frames: int
    flags: dict[str, int] = Field(description="frames with each flag, by its name")
    duplicate_groups: int = Field(description="groups of near-duplicates that have a frame in the stream")
    idle_intervals: int
    idle_s: float = Field(description="seconds of all idle intervals")


@dataclass(frozen=True, slots=True)
class ConclusionTask:
    """A stream whose columns may have to be made again.

    Attributes:
        stream: its name.
        numbers: the digest of the key of its numbers.
        groups: its frames that are in a group of near-duplicates.
        last: what its columns were made from, None where they were not made yet.
        artifacts: what is known of its two files.
    """

    stream: str
    numbers: str
    groups: StreamGroups
    last: StageKey | None
    artifacts: tuple[Artifact | None, ...]


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What became of a stream.

    Attributes:
        stream: its name.
        key: what its columns depend on.
        reason: why the columns were made, or why not.
        artifacts: the files that were made, which wait under other names; empty where nothing had to be made.
        counts: what was found; None where it failed.
        error: why it failed.
    """

    stream: str
    key: StageKey
    reason: str
    artifacts: tuple[Artifact, ...] = ()
    counts: StreamCounts | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Conclusions:
    """The stage, in any process that sees the run's folder."""

    out: Path
    settings: CurationSettings
    registry: MetricRegistry

    def __call__(self, task: ConclusionTask) -> Conclusion:
        """Make the columns of a stream, and its idle intervals, unless they are there.

        Raises:
            OutputError: no space or no permission.
        """
        key, folder = self._key(task), self.out / task.stream
        changes = (FIRST_TIME,) if task.last is None else key.changes_since(task.last)
        if not all(file is not None and is_undamaged(self.out, file) for file in task.artifacts):
            changes = changes or ("a file of it is gone or not what was written",)
        try:
            if not changes:
                table = read_arrow(folder / FRAMES_FILE, ["flags", "duplicate_group_id"])
                return Conclusion(task.stream, key, UNCHANGED, counts=_counts(table, read_idle(folder / IDLE_FILE)))
            table, header = read_frames(folder / FRAMES_FILE)
            groups = task.groups.of_frames(table.num_rows)
            presence = self._presence(folder, table)
            table, idle = complete_frames(table, self.registry, self.settings, groups, presence=presence)
            header = header.model_copy(
                update={"settings": self.settings.model_dump(mode="json", exclude={"batch_size"})}
            )
            files = stage_frames(self.out, task.stream, table, header), stage_idle(self.out, task.stream, idle)
        except OutputError:
            raise
        except NeuroposeRayError as error:
            return Conclusion(task.stream, key, "; ".join(changes), error=str(error))
        return Conclusion(task.stream, key, "; ".join(changes), files, _counts(table, idle))

    def _presence(self, folder: Path, table: pa.Table) -> Presence | None:
        try:
            predictions, header = read_predictions(folder / PREDICTIONS_FILE)
        except NeuroposeRayError:
            return None
        times_s = table["timestamp_s"].to_numpy()
        presence = presence_columns(predictions, times_s)
        unseen = np.isin(times_s, predictions.timestamps_s[header.metadata.is_skipped()])
        quality = np.where(unseen, np.nan, presence.pose_quality).astype(np.float32)
        return replace(presence, known=presence.known & ~unseen, pose_quality=quality)

    def _key(self, task: ConclusionTask) -> StageKey:
        settings = flattened(self.settings)
        metrics = read_metrics(self.out / task.stream / METRICS_FILE)
        parts = {
            **{name: value for name, value in settings.items() if not name.startswith(_OF_OTHER_STAGES)},
            "the numbers of the frames": task.numbers,
            "the predictions": "none" if metrics is None else metrics.predictions_sha256,
            "the groups of duplicates": task.groups.digest(),
            "the version of conclusions": str(CONCLUSIONS_VERSION),
        }
        return StageKey(CONCLUSIONS, parts)


def _counts(table: pa.Table, idle: pa.Table) -> StreamCounts:
    flags = Counter(flag for flags in table["flags"].to_pylist() for flag in flags)
    groups = {group for group in table["duplicate_group_id"].to_pylist() if group is not None}
    spans = zip(idle["start_s"].to_pylist(), idle["end_s"].to_pylist(), strict=True)
    return StreamCounts(
        frames=table.num_rows,
        flags=dict(sorted(flags.items())),
        duplicate_groups=len(groups),
        idle_intervals=idle.num_rows,
        idle_s=sum(end - start for start, end in spans),
    )
