"""Trials: one video's predictions from any of the files that hold them, and one person of it as a motion."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.motion import Motion, motion_of_table
from neuropose_ray.analysis.person_choice import ALL_PEOPLE, PeopleChoice, PersonRule, TrackChoice, choose_person
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.derived_files import predictions_digest
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.json_files import is_video_payload, read_json, validated, video_in_payload
from neuropose_ray.schemas.migrations import migrate_video_predictions
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.predictions import VideoPredictions
from neuropose_ray.schemas.result_files import (
    PREDICTIONS_FILE,
    RUN_FILES,
    is_video_folder_file,
    predictions_in,
    video_folders,
    video_name,
)


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
        path = self.path.parent if is_video_folder_file(self.path) else self.path
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
        table: everybody in all frames; at least one frame. Its times are those of what was filmed: of a clip that is
            stored slowed down they are less than the file's.
        sha256: digest of the file; None where it is not known.
        seconds_of_a_second: true seconds that go by in a second of the file, by which its times were multiplied.
    """

    name: str
    path: Path
    header: PredictionsHeader
    table: PoseTable
    sha256: str | None = None
    seconds_of_a_second: float = 1.0

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
        table = replace(table, poses=replace(table.poses, poses3d=exact))
        return cls(name, path, predictions.header, table).at_capture_rate()

    def at_capture_rate(self, capture_fps: float | None = None) -> Trial:
        """The same trial at the times of what was filmed.

        Args:
            capture_fps: frames per second at which the clip was taken; None for what the file says.
        """
        seconds = self.header.metadata.seconds_of_a_second(capture_fps)
        if seconds == self.seconds_of_a_second:
            return self
        times_s = self.table.timestamps_s * (seconds / self.seconds_of_a_second)
        return replace(self, table=replace(self.table, timestamps_s=times_s), seconds_of_a_second=seconds)

    def person(
        self,
        *,
        track: int | None = None,
        person_index: int = 0,
        rule: PersonRule = "longest",
        needs_times: bool = True,
    ) -> TrackChoice:
        """Which person is meant, and who else is there.

        Args:
            track: a person by its id.
            person_index: without ``track``, which person: where the file holds tracks, its place among them in the
                order of ``rule``; else the position in each frame, as in NeuroPose.
            rule: how to order tracks.
            needs_times: whether what is made of the person needs the times of the frames, which a file without a
                frame rate does not have.

        Raises:
            InputError: there is no such person, nobody at all, or the frames have no times.
        """
        where, size = str(self.path), self.header.metadata
        if needs_times and not np.isfinite(self.table.timestamps_s).all():
            raise InputError(
                "its frames have no times", where=where, hint="its metadata needs the frame rate (fps) of the video"
            )
        picture = (size.width, size.height)
        return choose_person(self.table, picture, track=track, person_index=person_index, rule=rule, where=where)

    def chosen_tracks(self, people: PeopleChoice = "longest", *, track: int | None = None) -> tuple[int | None, ...]:
        """The tracks of the people who are meant, by number; None alone for a file without tracks.

        Args:
            people: everybody, or a rule that chooses one.
            track: a person by its id instead.

        Raises:
            InputError: there is no such person, nobody at all, or the frames have no times.
        """
        if people == ALL_PEOPLE and track is None and self.tracks:
            return tuple(sorted(self.tracks))
        return (self.person(track=track, rule="longest" if people == ALL_PEOPLE else people).track,)

    def motion(self, *, track: int | None = None, person_index: int = 0, fitted: bool = True) -> Motion:
        """One person over all frames, NaN where the person is not seen.

        Args:
            track: a person by its id.
            person_index: without ``track``, see :meth:`person`.
            fitted: take the fitted skeleton where there is one, else what the pose model said.

        Raises:
            InputError: there is no such person, nobody at all, or the frames have no times.
        """
        return self.motion_of(self.person(track=track, person_index=person_index), fitted=fitted)

    def motion_of(self, person: TrackChoice, *, fitted: bool = True) -> Motion:
        """A chosen person over all frames, NaN where the person is not seen.

        Args:
            person: of :meth:`person`.
            fitted: take the fitted skeleton where there is one, else what the pose model said.
        """
        table = self.table
        if person.track is None:
            table = table.take(table.positions_in_frame() == (person.place or 0))
        return motion_of_table(
            table,
            self.header.skeleton,
            name=self.name,
            track=person.track,
            fitted=fitted,
            is_measured=not self.header.metadata.has_picture,
        )

    @property
    def tracks(self) -> list[int]:
        """The ids of all tracks, who is seen in most frames first; none where the file holds no tracks."""
        return [] if self.table.track_ids is None else self.table.persons_by_frames()


