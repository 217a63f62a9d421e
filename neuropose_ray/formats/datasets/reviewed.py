"""What reviewers made of labels, on its way back into the folders of a run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.formats.datasets.kinds import DatasetSettings
from neuropose_ray.formats.datasets.source import SourceVideo, source_videos
from neuropose_ray.formats.keypoints import COCO_KEYPOINTS
from neuropose_ray.schemas.json_files import validated
from neuropose_ray.schemas.labels import LABELS_FILE, FrameLabels, PersonLabel, write_labels

Point = tuple[float, float, int]
"""x and y in pixels, and COCO's flag, 1 or 2."""


@dataclass(frozen=True, slots=True)
class ReviewedPerson:
    """A person as a reviewer left them: box in pixels, and the points that are labelled, by name.

    Raises:
        ValueError: a number is not finite, or the box has a negative size.
    """

    box: tuple[float, float, float, float]
    points: Mapping[str, Point]

    def __post_init__(self) -> None:
        """Refuse what is no place in a picture."""
        numbers = (*self.box, *(value for x, y, _ in self.points.values() for value in (x, y)))
        if not all(map(math.isfinite, numbers)):
            raise ValueError("a coordinate is no finite number")
        if min(self.box[2:]) < 0:
            raise ValueError(f"a box of {self.box[2]:g} x {self.box[3]:g} pixels")


@dataclass(frozen=True, slots=True)
class ReviewedPicture:
    """A picture as a reviewer left it.

    Attributes:
        file_name: that the export gave it.
        persons: in it.
        size: width and height in pixels of the picture that the reviewer saw; None: those of the video.

    Raises:
        ValueError: the size is none.
    """

    file_name: str
    persons: tuple[ReviewedPerson, ...]
    size: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse a size by which nothing can be scaled."""
        if self.size is not None and not all(math.isfinite(side) and side > 0 for side in self.size):
            raise ValueError(f"a picture of {self.size[0]:g} x {self.size[1]:g} pixels")


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """What came back: pictures by video, and names that no video of the run has."""

    pictures: Mapping[str, int]
    unknown: tuple[str, ...] = ()


def person_of_points(points: Mapping[str, Point]) -> ReviewedPerson:
    """A person without a box: the one around the points."""
    xs, ys = [point[0] for point in points.values()], [point[1] for point in points.values()]
    return ReviewedPerson((min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)), points)


def import_review(pictures: Iterable[ReviewedPicture], run: Path) -> ReviewSummary:
    """Write reviewed labels into the folders of their videos, where data sets take them in place of predictions.

    Labels of an earlier review stay, but for the pictures that come again.

    Args:
        pictures: what a reader gave.
        run: the folder that the pictures were exported from.

    Raises:
        InputError: the run cannot be read.
        FileFormatError: a box or a point of a picture is no number.
        OutputError: the file system refuses.
    """
    videos = source_videos(run, DatasetSettings(excluded=frozenset()))
    frames = {frame.file_name: (video, frame) for video in videos for frame in video.frames}
    corrected: dict[str, dict[int, FrameLabels]] = {}
    unknown = []
    for picture in pictures:
        if picture.file_name not in frames:
            unknown.append(picture.file_name)
            continue
        video, frame = frames[picture.file_name]
        labels = FrameLabels(
            video=video.name, frame_idx=frame.index, timestamp_s=frame.timestamp_s, file_name=frame.file_name,
            width=video.header.metadata.width, height=video.header.metadata.height,
            persons=tuple(_labels(picture, video.header.metadata.width, video.header.metadata.height)),
            reviewed=True,
        )  # fmt: skip
        corrected.setdefault(video.name, {})[frame.index] = labels
    for video in videos:
        if video.name in corrected:
            _merge(_folder(run, video), {**video.reviewed, **corrected[video.name]})
    return ReviewSummary({name: len(labels) for name, labels in corrected.items()}, tuple(unknown))


def _folder(run: Path, video: SourceVideo) -> Path:
    return run if run.resolve().name == video.name and not (run / video.name).is_dir() else run / video.name


def _merge(folder: Path, labels: Mapping[int, FrameLabels]) -> None:
    write_labels(folder / LABELS_FILE, (labels[frame] for frame in sorted(labels)))


def _labels(picture: ReviewedPicture, width: int, height: int) -> Iterator[PersonLabel]:
    """The people of a picture in the video's pixels, without what lies outside of it."""
    across, down = (1.0, 1.0) if picture.size is None else (width / picture.size[0], height / picture.size[1])
    for person in picture.persons:
        left, top, wide, high = person.box
        xs = [min(max(x * across, 0.0), float(width)) for x in (left, left + wide)]
        ys = [min(max(y * down, 0.0), float(height)) for y in (top, top + high)]
        if not (xs[1] > xs[0] and ys[1] > ys[0]):
            continue
        keypoints = []
        for joint in COCO_KEYPOINTS:
            x, y, flag = person.points.get(joint, (0.0, 0.0, 0))
            x, y = x * across, y * down
            is_inside = 0 <= x <= width and 0 <= y <= height
            keypoints.append((x, y, flag) if flag and is_inside else (0.0, 0.0, 0))
        box = (xs[0], ys[0], xs[1] - xs[0], ys[1] - ys[0])
        yield validated(PersonLabel, {"box": box, "keypoints": keypoints}, picture.file_name)
