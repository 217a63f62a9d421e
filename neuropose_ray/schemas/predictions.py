"""Predictions as records, for files that people and other tools read; arrays are in :mod:`.poses`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from neuropose_ray.errors import InputError
from neuropose_ray.schemas.frame_names import frame_name
from neuropose_ray.schemas.header import PredictionsHeader, VideoDescription
from neuropose_ray.schemas.immutable import FiniteFloat, FrozenMapping, FrozenModel, StrictInt, Utf8Str
from neuropose_ray.schemas.migrations import migrate_video_predictions
from neuropose_ray.schemas.notebook import (
    person_to_numpy,
    plot_person,
    summary_html,
    summary_rows,
    summary_text,
    table_to_pandas,
)
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.segmentation import Segmentation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Videos of a job's results that are printed.
_SUMMARISED = 10

#: A measured number, None where it is missing (NaN in arrays, null in JSON).
Measured = FiniteFloat | None
Box = tuple[Measured, Measured, Measured, Measured, Measured]
Pose2d = tuple[tuple[Measured, Measured], ...]
Pose3d = tuple[tuple[Measured, Measured, Measured], ...]
JointScores = tuple[Measured, ...]


class FramePrediction(FrozenModel):
    """The people in one frame; all tuples have one entry per person, in the same order.

    Boxes, poses3d and poses2d are NeuroPose's fields, the others are null in predictions that NeuroPose wrote.
    """

    boxes: tuple[Box, ...] = Field(description="left, top, width, height in px, score in 0..1")
    poses3d: tuple[Pose3d, ...] = Field(description="person, joint, x y z in mm, as the pose model gave them")
    poses2d: tuple[Pose2d, ...] = Field(description="person, joint, x y in px of the upright frame")

    timestamp_s: FiniteFloat | None = Field(default=None, description="presentation time in s")
    track_ids: tuple[StrictInt, ...] | None = Field(default=None, description="null before tracking")
    joint_scores: tuple[JointScores | None, ...] | None = Field(default=None, description="person, joint, in 0..1")
    poses3d_fitted: tuple[Pose3d | None, ...] | None = Field(default=None, description="null where not fitted")

    @model_validator(mode="after")
    def _one_entry_per_person(self) -> FramePrediction:
        persons = len(self.boxes)
        for name in ("poses3d", "poses2d", "track_ids", "joint_scores", "poses3d_fitted"):
            entries = getattr(self, name)
            if entries is not None and len(entries) != persons:
                raise ValueError(f"{persons} boxes but {len(entries)} {name}: one entry per person is needed")
        return self

    def __len__(self) -> int:
        """How many people the frame shows."""
        return len(self.boxes)


class VideoPredictions(VideoDescription):
    """All predictions of one video; a read-only mapping of frame names to frames."""

    frames: FrozenMapping[str, FramePrediction]
    segmentations: FrozenMapping[str, Segmentation] = Field(default={}, validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _of_older_versions(cls, given: object) -> object:
        """NeuroPose's versions name no skeleton: its scripts make predictions of frames and metadata alone."""
        if not isinstance(given, dict) or "skeleton" in given or not {"metadata", "frames"} <= given.keys():
            return given
        frames = given["frames"]
        if isinstance(frames, Mapping):
            frames = {name: _as_plain(frame) for name, frame in frames.items()}
        plain = {**given, "metadata": _as_plain(given["metadata"]), "frames": frames}
        return migrate_video_predictions(plain, "predictions")

    @model_validator(mode="after")
    def _consistent(self) -> VideoPredictions:
        if self.metadata.frame_count != len(self.frames):
            raise ValueError(f"frame_count is {self.metadata.frame_count}, but there are {len(self.frames)} frames")
        for index, (name, frame) in enumerate(self.frames.items()):
            if name != frame_name(index):
                raise ValueError(f"frame {index} is named {name!r} instead of {frame_name(index)!r}")
            _require_joints(name, frame, len(self.skeleton))
        for field in ("track_ids", "joint_scores", "poses3d_fitted"):
            given = {getattr(frame, field) is not None for frame in self.frames.values() if len(frame)}
            if len(given) > 1:
                raise ValueError(f"some frames have {field} and some have none")
        return self

    @classmethod
    def from_table(
        cls, table: PoseTable, header: PredictionsHeader, segmentations: Mapping[str, Segmentation] | None = None
    ) -> VideoPredictions:
        """Records of arrays. NaN and infinity become None.

        Raises:
            pydantic.ValidationError: the table does not fit the header's skeleton or frame count.
        """
        starts = np.searchsorted(table.poses.frame, np.arange(table.frame_count + 1)).tolist()
        columns = {
            "boxes": _nested(table.poses.boxes),
            "poses3d": _nested(table.poses.poses3d),
            "poses2d": _nested(table.poses.poses2d),
            "joint_scores": _nested_or_none(table.poses.joint_scores),
        }
        if table.track_ids is not None:
            columns["track_ids"] = table.track_ids.tolist()
        if table.poses3d_fitted is not None:
            columns["poses3d_fitted"] = _nested_or_none(table.poses3d_fitted)
        frames = {
            frame_name(index): {
                "timestamp_s": timestamp,
                **{name: column[starts[index] : starts[index + 1]] for name, column in columns.items()},
            }
            for index, timestamp in enumerate(_nested(table.timestamps_s))
        }
        return cls(frames=frames, segmentations=segmentations or {}, **_description(header))

    def to_table(self) -> PoseTable:
        """Arrays of these records. None becomes NaN, also the time of frames that have none."""
        frames, joints = tuple(self.frames.values()), len(self.skeleton)
        persons = np.array([len(frame) for frame in frames], np.int64)
        boxes, poses2d, poses3d = (
            list(chain.from_iterable(getattr(frame, name) for frame in frames))
            for name in ("boxes", "poses2d", "poses3d")
        )
        scores = _all_or_none(frames, "joint_scores")
        if scores is None:
            scores = [None] * len(boxes)
        tracks, fitted = _all_or_none(frames, "track_ids"), _all_or_none(frames, "poses3d_fitted")
        poses = Poses(
            frame=np.repeat(np.arange(len(frames)), persons),
            boxes=_array(boxes, (5,)),
            poses2d=_array(poses2d, (joints, 2)),
            poses3d=_array(poses3d, (joints, 3)),
            joint_scores=_array(scores, (joints,)),
        )
        return PoseTable(
            timestamps_s=np.array([frame.timestamp_s for frame in frames], np.float64),
            poses=poses,
            track_ids=None if tracks is None else np.array(tracks, np.int32),
            poses3d_fitted=None if fitted is None else _array(fitted, (joints, 3)),
        )

    def to_pandas(self) -> pd.DataFrame:
        """A data frame with a row for each frame, person and joint, in that order.

        Columns: ``frame_index``, ``timestamp_s``, ``person`` (position in the frame), ``track_id`` (where people were
        followed), ``joint`` (categories in the skeleton's order), ``x_px``, ``y_px``, ``x_mm``, ``y_mm``, ``z_mm``
        (the pose model's, camera axes: x right, y down, z forward), ``score``, and, where poses were fitted,
        ``x_fitted_mm``, ``y_fitted_mm``, ``z_fitted_mm``: the names of the exported CSV. What is missing is NaN;
        frames that show nobody have no row.
        """
        return table_to_pandas(self.to_table(), self.skeleton)

    def to_numpy(self, person: int | None = None, *, fitted: bool = True) -> NDArray[np.float64]:
        """One person's joints in space.

        Args:
            person: a track id; without tracks the position in each frame. None: who is seen in most frames.
            fitted: take the fitted joints where there are some, else what the pose model said.

        Returns:
            ``(frames, joints, 3)`` mm, camera axes (x right, y down, z forward), NaN where missing.

        Raises:
            InputError: there is no such person.
        """
        return person_to_numpy(self.to_table(), person, fitted=fitted)

    def plot(self, person: int | None = None, frame: int | None = None) -> Figure:
        """A figure of one person, for a look: hips, knees, ankles and wrists over time, or one frame's skeleton.

        Left is blue, right is orange; heights grow upwards. What is missing is left out.

        Args:
            person: as for :meth:`to_numpy`.
            frame: the position of the frame whose skeleton is drawn; None for the trajectories.

        Raises:
            InputError: there is no such person or frame.
        """
        if frame is not None and not 0 <= frame < len(self):
            raise InputError(f"there is no frame {frame}", hint=f"there are {len(self)}, from 0")
        times_s = np.array([prediction.timestamp_s for prediction in self.frames.values()], np.float64)
        title = self.metadata.filename or self.skeleton.name
        return plot_person(self.to_numpy(person), self.skeleton, times_s, frame, title)

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return summary_html(self._summary())

    def __str__(self) -> str:
        """Return a summary of a few lines; the numbers are millions of characters."""
        return summary_text(self._summary())

    def __repr_args__(self) -> Iterator[tuple[str, object]]:
        """Yield what tells these predictions from others, for error messages, debuggers and rich."""
        yield "filename", self.metadata.filename
        yield "frames", len(self)
        yield "skeleton", self.skeleton.name

    def _summary(self) -> dict[str, str]:
        rows = summary_rows(self, self.to_table())
        return rows | ({"segments": ", ".join(self.segmentations)} if self.segmentations else {})

    @property
    def header(self) -> PredictionsHeader:
        """All but the frames and segmentations."""
        return PredictionsHeader(**_description(self))

    def frame_names(self) -> list[str]:
        """The keys of the frames in their order."""
        return list(self.frames)

    def __len__(self) -> int:
        return len(self.frames)

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]  # names, as NeuroPose has it, not fields
        return iter(self.frames)

    def __getitem__(self, name: str) -> FramePrediction:
        return self.frames[name]


