"""Which of the people in a video a reference is of, and how well this person's poses fit it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.evaluate.joints import landmark_joints, sequence
from neuropose_ray.evaluate.offset import OffsetSearch, best_lag_s
from neuropose_ray.evaluate.results import TrackScores
from neuropose_ray.evaluate.scoring import score
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.skeleton import Skeleton

if TYPE_CHECKING:
    from neuropose_ray.evaluate.reference import Reference

#: Of the frames of whoever is seen in most while the reference was recorded; a passer-by may fit in a few by chance.
_LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class _Candidate:
    poses: Literal["model", "fitted"]
    track: int
    landmarks: NDArray[np.float64]


def score_tracks(
    table: PoseTable,
    skeleton: Skeleton,
    reference: Reference,
    *,
    where: str,
    track: int | None = None,
    search: OffsetSearch | None = None,
) -> tuple[TrackScores, ...]:
    """Compare one person's poses, as the model gave them and fitted, with a reference.

    Args:
        table: predictions of a video, at least one frame; NaN where a joint was not found.
        skeleton: their joints.
        reference: what to compare with.
        where: what an error names.
        track: whose poses: a track's id, or the position in the frame where the table holds no tracks. None for
            whoever has the smallest PA-MPJPE among those seen in at least half as many frames as the most seen one.
        search: of the offset between the two clocks; None for the usual one, or for none at all where the reference
            is on the video's own clock.

    Returns:
        One entry for each kind of poses in the table.

    Raises:
        InputError: no such track; no times, or none in common with the reference; nobody was found while it was
            recorded; the skeleton lacks a joint of the limbs.
    """
    search = search or (OffsetSearch(range_s=0) if reference.of_the_video else OffsetSearch())
    during = _during(table, reference, search.range_s, where)
    persons = _persons(table)
    tracks = _seen_often(table, persons, during, where) if track is None else [_known(track, persons, where)]
    scored = [
        _score(candidate, table.timestamps_s, reference, search)
        for candidate in _candidates(table, skeleton, persons, tracks, where)
    ]
    best = min(scored, key=lambda track_scores: np.nan_to_num(track_scores.scores.pa_mpjpe_mm, nan=np.inf))
    if not best.scores.found_frames:
        raise _nobody(where)
    return tuple(track_scores for track_scores in scored if track_scores.track == best.track)


def _score(
    candidate: _Candidate, times_s: NDArray[np.float64], reference: Reference, search: OffsetSearch
) -> TrackScores:
    offset_s = best_lag_s(times_s, candidate.landmarks, reference.at, search)
    truth = reference.landmarks_at(times_s + offset_s)
    return TrackScores(
        poses=candidate.poses,
        track=candidate.track,
        time_offset_s=offset_s,
        offset_at_limit=search.range_s > 0 and abs(offset_s) > search.range_s - search.step_s / 2,
        scores=score(candidate.landmarks, truth, times_s, same_axes=reference.of_the_video),
    )


def _candidates(
    table: PoseTable, skeleton: Skeleton, persons: NDArray[np.int64], tracks: list[int], where: str
) -> Iterator[_Candidate]:
    """One at a time: of a long video each is large."""
    kinds: list[tuple[Literal["model", "fitted"], NDArray[np.float32]]] = [("model", table.poses.poses3d)]
    if table.poses3d_fitted is not None:
        kinds.append(("fitted", table.poses3d_fitted))
    for kind, poses3d in kinds:
        for track in tracks:
            whole = sequence(poses3d, table.poses.frame, table.frame_count, persons == track)
            yield _Candidate(kind, track, landmark_joints(whole, skeleton, where=where))


def _during(table: PoseTable, reference: Reference, range_s: float, where: str) -> NDArray[np.bool_]:
    """``(frames,)`` whether the reference covers the frame at any of the offsets."""
    if not np.isfinite(table.timestamps_s).all():
        hint = "its metadata needs the frame rate (fps) of the video"
        raise InputError("its frames have no times", where=where, hint=hint)
    first, last = reference.timestamps_s[[0, -1]]
    during = (table.timestamps_s >= first - range_s) & (table.timestamps_s <= last + range_s)
    if not during.any():
        start, end = table.timestamps_s[[0, -1]]
        raise InputError(
            f"the video ({start:.2f} to {end:.2f} s) and the reference ({first:.2f} to {last:.2f} s) "
            "have no time in common",
            where=where,
            hint="bring them onto one clock, or search a larger offset",
        )
    return np.asarray(during)


def _persons(table: PoseTable) -> NDArray[np.int64]:
    """Whose each row is: the track's id, or without tracks the position in the frame, as in NeuroPose."""
    if table.track_ids is not None:
        return table.track_ids.astype(np.int64)
    return np.arange(len(table.poses)) - np.searchsorted(table.poses.frame, table.poses.frame)


def _known(track: int, persons: NDArray[np.int64], where: str) -> int:
    known = np.unique(persons).tolist()
    if track not in known:
        listed = ", ".join(map(str, known)) or "none"
        raise InputError(f"there is no track {track}", where=where, hint=f"there are: {listed}")
    return track


def _seen_often(table: PoseTable, persons: NDArray[np.int64], during: NDArray[np.bool_], where: str) -> list[int]:
    tracks, frames = np.unique(persons[during[table.poses.frame]], return_counts=True)
    if not len(tracks):
        raise _nobody(where)
    seen_often: list[int] = tracks[frames >= _LEAST_SHARE * frames.max()].tolist()
    return seen_often


def _nobody(where: str) -> InputError:
    return InputError("nobody was found while the reference was recorded", where=where, hint="check the times")
