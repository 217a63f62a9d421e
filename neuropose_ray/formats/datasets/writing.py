"""A data set out of a run, in any of its kinds."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neuropose_ray.errors import InputError, OutputError
from neuropose_ray.formats.datasets.kinds import DatasetKind, DatasetSettings, Split
from neuropose_ray.formats.datasets.source import SourceVideo, source_videos
from neuropose_ray.formats.datasets.split import SplitPlan, split_videos
from neuropose_ray.formats.folders import atomic_folder, require_free
from neuropose_ray.schemas.csv_cells import csv_cells
from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel, Utf8Str
from neuropose_ray.schemas.labels import FrameLabels

#: What a data set is and what it was made of; a folder without it is never replaced.
MANIFEST_FILE = "dataset.json"
#: The frames that are left out, each with its flags.
EXCLUDED_FILE = "excluded.csv"

Annotator = Callable[[FrameLabels], FrameLabels]
"""Adds to the labels of a frame what a detector or a segmenter finds in its picture."""

PictureWriter = Callable[[FrameLabels, Path], None]
"""Writes the picture of a frame to a path; frames of a video come in their order."""


class DatasetSummary(FrozenModel):
    """What a data set holds; also the content of ``dataset.json``."""

    kind: DatasetKind
    videos: FrozenMapping[str, Split]
    frames: FrozenMapping[Split, int]
    persons: int
    excluded: FrozenMapping[str, int]
    notes: tuple[Utf8Str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Export:
    """The frames of an export, made anew each time they are asked for, and a count of what went through."""

    videos: Sequence[SourceVideo]
    plan: SplitPlan
    settings: DatasetSettings
    annotate: Annotator | None
    counts: Counter[Any]

    def frames(self, side: Split | None = None) -> Iterator[tuple[Split, str, FrameLabels]]:
        for video in self.videos:
            if side in (None, self.plan.sides[video.name]):
                for predicted in video.labels(video.frames, self.settings):
                    labels = predicted if self.annotate is None or predicted.reviewed else self.annotate(predicted)
                    self.counts[self.plan.sides[video.name]] += 1
                    self.counts["persons"] += len(labels.persons)
                    yield self.plan.sides[video.name], video.subject, labels

    def sides(self) -> list[Split]:
        present = {self.plan.sides[video.name] for video in self.videos if video.frames}
        return [side for side in Split if side in present]


def export_dataset(
    run: Path,
    out: Path,
    kind: DatasetKind,
    settings: DatasetSettings = DatasetSettings(),
    *,
    only: Mapping[str, Collection[int]] | None = None,
    annotate: Annotator | None = None,
    write_picture: PictureWriter | None = None,
    overwrite: bool = False,
) -> DatasetSummary:
    """Write a data set of the people in a run's frames: a folder that is there whole or not at all.

    Beside the kind's own files lie ``dataset.json``, which says what it holds, and ``excluded.csv``, the frames that
    are left out, with the reasons of each. Labels that a reviewer corrected stand in place of predictions.

    Args:
        run: the output folder of a run or of a job, or the folder of one video in it.
        out: the folder to write.
        kind: the kind.
        settings: which frames and labels, and the split.
        only: of these videos these frames alone, as for a review; None: all.
        annotate: adds to the labels of each frame that nobody reviewed; None: poses alone.
        write_picture: writes pictures into the data set; None: it names them alone.
        overwrite: replace an earlier data set at ``out``.

    Raises:
        InputError: no predictions, or no frame is left.
        OutputError: there is something at ``out``, or the file system refuses.
    """
    _require_dataset_or_nothing(out, overwrite=overwrite)
    videos = [_limited(video, only) for video in source_videos(run, settings)]
    if not any(video.frames for video in videos):
        raise InputError(
            "no frame is left for a data set", where=str(run), hint="exclude fewer flags; see `curate inspect`"
        )
    export = _Export(videos, split_videos(videos, settings.fractions), settings, annotate, Counter())
    with atomic_folder(out, ours="*") as folder, _named(out, folder):
        _WRITERS[kind](folder, export)
        _write_excluded(folder / EXCLUDED_FILE, videos)
        summary = DatasetSummary(
            kind=kind,
            videos=export.plan.sides,
            frames={side: export.counts[side] for side in export.sides()},
            persons=export.counts["persons"],
            excluded=Counter(flag.value for video in videos for frame in video.excluded for flag in frame.flags),
            notes=export.plan.notes,
        )
        (folder / MANIFEST_FILE).write_text(summary.model_dump_json(indent=1) + "\n", "utf-8")
        if write_picture is not None:
            _write_pictures(folder, kind, export, write_picture)
    return summary


def picture_path(kind: DatasetKind, side: Split, frame: FrameLabels) -> Path:
    """Where the picture of a frame belongs, below the data set's folder."""
    if kind is DatasetKind.YOLO_POSE:
        from neuropose_ray.formats.datasets.yolo_pose import image_path

        return Path(image_path(side, frame))
    return Path("images", frame.file_name)


