"""Trials: one video's predictions from any of the files that hold them, and one person of it as a motion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.motion import Motion, motion_of_table
from neuropose_ray.analysis.runs.files import read_json
from neuropose_ray.errors import FileFormatError, InputError, InputNotFoundError
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.json_files import validated
from neuropose_ray.schemas.migrations import migrate_video_predictions
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.predictions import VideoPredictions

#: What a video's folder holds: all numbers, and the same in NeuroPose's format.
PREDICTIONS_FILE = "predictions.parquet"
RESULTS_FILE = "results.json"


@dataclass(frozen=True, slots=True)
class TrialSource:
    """Where a trial is to be found.

    Attributes:
        path: a file or a video's folder.
        video: which video of a job's results, where there are several.
        name: of the trial, distinct among those that were asked for together.
    """

    path: Path
    video: str | None = None
    name: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """The words that its name can be made of, the last one first needed."""
        path = self.path.parent if self.path.name in (PREDICTIONS_FILE, RESULTS_FILE) else self.path
        folder = path.resolve()
        last = folder.name if folder.is_dir() else folder.stem
        parts = (*folder.parts[1:-1], last)
        return parts if self.video is None else (*parts, self.video)


@dataclass(frozen=True, slots=True)
class Trial:
    """One video's predictions.

    Attributes:
        name: of the video: its folder's name, its name in a job's results, or the file's name without its ending.
        path: the file that was read.
        header: skeleton, frame rate, provenance.
        table: everybody in all frames; at least one frame.
    """

    name: str
    path: Path
    header: PredictionsHeader
    table: PoseTable

    @classmethod
    def from_payload(cls, name: str, path: Path, payload: object) -> Trial:
        """Out of a parsed JSON value.

        Raises:
            FileFormatError: it is not one video's predictions, of any version that is known.
        """
        where = f"{path}: {name}"
        predictions = validated(VideoPredictions, migrate_video_predictions(payload, where), where)
        table = predictions.to_table()
        # The text may hold more digits than float32 does, and numbers are to be those that NeuroPose reckons with.
        poses3d = [pose for frame in predictions.frames.values() for pose in frame.poses3d]
        exact: NDArray[Any] = np.array(poses3d, np.float64).reshape(table.poses.poses3d.shape)
        return cls(name, path, predictions.header, replace(table, poses=replace(table.poses, poses3d=exact)))

    def motion(self, *, track: int | None = None, person_index: int = 0, fitted: bool = True) -> Motion:
        """One person over all frames, NaN where the person is not seen.

        Args:
            track: a person by its id.
            person_index: without ``track``, which person: where the file holds tracks, its place among them by the
                number of frames (0: seen in most frames); else the position in each frame, as in NeuroPose.
            fitted: take the fitted skeleton where there is one, else what the pose model said.

        Raises:
            InputError: there is no such person, nobody at all, or the frames have no times.
        """
        where = str(self.path)
        if not len(self.table.poses):
            raise InputError("nobody is seen in any frame", where=where, hint="look at the video")
        if not np.isfinite(self.table.timestamps_s).all():
            raise InputError(
                "its frames have no times", where=where, hint="its metadata needs the frame rate (fps) of the video"
            )
        table = self.table
        if track is None and table.track_ids is not None:
            track = self._track_by_frames(table.track_ids, person_index)
        elif track is None:
            table = self._persons_at(person_index)
        return motion_of_table(table, self.header.skeleton, name=self.name, track=track, fitted=fitted)

    def _track_by_frames(self, track_ids: NDArray[np.int32], place: int) -> int:
        tracks, frames = np.unique(track_ids, return_counts=True)
        if place >= len(tracks):
            raise InputError(
                f"there is no person {place}", where=str(self.path), hint=f"it holds {len(tracks)} tracks, from 0"
            )
        return int(tracks[np.argsort(-frames, kind="stable")[place]])

    def _persons_at(self, position: int) -> PoseTable:
        """The table with nobody but the person at this position of each frame."""
        poses = self.table.poses
        first = np.searchsorted(poses.frame, poses.frame)
        rows = np.arange(len(poses)) - first == position
        if not rows.any():
            most = int(self.table.persons_per_frame().max())
            raise InputError(
                f"there is no person {position}", where=str(self.path), hint=f"a frame holds at most {most}, from 0"
            )
        fitted = self.table.poses3d_fitted
        return replace(self.table, poses=poses.take(rows), poses3d_fitted=None if fitted is None else fitted[rows])


def load_trial(path: str | Path, *, video: str | None = None) -> Trial:
    """One video's predictions.

    Args:
        path: predictions.parquet, a video's output folder, a job's results.json, or one video's JSON file; JSON of
            NeuroPose's versions as well.
        video: which video of a job's results; needed only where there are several.

    Raises:
        InputNotFoundError: there is nothing at ``path``, or no predictions in the folder.
        FileFormatError: the file is no predictions.
        FutureSchemaError: a newer version wrote it.
        InputError: no frames; no such video, or several to choose from.
    """
    file = predictions_in(Path(path))
    if file.suffix == ".parquet":
        table, header = read_predictions(file)
        trial = Trial(_name_of(file), file, header, table)
        if video not in (None, trial.name, header.metadata.filename):
            raise InputError(f"there is no video {video!r}", where=str(file), hint=f"it holds {trial.name}")
    else:
        name, payload = chosen_video(read_json(file), file, video)
        trial = Trial.from_payload(name, file, payload)
    if not trial.table.frame_count:
        raise InputError("holds zero frames", where=str(file), hint="look at the video")
    return trial


def load_motion(
    path: str | Path,
    *,
    video: str | None = None,
    track: int | None = None,
    person_index: int = 0,
    fitted: bool = True,
) -> Motion:
    """One person of one video: :func:`load_trial`, then :meth:`Trial.motion`."""
    return load_trial(path, video=video).motion(track=track, person_index=person_index, fitted=fitted)


def predictions_in(path: Path) -> Path:
    """The file that holds a video's predictions: the path itself, or the one in the folder.

    Raises:
        InputNotFoundError: there is nothing at ``path``, or no predictions in the folder.
    """
    if not path.exists():
        raise InputNotFoundError("there is no such file or folder", where=str(path), hint="check the path")
    if not path.is_dir():
        return path
    for name in (PREDICTIONS_FILE, RESULTS_FILE):
        if (path / name).is_file():
            return path / name
    videos = _videos_in(path)
    hint = "`neuropose-ray process` makes it"
    if videos:
        hint = f"give the folder of one video: {', '.join(video.name for video in videos[:5])}"
    raise InputNotFoundError(f"there is no {PREDICTIONS_FILE} in this folder", where=str(path), hint=hint)


def file_beside(source: TrialSource, name: str) -> Path:
    """Where what is made of a trial goes: a folder that is one video's has one such file, other files name theirs.

    Raises:
        InputNotFoundError: there are no predictions.
    """
    file = predictions_in(source.path)
    if source.video is None and file.name in (PREDICTIONS_FILE, RESULTS_FILE):
        return file.with_name(name)
    return file.with_name(f"{source.video or file.stem}.{name}")


def expand_trials(patterns: Iterable[str]) -> list[TrialSource]:
    """The trials that a user means by files, video folders, folders of video folders, and glob patterns.

    The videos of a job's results are a trial each. What does not exist or cannot be read stays in the list, so that
    it appears among the trials as one that failed.

    Returns:
        In the order given, those of one pattern sorted, none twice; names are made distinct by the folders above.
    """
    found = dict.fromkeys(source for pattern in patterns for path in _matches(pattern) for source in _sources(path))
    names = _distinct([source.parts for source in found])
    return [replace(source, name=name) for source, name in zip(found, names, strict=True)]


def looks_like_a_video(payload: object) -> bool:
    """Whether a parsed JSON value is one video's predictions, by its keys as NeuroPose tells them apart."""
    return isinstance(payload, dict) and {"metadata", "frames"} <= payload.keys()