class JobResults(RootModel[FrozenMapping[Utf8Str, VideoPredictions]]):
    """The predictions of several videos by the videos' names, in the order in which they were given."""

    model_config = ConfigDict(frozen=True)

    def videos(self) -> list[str]:
        """The names of the videos in their order."""
        return list(self.root)

    def __len__(self) -> int:
        return len(self.root)

    def __iter__(self) -> Iterator[str]:  # type: ignore[override]  # names, as NeuroPose has it, not fields
        return iter(self.root)

    def __getitem__(self, name: str) -> VideoPredictions:
        return self.root[name]

    def __str__(self) -> str:
        """Return the summaries of the first videos under their names, and how many more there are."""
        parts = [f"{name}\n{predictions}" for name, predictions in islice(self.root.items(), _SUMMARISED)]
        more = len(self) - len(parts)
        return "\n\n".join([*parts, *([f"and {more} more"] if more else [])]) or "no videos"

    def __repr_args__(self) -> Iterator[tuple[str, object]]:
        """Yield the names of the videos."""
        yield "videos", self.videos()


def _require_joints(name: str, frame: FramePrediction, joints: int) -> None:
    for field in ("poses3d", "poses2d", "joint_scores", "poses3d_fitted"):
        for person, pose in enumerate(getattr(frame, field) or ()):
            if pose is not None and len(pose) != joints:
                raise ValueError(f"{name}: {field} of person {person} has {len(pose)} joints, the skeleton {joints}")


