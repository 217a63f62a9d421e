"""The frames of a run for a second look: the least sure ones of all its videos."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation.selection import SelectedFrame, select_frames
from neuropose_ray.curation.settings import SelectionSettings
from neuropose_ray.curation.uncertainty import uncertainty_of
from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.schemas.frame_table import FRAMES_FILE, read_frames
from neuropose_ray.schemas.frame_times import matching_frames
from neuropose_ray.schemas.reading import read_table
from neuropose_ray.schemas.result_files import video_folders


def frames_to_review(
    run: Path, count: int, settings: SelectionSettings = SelectionSettings()
) -> Mapping[str, list[SelectedFrame]]:
    """The least sure frames of all videos of a run, by the names of the videos, least sure first in each.

    Args:
        run: the output folder of a run or of a job.
        count: frames at the most, of all videos together.
        settings: what counts as unsure and as unlike, and how many frames of one video.

    Raises:
        InputNotFoundError: there are no predictions.
        InputError: a file of the run is damaged.
    """
    folders = video_folders(run)
    if not folders:
        hint = "give the --out folder of `neuropose-ray process`"
        raise InputNotFoundError("there are no predictions", where=str(run), hint=hint)
    chosen = [(frame, folder.name) for folder in folders for frame in _frames_of_video(folder, settings)]
    chosen.sort(key=lambda entry: (-entry[0].score, entry[1], entry[0].frame))
    by_video: dict[str, list[SelectedFrame]] = {}
    for frame, video in chosen[:count]:
        by_video.setdefault(video, []).append(frame)
    return by_video


def _frames_of_video(folder: Path, settings: SelectionSettings) -> list[SelectedFrame]:
    """Frames by their position in frames.parquet, in the predictions where there is none."""
    table, header = read_table(folder)
    positions, hashes, has_hash = _positions_and_hashes(folder, table.timestamps_s)
    selected = select_frames(uncertainty_of(table, header.skeleton), table.timestamps_s, hashes, has_hash, settings)
    return [
        SelectedFrame(int(positions[entry.frame]), entry.score, entry.reasons)
        for entry in selected
        if positions[entry.frame] >= 0
    ]


def _positions_and_hashes(
    folder: Path, times_s: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.bool_]]:
    """Of each frame of the predictions the position in the video, the hash, and whether it has one."""
    count = len(times_s)
    hashes, has_hash = np.zeros(count, np.uint64), np.zeros(count, np.bool_)
    if not (folder / FRAMES_FILE).is_file():
        return np.arange(count), hashes, has_hash
    frames, _ = read_frames(folder / FRAMES_FILE)
    positions = matching_frames(times_s, frames.column("timestamp_s").to_numpy())
    if "phash" in frames.column_names and frames.num_rows:
        column = frames.column("phash")
        known = positions >= 0
        has_hash = known & np.asarray(column.is_valid().to_numpy(), np.bool_)[positions]
        hashes = np.where(has_hash, column.fill_null(0).to_numpy()[positions], np.uint64(0))
    return positions, hashes, has_hash