def chosen_video(payload: object, file: Path, video: str | None) -> tuple[str, object]:
    """A video's name and JSON value, out of one video's file or a job's results.

    Raises:
        FileFormatError: the JSON is neither.
        InputError: no such video, or several to choose from.
    """
    if looks_like_a_video(payload):
        if video not in (None, file.stem, file.name):
            raise InputError(f"there is no video {video!r}", where=str(file), hint="it holds one video; leave it out")
        return _name_of(file), payload
    if not isinstance(payload, dict) or not all(looks_like_a_video(value) for value in payload.values()):
        raise FileFormatError("holds no predictions", where=str(file), hint="is it another file of the results?")
    if not payload:
        raise InputError("holds zero videos", where=str(file))
    if video is None and len(payload) == 1:
        video = next(iter(payload))
    if video is None or video not in payload:
        problem = f"holds {len(payload)} videos" if video is None else f"there is no video {video!r}"
        raise InputError(problem, where=str(file), hint=f"choose one of: {', '.join(payload)}")
    return video, payload[video]


def _name_of(file: Path) -> str:
    """A video's folder has the video's name, its files have always the same."""
    return file.resolve().parent.name if file.name in (PREDICTIONS_FILE, RESULTS_FILE) else file.stem


def _videos_in(folder: Path) -> list[Path]:
    return sorted(file.parent for file in folder.glob(f"*/{PREDICTIONS_FILE}"))


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    if path.is_dir():
        one = any((path / name).is_file() for name in (PREDICTIONS_FILE, RESULTS_FILE))
        return [path] if one else _videos_in(path) or [path]
    if path.exists() or not any(letter in pattern for letter in "*?["):
        return [path]
    anchor = Path(path.anchor)
    return sorted(anchor.glob(str(path.relative_to(anchor)))) or [path]


def _sources(path: Path) -> list[TrialSource]:
    """One, or one for each video of a job's results."""
    try:
        file = predictions_in(path)
        payload = read_json(file) if file.suffix == ".json" else None
    except InputError:
        return [TrialSource(path)]
    if isinstance(payload, dict) and len(payload) > 1 and all(map(looks_like_a_video, payload.values())):
        return [TrialSource(path, video) for video in payload]
    return [TrialSource(path)]


def _distinct(sources: Sequence[tuple[str, ...]]) -> list[str]:
    """The last word of each, and as many before it as tell all apart."""
    for words in range(1, max(map(len, sources), default=0) + 1):
        names = ["/".join(parts[-words:]) for parts in sources]
        if len(set(names)) == len(names):
            return names
    return ["/".join(parts) for parts in sources]
