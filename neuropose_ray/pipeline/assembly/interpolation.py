"""Poses of the frames between those that the pose model saw, where it was to see some of a second's frames alone.

Tracks and fit are made of the analysed frames as of a video of its own. Then every frame between two of them in which
a person is seen gets that person's pose from both. Nothing is made up where a person is missing in one of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.fitting import FittingReport, SideExchange, TrackFit
from neuropose_ray.schemas.header import TrackReturn
from neuropose_ray.schemas.poses import Poses, PoseTable

#: Over how many distances of analysed frames, the median of the video, poses are drawn: longer where a frame between
#: could not be decoded.
_LONGEST_INTERVALS = 1.5


@dataclass(frozen=True, slots=True)
class AnalysedFrames:
    """The frames of a video that were analysed, among all of them.

    Attributes:
        times_s: ``(frames,)`` of all frames of the video.
        places: ``(analysed,)`` positions in it, ascending.
    """

    times_s: NDArray[np.float64]
    places: NDArray[np.int64]

    @classmethod
    def of(cls, times_s: NDArray[np.float64], is_analysed: NDArray[np.bool_]) -> AnalysedFrames:
        """Those that a mask ``(frames,)`` tells."""
        return cls(times_s, np.flatnonzero(is_analysed))

    @property
    def is_all(self) -> bool:
        """Whether there are no others."""
        return len(self.places) == len(self.times_s)

    def reduced(self, table: PoseTable) -> PoseTable:
        """A table of the whole video as one of the analysed frames alone; poses in others are left out."""
        numbers = np.full(len(self.times_s), -1, np.int64)
        numbers[self.places] = np.arange(len(self.places))
        table = table.take(numbers[table.poses.frame] >= 0)
        poses = replace(table.poses, frame=numbers[table.poses.frame])
        return replace(table, timestamps_s=self.times_s[self.places], poses=poses)

    def uninterrupted(self, table: PoseTable) -> PoseTable:
        """As :meth:`reduced`, and the time of the frames that are left out does not pass."""
        steps_s = np.diff(self.times_s, prepend=self.times_s[:1])[self.places]
        return replace(self.reduced(table), timestamps_s=np.cumsum(steps_s))

    def expanded(self, table: PoseTable) -> PoseTable:
        """A table of the analysed frames as one of the whole video, with interpolated poses between them.

        The rows of analysed frames are what they were. Joints follow cubic curves through their neighbours (Hermite
        splines with the slopes of the parabola through three points), boxes and scores straight lines.
        """
        poses = table.poses
        frames, rows = self.places[poses.frame], np.arange(len(poses))
        between = [self._between(table, np.flatnonzero(table.person_ids() == person)) for person in _people(table)]
        parts = [part for part in between if len(part.frame)]
        fitted = table.poses3d_fitted
        joined = Poses(
            np.concatenate([frames, *(part.frame for part in parts)]),
            np.concatenate([poses.boxes, *(part.straight(poses.boxes) for part in parts)]),
            np.concatenate([poses.poses2d, *(part.curved(poses.poses2d) for part in parts)]),
            np.concatenate([poses.poses3d, *(part.curved(poses.poses3d) for part in parts)]),
            np.concatenate([poses.joint_scores, *(part.straight(poses.joint_scores) for part in parts)]),
        )
        # People keep their order from the analysed frame before.
        order = np.lexsort((np.concatenate([rows, *(part.before for part in parts)]), joined.frame))
        tracks = table.track_ids
        if tracks is not None:
            tracks = np.concatenate([tracks, *(tracks[part.before] for part in parts)])[order]
        if fitted is not None:
            fitted = np.concatenate([fitted, *(part.curved(fitted) for part in parts)])[order]
        return PoseTable(self.times_s, joined.take(order), tracks, fitted)

    def _between(self, table: PoseTable, rows: NDArray[np.int64]) -> _Between:
        """The frames between those of one person's rows."""
        numbers, times = table.poses.frame[rows], table.timestamps_s
        apart_s = np.diff(times[numbers])
        longest_s = _LONGEST_INTERVALS * float(np.median(np.diff(times))) if len(times) > 1 else 0.0
        joined = (np.diff(numbers) == 1) & (apart_s <= longest_s)
        counts = np.where(joined, np.diff(self.places[numbers]) - 1, 0)
        pair = np.repeat(np.arange(len(counts)), counts)
        offset = np.arange(len(pair)) - np.repeat(np.cumsum(counts) - counts, counts) + 1
        frame = self.places[numbers[pair]] + offset
        begin_s, end_s = times[numbers[pair]], times[numbers[pair + 1]] if len(pair) else np.zeros(0)
        share = (self.times_s[frame] - begin_s) / (end_s - begin_s)
        return _Between(frame, rows[pair], share, rows, pair, joined, apart_s)

    def expanded_report(self, report: FittingReport) -> FittingReport:
        """The same of the whole video: what is said of an interpolated frame is that of the analysed one nearest."""
        return report.model_copy(update={"tracks": tuple(map(self._expanded_fit, report.tracks))})

    def _expanded_fit(self, fit: TrackFit) -> TrackFit:
        numbers = np.array(fit.frame_index, np.int64)
        counts = np.where(np.diff(numbers) == 1, np.diff(self.places[numbers]), 1) if len(numbers) else numbers
        counts = np.append(counts, 1) if len(numbers) else counts
        entry = np.repeat(np.arange(len(numbers)), counts)
        offset = np.arange(len(entry)) - np.repeat(np.cumsum(counts) - counts, counts)
        frames = self.places[numbers[entry]] + offset
        nearest = np.where(2 * offset > counts[entry], entry + 1, entry).tolist()
        lists = ("legs_exchanged", "arms_exchanged", "residual_px", "flags")
        values = {name: tuple(getattr(fit, name)[place] for place in nearest) for name in lists if getattr(fit, name)}
        exchanges = tuple(map(self._expanded_exchange, fit.exchanges))
        return fit.model_copy(update={**values, "frame_index": tuple(frames.tolist()), "exchanges": exchanges})

    def _expanded_exchange(self, exchange: SideExchange) -> SideExchange:
        ends = {name: int(self.places[getattr(exchange, name)]) for name in ("first_frame", "last_frame")}
        return exchange.model_copy(update=ends)

    def expanded_returns(self, returns: tuple[TrackReturn, ...]) -> tuple[TrackReturn, ...]:
        """The same with frames of the whole video."""
        return tuple(back.model_copy(update={"frame": int(self.places[back.frame])}) for back in returns)