def _as_plain(value: object) -> object:
    return value.model_dump(mode="json", exclude_none=True) if isinstance(value, BaseModel) else value


def _description(source: VideoDescription) -> dict[str, object]:
    return {name: getattr(source, name) for name in VideoDescription.model_fields}


def _nested(values: NDArray[np.floating]) -> list[Any]:
    """Nested lists of an array, None for what is not finite."""
    finite = np.isfinite(values)
    entries: NDArray[Any] = values
    if not finite.all():
        entries = values.astype(object)
        entries[~finite] = None
    nested: list[Any] = entries.tolist()
    return nested


def _nested_or_none(values: NDArray[np.floating]) -> list[Any]:
    """Nested lists of the rows of an array, None for rows without a finite number."""
    known = np.isfinite(values).any(axis=tuple(range(1, values.ndim)))
    return [row if is_known else None for row, is_known in zip(_nested(values), known.tolist(), strict=True)]


def _all_or_none(frames: Sequence[FramePrediction], field: str) -> list[Any] | None:
    """One list over all frames' persons, None if no frame has the field."""
    given = [getattr(frame, field) for frame in frames]
    if all(entries is None for entries in given):
        return None
    return list(chain.from_iterable(entries or () for entries in given))


def _array(rows: Sequence[Any], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """float32 ``(rows, *shape)``, NaN for None, for the whole row where it is None, and beyond float32's range."""
    missing = np.full(shape, np.nan).tolist() if None in rows else None
    filled = [missing if row is None else row for row in rows]
    with np.errstate(over="ignore"):
        values = np.array(filled, np.float32).reshape(-1, *shape)
    values[np.isinf(values)] = np.nan
    return values
