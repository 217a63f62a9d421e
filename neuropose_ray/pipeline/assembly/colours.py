"""The colours that people wear, out of a few frames of their video."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.schemas.poses import Frame, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.tracking import Colours
from neuropose_ray.video import Chunk, VideoInfo, decode_chunk

#: Frames that are wanted within this many are decoded in one go: a new start costs a group of pictures.
_ONE_GO_FRAMES = 60
#: Where between shoulders and hips, between left and right, and between hip and knee colours are taken: inside the
#: clothes, off hands and background.
_INSIDE = np.linspace(0.25, 0.75, 9)
_CORNERS = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
_KNEES = ("left_knee", "right_knee")
#: Points that must lie in the picture for a colour to be believed.
_LEAST_POINTS = 8


def worn_colours(info: VideoInfo, table: PoseTable, skeleton: Skeleton) -> Colours:
    """What looks up colours of people by their rows.

    Args:
        info: the probed video; where it can no longer be read no colour is known.
        table: the people in it.
        skeleton: of the poses; without shoulders and hips no colour is known.
    """

    def colours(rows: NDArray[np.int64]) -> NDArray[np.float64]:
        found = np.full((len(rows), 6), np.nan)
        if not skeleton.has(*_CORNERS):
            return found
        frames = table.poses.frame[rows]
        try:
            for frame, image in _pictures(info, table.timestamps_s, np.unique(frames)):
                for place in np.flatnonzero(frames == frame):
                    found[place] = _of_person(image, table.poses.poses2d[rows[place]], skeleton)
        except NeuroposeRayError:
            return np.full((len(rows), 6), np.nan)
        return found

    return colours


def _pictures(info: VideoInfo, times: NDArray[np.float64], frames: NDArray[np.int64]) -> Iterator[tuple[int, Frame]]:
    """The pictures of some frames of the table, in order."""
    for run in np.split(frames, 1 + np.flatnonzero(np.diff(frames) > _ONE_GO_FRAMES)):
        if not len(run):
            continue
        begin_s, end_s = float(times[run[0]]), float(np.nextafter(times[run[-1]], np.inf))
        first, last = np.searchsorted(info.timestamps_s, (begin_s, end_s))
        wanted = {float(times[frame]): int(frame) for frame in run}
        chunk = Chunk(0, begin_s, end_s, min(int(first), info.frame_count - 1), max(1, int(last - first)))
        for decoded in decode_chunk(info, chunk):
            if decoded.timestamp_s in wanted:
                yield wanted[decoded.timestamp_s], decoded.image


def _of_person(image: Frame, pixels: NDArray[np.float32], skeleton: Skeleton) -> NDArray[np.float64]:
    """``(6,)`` L, a, b of the trunk and of the thighs; NaN where they are out of the picture."""
    left_top, right_top, left_low, right_low = (pixels[skeleton.index(name)].astype(np.float64) for name in _CORNERS)
    down, across = (grid.ravel()[:, None] for grid in np.meshgrid(_INSIDE, _INSIDE, indexing="ij"))
    left, right = left_top + down * (left_low - left_top), right_top + down * (right_low - right_top)
    trunk = left + across * (right - left)
    thighs = np.zeros((0, 2))
    if skeleton.has(*_KNEES):
        knees = (pixels[skeleton.index(name)].astype(np.float64) for name in _KNEES)
        thighs = np.concatenate(
            [hip + _INSIDE[:, None] * (knee - hip) for hip, knee in zip((left_low, right_low), knees, strict=True)]
        )
    return np.concatenate([_colour(image, trunk), _colour(image, thighs)])


def _colour(image: Frame, points: NDArray[np.float64]) -> NDArray[np.float64]:
    import cv2

    height, width = image.shape[:2]
    known = np.asarray(np.isfinite(points).all(1))
    columns, rows = np.where(known[:, None], points, -1).round().astype(np.int64).T
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    if inside.sum() < _LEAST_POINTS:
        return np.full(3, np.nan)
    median = np.median(image[rows[inside], columns[inside]], axis=0).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(median.reshape(1, 1, 3), cv2.COLOR_RGB2Lab).reshape(3), np.float64)
