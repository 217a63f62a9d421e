"""Right and left of a track: where the depth prior sees that the pose model exchanged them, put back where sure.

From the front and from behind a picture does not say which leg is which; how the legs move and lie in depth does. The
prior is asked for the labels as given; where it finds them exchanged, they are exchanged and it is asked again: half
the difference of both answers is free of what it would say of anybody from this view.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.fitting import FittedSequence
from neuropose_ray.schemas.fitting import SideExchange
from neuropose_ray.schemas.skeleton import Skeleton

#: Log-odds of a frame from which on a stretch of exchanged labels begins, and down to which it goes on.
SUSPECTED, STILL_SUSPECTED = 0.7, 0.0
#: Mean log-odds of both answers from which on labels are put back: odds of 1 to 4. On real people whose labels are
#: right the answers are -4 to -1, on the same with labels exchanged 1 to 5.
SURE = 1.5
#: Shorter stretches are left alone: the prior sees a second around a frame, and cannot tell single frames.
SHORTEST_S = 0.2
#: So far from where the prior has it, the frame is looked for in which labels change.
BORDER_S = 0.3
#: Longer ones are told to a reader even where they are not sure.
TOLD_S = 0.4

_LIMBS = ("legs", "arms")
_PARTS = {"legs": ("hip", "knee", "ankle", "heel", "toe", "foot"), "arms": ("shoulder", "elbow", "wrist", "hand")}
_FINGERS = ("pinky", "index", "thumb")


#: A limb, and frames ``begin <= frame < end``.
_Suspect = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Observations:
    """A track as the pose model gave it: ``(T, J, 2)`` px, ``(T, J)`` in 0..1, ``(T, J, 3)`` mm."""

    pixels: NDArray[np.float32]
    scores: NDArray[np.float32]
    points: NDArray[np.float32]

    def exchanged(self, frames: NDArray[np.bool_], joints: NDArray[np.int64]) -> Observations:
        """The same with other labels in some frames."""
        arrays = []
        for given in (self.pixels, self.scores, self.points):
            changed = given.copy()
            changed[frames] = given[frames][:, joints]
            arrays.append(changed)
        return Observations(*arrays)


def fit_with_sides(
    given: Observations,
    times: NDArray[np.float64],
    skeleton: Skeleton,
    fit: Callable[[Observations], FittedSequence],
) -> tuple[FittedSequence, tuple[SideExchange, ...]]:
    """The fit of a track, with right and left put back where that is sure, and where they look exchanged.

    Args:
        given: as the pose model has it.
        times: ``(T,)`` seconds.
        skeleton: of the poses.
        fit: makes a fit; its ``exchanged`` is the prior's answer.

    Returns:
        Frames of the exchanges count from the track's first.
    """
    first = fit(given)
    suspects = [_with_borders(suspect, given, times, skeleton) for suspect in _suspects(first.exchanged, times)]
    if not suspects:
        return first, ()
    second = fit(_put_back(given, suspects, skeleton))
    judged = [(suspect, _log_odds(suspect, first, second)) for suspect in suspects]
    sure = [suspect for suspect, odds in judged if odds >= SURE]
    if len(sure) < len(suspects):
        second = fit(_put_back(given, sure, skeleton)) if sure else first
    if first.improved and not second.improved:
        sure, second = [], first
    records = [
        _record(suspect, odds, repaired=suspect in sure)
        for suspect, odds in judged
        if suspect in sure or _is_told(suspect, odds, times)
    ]
    return second, tuple(records)


def _put_back(given: Observations, suspects: list[_Suspect], skeleton: Skeleton) -> Observations:
    for limb, begin, end in suspects:
        frames = np.zeros(len(given.pixels), np.bool_)
        frames[begin:end] = True
        given = given.exchanged(frames, counterparts(skeleton, limb))
    return given


def _suspects(exchanged: NDArray[np.float32] | None, times: NDArray[np.float64]) -> list[_Suspect]:
    """Limbs and frames ``begin <= frame < end`` that look exchanged for long enough."""
    if exchanged is None:
        return []
    interval_s = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    suspects: list[_Suspect] = []
    for limb, odds in zip(_LIMBS, exchanged.T, strict=True):
        still = np.flatnonzero(np.nan_to_num(odds, nan=-np.inf) > STILL_SUSPECTED)
        runs = np.split(still, 1 + np.flatnonzero(np.diff(still) > 1))
        suspects += [
            (limb, int(run[0]), int(run[-1]) + 1)
            for run in runs
            if len(run) and odds[run].max() > SUSPECTED and len(run) * interval_s >= SHORTEST_S
        ]
    return suspects


def _with_borders(suspect: _Suspect, given: Observations, times: NDArray[np.float64], skeleton: Skeleton) -> _Suspect:
    """The same between the frames in which the joints jump to the places of the other side.

    The prior sees a second around a frame and blurs where labels change; the picture does not.
    """
    limb, begin, end = suspect
    joints = counterparts(skeleton, limb)
    own = np.flatnonzero(joints != np.arange(len(joints)))
    pixels = given.pixels[:, own].astype(np.float64)
    other = given.pixels[:, joints[own]].astype(np.float64)
    with np.errstate(invalid="ignore"):
        as_given = np.linalg.norm(np.diff(pixels, axis=0), axis=-1).mean(-1)
        exchanged = np.linalg.norm(other[1:] - pixels[:-1], axis=-1).mean(-1)
    gain = np.concatenate([[np.nan], as_given - exchanged])  # of a change of labels between a frame and the last one
    reach = round(BORDER_S / float(np.median(np.diff(times))))
    first = _best_border(gain, max(1, begin - reach), min(end, begin + reach + 1)) if begin else 0
    last = (
        _best_border(gain, max(begin + 1, end - reach), min(len(times), end + reach + 1)) if end < len(times) else end
    )
    first, last = (chosen if chosen is not None else usual for chosen, usual in ((first, begin), (last, end)))
    return (limb, first, last) if first < last else suspect


def _best_border(gain: NDArray[np.float64], begin: int, end: int) -> int | None:
    part = np.nan_to_num(gain[begin:end], nan=-np.inf)
    if not len(part) or part.max() <= 0:
        return None
    return begin + int(np.argmax(part))


def _log_odds(suspect: _Suspect, first: FittedSequence, second: FittedSequence) -> float:
    limb, begin, end = suspect
    column = _LIMBS.index(limb)
    answers = [_mean(fit.exchanged, begin, end, column) for fit in (first, second)]
    return (answers[0] - answers[1]) / 2 if np.isfinite(answers).all() else 0.0


def _mean(exchanged: NDArray[np.float32] | None, begin: int, end: int, column: int) -> float:
    values = np.zeros(0) if exchanged is None else exchanged[begin:end, column]
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else float("nan")


def _is_told(suspect: _Suspect, odds: float, times: NDArray[np.float64]) -> bool:
    _, begin, end = suspect
    return odds > STILL_SUSPECTED and bool(times[end - 1] - times[begin] >= TOLD_S)


def _record(suspect: _Suspect, odds: float, *, repaired: bool) -> SideExchange:
    limb, begin, end = suspect
    return SideExchange(
        limb="legs" if limb == "legs" else "arms",
        first_frame=begin,
        last_frame=end - 1,
        log_odds=round(odds, 2),
        repaired=repaired,
    )


def counterparts(skeleton: Skeleton, limb: str) -> NDArray[np.int64]:
    """``(J,)`` for each joint of the limb that of the other side, for all others themselves."""
    names = skeleton.joint_names
    own = {name: landmark for landmark, name in skeleton.landmarks.items()}
    places = np.arange(len(names))
    for place, name in enumerate(names):
        landmark = own.get(name, name)
        parts = (*_PARTS[limb], *(_FINGERS if limb == "arms" else ()))
        side, _, part = landmark.partition("_")
        if side not in ("left", "right") or not any(word in part for word in parts):
            continue
        if limb == "arms" and part.startswith("foot"):
            continue
        other = f"{'right' if side == 'left' else 'left'}_{part}"
        if skeleton.has(other):
            places[place] = skeleton.index(other)
    return places