def load_trial(path: str | Path, *, video: str | None = None, capture_fps: float | None = None) -> Trial:
    """One video's predictions, at the times of what was filmed.

    Args:
        path: predictions.parquet, a video's output folder, a job's results.json, or one video's JSON file; JSON of
            NeuroPose's versions as well.
        video: which video of a job's results; needed only where there are several.
        capture_fps: frames per second at which a clip was taken that is stored slowed down; None for what the file
            says.

    Raises:
        InputNotFoundError: there is nothing at ``path``, or no predictions in the folder.
        FileFormatError: the file is no predictions.
        FutureSchemaError: a newer version wrote it.
        InputError: no frames; no such video, or several to choose from.
    """
    file = predictions_in(Path(path))
    # Before the file is read: where it is replaced in between, its numbers count as those of another one.
    sha256 = predictions_digest(file)
    if file.suffix == ".parquet":
        table, header = read_predictions(file)
        trial = Trial(video_name(file), file, header, table)
        if video not in (None, trial.name, header.metadata.filename):
            raise InputError(f"there is no video {video!r}", where=str(file), hint=f"it holds {trial.name}")
    else:
        name, payload = video_in_payload(read_json(file), file, video)
        trial = Trial.from_payload(name, file, payload)
    if not trial.table.frame_count:
        raise InputError("holds zero frames", where=str(file), hint="look at the video")
    return replace(trial, sha256=sha256).at_capture_rate(capture_fps)


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


def file_beside(source: TrialSource, name: str) -> Path:
    """Where what is made of a trial goes: a folder that is one video's has one such file, other files name theirs.

    Raises:
        InputNotFoundError: there are no predictions.
    """
    file = predictions_in(source.path)
    if source.video is None and is_video_folder_file(file):
        return file.with_name(name)
    return file.with_name(f"{source.video or file.stem}.{name}")


def expand_trials(patterns: Iterable[str]) -> list[TrialSource]:
    """The trials that a user means by files, video folders, folders of video folders, and glob patterns.

    The videos of a job's results are a trial each. What does not exist or cannot be read stays in the list, so that
    it appears among the trials as one that failed. A run's own files, which `OUT/*` names too, are no trials.

    Returns:
        In the order given, those of one pattern sorted, none twice; names are made distinct by the folders above.
    """
    paths = [path for pattern in patterns for path in _matches(pattern)]
    trials = [path for path in paths if path.name not in RUN_FILES] or paths
    sources = dict.fromkeys(source for path in trials for source in _sources(path))
    names = _distinct([source.parts for source in sources])
    return [replace(source, name=name) for source, name in zip(sources, names, strict=True)]


def _matches(pattern: str) -> list[Path]:
    path = Path(pattern).expanduser()
    if path.is_dir():
        # Above the folders of its videos, a job has NeuroPose's format of all of them, which holds less than theirs.
        return [path] if (path / PREDICTIONS_FILE).is_file() else video_folders(path) or [path]
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
    if isinstance(payload, dict) and len(payload) > 1 and all(map(is_video_payload, payload.values())):
        return [TrialSource(path, video) for video in payload]
    return [TrialSource(path)]


def _distinct(sources: Sequence[tuple[str, ...]]) -> list[str]:
    """The last word of each, and as many before it as tell all apart."""
    for words in range(1, max(map(len, sources), default=0) + 1):
        names = ["/".join(parts[-words:]) for parts in sources]
        if len(set(names)) == len(names):
            return names
    return ["/".join(parts) for parts in sources]
