"""The frames of a run that a data set is made of, and their labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError, InputNotFoundError
from neuropose_ray.formats.datasets.kinds import DatasetSettings
from neuropose_ray.formats.keypoints import (
    COCO_KEYPOINTS,
    positions_of_keypoints,
    require_keypoints,
    scores_of_keypoints,
)
from neuropose_ray.schemas.frame_names import frame_name
from neuropose_ray.schemas.frame_table import FRAMES_FILE, FrameFlag, read_frames
from neuropose_ray.schemas.frame_times import matching_frames
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.labels import LABELS_FILE, FrameLabels, PersonLabel, read_labels
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.reading import read_table
from neuropose_ray.schemas.result_files import PREDICTIONS_FILE, SECOND_PASS_FILE, video_folders

#: Digits behind the point of pixels in labels: a hundredth of what has to be kept.
_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """One frame of a video, before its labels are made.

    Attributes:
        index: its position in the video.
        row: its position in the predictions, -1 where there are none.
        timestamp_s: its presentation time.
        file_name: the video's name and the picture's own, or the one that an extracted frame is given.
        flags: what is wrong with it.
        group: of near-duplicates; None where it is like no other.
    """

    index: int
    row: int
    timestamp_s: float
    file_name: str
    flags: tuple[FrameFlag, ...] = ()
    group: str | None = None


@dataclass(frozen=True, slots=True)
class SourceVideo:
    """The frames of one video, and where their labels come from.

    Attributes:
        name: of its folder in the run.
        subject: who is in it.
        frames: those that the data set has.
        excluded: those that are left out for their flags.
        table: predictions.
        header: their description.
        reviewed: labels that a person corrected, by frame; they stand in place of predictions.
        second: poses that a larger model found in some of the frames; they stand in place of the others.
    """

    name: str
    subject: str
    frames: tuple[SourceFrame, ...]
    excluded: tuple[SourceFrame, ...]
    table: PoseTable
    header: PredictionsHeader
    reviewed: dict[int, FrameLabels]
    second: tuple[PoseTable, PredictionsHeader] | None = None

    def labels(self, frames: Sequence[SourceFrame], settings: DatasetSettings) -> Iterator[FrameLabels]:
        """The labels of some of the frames, one at a time, in their order."""
        first_pass = _Poses.of(self.table, self.header)
        second_pass = None if self.second is None else _Poses.of(*self.second)
        for frame in frames:
            if corrected := self.reviewed.get(frame.index):
                yield corrected.model_copy(update={"file_name": frame.file_name})
                continue
            persons = None if second_pass is None else second_pass.persons(second_pass.row_at(frame), settings)
            if persons is None:
                persons = first_pass.persons(frame.row, settings) or ()
            yield FrameLabels(
                video=self.name, frame_idx=frame.index, timestamp_s=frame.timestamp_s, file_name=frame.file_name,
                width=self.header.metadata.width, height=self.header.metadata.height, persons=persons,
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Poses:
    """Predictions, with the first row of each of their frames."""

    table: PoseTable
    header: PredictionsHeader
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, table: PoseTable, header: PredictionsHeader) -> _Poses:
        return cls(table, header, np.searchsorted(table.poses.frame, np.arange(table.frame_count + 1)))

    def row_at(self, frame: SourceFrame) -> int:
        return int(matching_frames(np.array([frame.timestamp_s]), self.table.timestamps_s)[0])

    def persons(self, row: int, settings: DatasetSettings) -> tuple[PersonLabel, ...] | None:
        """The people in the frame at a position, None where there is no such frame."""
        if row < 0:
            return None
        rows = slice(int(self.starts[row]), int(self.starts[row + 1]))
        return tuple(_persons(self.table, self.header, rows, settings))


def source_videos(run: Path, settings: DatasetSettings) -> list[SourceVideo]:
    """The videos of a run, or the one video whose folder is given.

    Args:
        run: the output folder of a run or of a job, or a video's folder in it.
        settings: which frames are left out.

    Raises:
        InputError: there are no predictions, a file is damaged, or the joints have none of COCO's keypoints.
    """
    folders = [run] if (run / PREDICTIONS_FILE).is_file() else video_folders(run)
    if not folders:
        raise InputNotFoundError(
            "there are no predictions", where=str(run), hint="give the --out folder of `neuropose-ray process`"
        )
    return [_source_video(folder, settings) for folder in folders]


def _source_video(folder: Path, settings: DatasetSettings) -> SourceVideo:
    table, header = read_table(folder)
    require_keypoints(header.skeleton, COCO_KEYPOINTS, "COCO")
    if not header.metadata.has_picture:
        raise InputError("the points have no picture", where=str(folder), hint="leave it out of the run's folder")
    name = folder.resolve().name
    frames = _frames(folder, name, table, header)
    reviewed = {}
    if (folder / LABELS_FILE).is_file():
        reviewed = {frame.frame_idx: frame for frame in read_labels(folder / LABELS_FILE)}
    kept = [frame for frame in frames if not settings.excluded.intersection(frame.flags)]
    excluded = [frame for frame in frames if settings.excluded.intersection(frame.flags)]
    subject = settings.subjects.get(name, name)
    second = None
    if (folder / SECOND_PASS_FILE).is_file():
        second = read_predictions(folder / SECOND_PASS_FILE)
        require_keypoints(second[1].skeleton, COCO_KEYPOINTS, "COCO")
    return SourceVideo(name, subject, tuple(kept), tuple(excluded), table, header, reviewed, second)


def _frames(folder: Path, video: str, table: PoseTable, header: PredictionsHeader) -> list[SourceFrame]:
    names: Sequence[str] = header.metadata.image_names
    if not (folder / FRAMES_FILE).is_file():
        return [
            SourceFrame(row, row, time_s, _file_name(video, names[row] if names else None, row))
            for row, time_s in enumerate(table.timestamps_s.tolist())
        ]
    frames, _ = read_frames(folder / FRAMES_FILE)
    times_s = frames.column("timestamp_s").to_numpy()
    rows = matching_frames(times_s, table.timestamps_s)
    columns = [frames.column(name).to_pylist() for name in ("path", "flags", "duplicate_group_id")]
    return [
        SourceFrame(
            index, row, time_s, _file_name(video, path, index), tuple(map(FrameFlag, flags)), group,
        )
        for index, (row, time_s, path, flags, group) in enumerate(
            zip(rows.tolist(), times_s.tolist(), *columns, strict=True)
        )
    ]  # fmt: skip


def _file_name(video: str, picture: str | None, index: int) -> str:
    """The picture's name below its video's: a path of a hostile table must not lead out of the data set."""
    name = f"{frame_name(index)}.png" if picture is None else PurePath(picture).name
    return f"{video}/{name}"


def _persons(
    table: PoseTable, header: PredictionsHeader, rows: slice, settings: DatasetSettings
) -> Iterator[PersonLabel]:
    poses = table.poses
    size = (header.metadata.width, header.metadata.height)
    positions = positions_of_keypoints(header.skeleton, poses.poses2d[rows], COCO_KEYPOINTS)
    scores = scores_of_keypoints(header.skeleton, poses.joint_scores[rows], COCO_KEYPOINTS)
    tracks = None if table.track_ids is None else table.track_ids[rows]
    for person, box in enumerate(poses.boxes[rows].astype(np.float64)):
        if box[4] < settings.min_score:
            continue
        flags = visibility(positions[person], scores[person], size, settings)
        clipped = _box(box[:4], positions[person][flags > 0], size)
        if clipped is None:
            continue
        points = np.where(flags[:, None] > 0, np.round(positions[person], _DECIMALS), 0.0)
        yield PersonLabel(
            box=clipped,
            keypoints=tuple((x, y, flag) for (x, y), flag in zip(points.tolist(), flags.tolist(), strict=True)),
            keypoint_scores=tuple(np.round(scores[person], _DECIMALS).tolist()),
            score=None if np.isnan(box[4]) else round(float(box[4]), _DECIMALS),
            track_id=None if tracks is None else int(tracks[person]),
        )


def visibility(
    positions: NDArray[np.float64], scores: NDArray[np.float64], size: tuple[int, int], settings: DatasetSettings
) -> NDArray[np.int64]:
    """``(keypoints,)`` COCO's flags: 0 where missing, outside of the picture or too unsure, 1 hidden, 2 in sight.

    Args:
        positions: ``(keypoints, 2)`` px, NaN where missing.
        scores: ``(keypoints,)`` in 0..1; one that is NaN counts as sure, since the model gives none.
        size: width and height of the picture.
        settings: from where on a keypoint is labelled, and in sight.
    """
    with np.errstate(invalid="ignore"):
        inside = ((positions >= 0) & (positions < size)).all(1)
        sure = np.isnan(scores) | (scores >= settings.min_score)
        visible = np.isnan(scores) | (scores >= settings.visible_score)
    return np.where(inside & sure, np.where(visible, 2, 1), 0)


def _box(
    box: NDArray[np.float64], points: NDArray[np.float64], size: tuple[int, int]
) -> tuple[float, float, float, float] | None:
    """The part of the box that lies in the picture, that of the keypoints without a box; None for nothing."""
    if np.isfinite(box).all():
        low, high = box[:2], box[:2] + box[2:]
    elif len(points):
        low, high = points.min(0), points.max(0)
    else:
        return None
    low, high = np.clip(low, 0, size), np.clip(high, 0, size)
    if not (high > low).all():
        return None
    left, top, width, height = np.round([*low, *(high - low)], _DECIMALS).tolist()
    return left, top, width, height