@dataclass(frozen=True, slots=True)
class _Between:
    """Frames between those of one person's rows.

    Attributes:
        frame: ``(n,)`` of the video.
        before: ``(n,)`` the person's row before each.
        share: ``(n,)`` of the way from that row's time to the next one's.
        rows: ``(m,)`` all of the person.
        pair: ``(n,)`` the position in ``rows`` of the row before.
        joined: ``(m - 1,)`` whether a row and the next one belong together.
        apart_s: ``(m - 1,)`` time between them.
    """

    frame: NDArray[np.int64]
    before: NDArray[np.int64]
    share: NDArray[np.float64]
    rows: NDArray[np.int64]
    pair: NDArray[np.int64]
    joined: NDArray[np.bool_]
    apart_s: NDArray[np.float64]

    def straight(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values on straight lines between those of the rows."""
        own = values[self.rows].astype(np.float64)
        share = self._column(self.share, values)
        return np.asarray(own[self.pair] * (1 - share) + own[self.pair + 1] * share, np.float32)

    def curved(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Values on cubic curves through those of the rows; NaN where one of both ends is."""
        own = values[self.rows].astype(np.float64)
        apart = self._column(self.apart_s, values)
        slope = np.where(self._column(self.joined, values), np.diff(own, axis=0) / apart, np.nan)
        after, before = np.append(slope, slope[-1:] * np.nan, axis=0), np.insert(slope, 0, slope[:1] * np.nan, axis=0)
        long_after, long_before = np.append(apart, apart[-1:], axis=0), np.insert(apart, 0, apart[:1], axis=0)
        parabola = (before * long_after + after * long_before) / (long_before + long_after)
        speed = np.where(np.isfinite(parabola), parabola, np.where(np.isfinite(after), after, before))
        share, length = self._column(self.share, values), apart[self.pair]
        begin, end = own[self.pair], own[self.pair + 1]
        rest = 1 - share
        curve = (
            begin * (1 + 2 * share) * rest**2 + end * share**2 * (3 - 2 * share)
            + length * share * rest * (speed[self.pair] * rest - speed[self.pair + 1] * share)
        )  # fmt: skip
        return curve.astype(np.float32)

    @staticmethod
    def _column(numbers: NDArray[np.float64] | NDArray[np.bool_], values: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(numbers.reshape(-1, *(1,) * (values.ndim - 1)))


def _people(table: PoseTable) -> list[int]:
    people: list[int] = np.unique(table.person_ids()).tolist()
    return people