def _require_dataset_or_nothing(out: Path, *, overwrite: bool) -> None:
    require_free(out, overwrite=overwrite)
    if out.is_dir() and any(out.iterdir()) and not (out / MANIFEST_FILE).is_file():
        raise OutputError("there is something else than a data set", where=str(out), hint="write elsewhere")


def _limited(video: SourceVideo, only: Mapping[str, Collection[int]] | None) -> SourceVideo:
    if only is None:
        return video
    wanted = frozenset(only.get(video.name, ()))
    return replace(video, frames=tuple(frame for frame in video.frames if frame.index in wanted))


@contextmanager
def _named(out: Path, folder: Path) -> Iterator[None]:
    """Name the data set, not the temporary folder, in errors of files in it."""
    try:
        yield
    except OutputError as error:
        where = (error.where or str(out)).replace(str(folder), str(out))
        raise type(error)(error.what, where=where, hint=error.hint) from error


def _write_pictures(folder: Path, kind: DatasetKind, export: _Export, write_picture: PictureWriter) -> None:
    for side, _, frame in replace(export, annotate=None).frames():
        path = folder / picture_path(kind, side, frame)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_picture(frame, path)


def _write_excluded(path: Path, videos: Sequence[SourceVideo]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["video", "frame_idx", "file_name", "reasons"])
        for video in videos:
            for frame in video.excluded:
                writer.writerow(csv_cells([video.name, frame.index, frame.file_name, " ".join(frame.flags)]))


def _coco(folder: Path, export: _Export) -> None:
    from neuropose_ray.formats.datasets.coco import write_coco_dataset

    for side in export.sides():
        path = folder / "annotations" / f"person_keypoints_{side.value}.json"
        write_coco_dataset(path, (labels for _, _, labels in export.frames(side)), "people of a neuropose-ray run")


def _yolo_pose(folder: Path, export: _Export) -> None:
    from neuropose_ray.formats.datasets.yolo_pose import write_data_yaml, write_frame

    for side, _, labels in export.frames():
        write_frame(folder, side, labels)
    write_data_yaml(folder, export.sides())


def _jsonl(folder: Path, export: _Export) -> None:
    from neuropose_ray.formats.datasets.jsonl import write_jsonl_dataset

    write_jsonl_dataset(folder / "dataset.jsonl", export.frames())


def _parquet(folder: Path, export: _Export) -> None:
    from neuropose_ray.formats.datasets.parquet import write_parquet_dataset

    write_parquet_dataset(folder / "dataset.parquet", export.frames())


def _label_studio(folder: Path, export: _Export) -> None:
    from neuropose_ray.formats.datasets.label_studio import write_label_studio

    provenance = export.videos[0].header.provenance
    model = None if provenance is None else provenance.model_name
    write_label_studio(folder / "tasks.json", (labels for _, _, labels in export.frames()), model or "predictions")


def _cvat(folder: Path, export: _Export) -> None:
    from neuropose_ray.formats.datasets.cvat import write_cvat

    write_cvat(folder / "annotations.xml", (labels for _, _, labels in export.frames()))


_WRITERS: Mapping[DatasetKind, Callable[[Path, _Export], None]] = {
    DatasetKind.COCO: _coco,
    DatasetKind.YOLO_POSE: _yolo_pose,
    DatasetKind.JSONL: _jsonl,
    DatasetKind.PARQUET: _parquet,
    DatasetKind.LABEL_STUDIO: _label_studio,
    DatasetKind.CVAT: _cvat,
}
