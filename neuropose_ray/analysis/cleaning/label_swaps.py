"""Left and right exchanged by the pose model: found by continuity over the whole motion, and put back.

Exchanging two labels turns the sign of the vector from the right joint to the left and leaves their middle as it is:
all evidence is in how that vector goes on. Labels are chosen for the whole motion at once (Viterbi 1967, IEEE Trans
Inf Theory 13:260): a single noisy frame flips nothing, and a long exchange is found by its beginning and its end.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.cleaning.limbs import LimbPairs, Pair, limb_pairs
from neuropose_ray.analysis.cleaning.records import LabelSwap
from neuropose_ray.analysis.cleaning.samples import Floats, Scalar, known_samples, unbroken_runs
from neuropose_ray.analysis.cleaning.settings import LabelSwapSettings
from neuropose_ray.schemas.skeleton import Skeleton

#: What a limb's labels may be: right; exchanged below the hip or shoulder; exchanged altogether.
#: Whether roots and swinging joints are exchanged.
_STATES = ((0, 0), (0, 1), (1, 1))
#: No joint's surprise counts for more, as odds of 1 to 22000: beyond about 4.5 sigma it is an error of another kind.
_LARGEST_SURPRISE = 10.0
#: Standard deviation of noise over the median size of its fourth differences: these have 70 times its variance.
_NOISE_OF_FOURTH_DIFFERENCES = 1.4826 / np.sqrt(70)
#: Of a right-to-left vector, by whether labels are exchanged.
_SIGNS = (1, -1)
#: A speed is not carried on for longer: nobody keeps it through a long gap.
_COASTING_S = 0.1


def find_label_swaps(
    timestamps_s: Floats, positions: Floats, skeleton: Skeleton, settings: LabelSwapSettings
) -> tuple[LabelSwap, ...]:
    """Where left and right are exchanged, legs and arms separately.

    Args:
        timestamps_s: ``(frames,)`` ascending, even or not.
        positions: ``(frames, joints, 3)`` mm. A pair with a NaN says nothing in that frame; frames without any known
            pair of a limb are passed over, and the longer they last the less the next frame must agree.
        skeleton: limbs are found by its landmarks; without them nothing is.
        settings: how sure an exchange must be.

    Returns:
        Runs of exchanged frames, in order of limb and time; a run across a gap is one.
    """
    swaps = []
    for limb in limb_pairs(skeleton):
        frames_seen = np.flatnonzero(np.isfinite(_right_to_left(positions, limb.swinging)).all(-1).any(-1))
        states = np.zeros(len(timestamps_s), np.int64)
        if len(frames_seen) > 1:
            path = _likeliest_path(timestamps_s[frames_seen], positions[frames_seen], limb, settings)
            between = np.arange(frames_seen[0], frames_seen[-1] + 1)  # unseen frames inside an exchange belong to it
            states[between] = path[np.searchsorted(frames_seen, between, side="right") - 1]
        swaps += [swap for state in (1, 2) for swap in _runs(states, state, limb, skeleton)]
    return tuple(swaps)


def _runs(states: NDArray[np.int64], state: int, limb: LimbPairs, skeleton: Skeleton) -> list[LabelSwap]:
    pairs = limb.swinging if state == 1 else limb.roots + limb.swinging
    joints = tuple(skeleton.joint_names[joint] for pair in pairs for joint in pair)
    return [
        LabelSwap(limb=limb.limb, joints=joints, first_frame=first, last_frame=end - 1)
        for first, end in unbroken_runs(states == state).tolist()
    ]


def exchange(values: NDArray[Scalar], skeleton: Skeleton, swaps: tuple[LabelSwap, ...]) -> NDArray[Scalar]:
    """A copy of ``(frames, joints, ...)`` with left and right exchanged where ``swaps`` say so."""
    exchanged = values.copy()
    for swap in swaps:
        ours = [skeleton.index(name) for name in swap.joints]
        theirs = [ours[place ^ 1] for place in range(len(ours))]  # they come in pairs
        frames = slice(swap.first_frame, swap.last_frame + 1)
        exchanged[frames, ours] = values[frames, theirs]
    return exchanged


def _right_to_left(positions: Floats, pairs: tuple[Pair, ...]) -> Floats:
    """``(frames, pairs, 3)`` mm, NaN where one of the two is missing."""
    right, left = np.array(pairs, np.int64).reshape(-1, 2).T
    both = known_samples(positions)[:, right] & known_samples(positions)[:, left]
    return np.where(both[..., None], positions[:, left] - positions[:, right], np.nan)


def _likeliest_path(
    times: Floats, positions: Floats, limb: LimbPairs, settings: LabelSwapSettings
) -> NDArray[np.int64]:
    """The state of each frame; ``times`` and ``positions`` are those of the seen frames."""
    roots = _surprise(times, _right_to_left(positions, limb.roots), settings)
    swinging = _surprise(times, _right_to_left(positions, limb.swinging), settings)
    root, swing = np.array(_STATES).T
    surprise = roots[:, root][:, :, root][..., root] + swinging[:, swing][:, :, swing][..., swing]
    exchanged = np.arange(len(_STATES)) != 0
    per_frame = settings.cost_per_s * np.diff(times, prepend=times[0])[:, None] * exchanged
    switching = settings.switching_cost * (1 - np.eye(len(_STATES)))
    return _viterbi(surprise, per_frame, switching)


def _surprise(times: Floats, vectors: Floats, settings: LabelSwapSettings) -> Floats:
    """``(frames, 2, 2, 2)``: how badly each frame goes on from the two before it, by whether these were exchanged.

    Half the squared distance to the vector that constant speed predicts, in units of its uncertainty, limited, and
    averaged over the joints (those of a limb err together). Axes 1 to 3 are the frame before the last, the last, this
    one; index 1 is exchanged. 0 where nothing is known. Where only the last frame is known, it is the prediction.
    """
    surprise = np.zeros((len(times), 2, 2, 2))
    if len(times) < 2 or not vectors.shape[1]:
        return surprise
    last, before = (np.concatenate([np.full((n, *vectors.shape[1:]), np.nan), vectors[:-n]]) for n in (1, 2))
    ahead = np.diff(times, prepend=np.nan)[:, None]
    back = np.concatenate([ahead[:1], ahead[:-1]])
    ratio = np.minimum(ahead, _COASTING_S) / back
    # A speed measured over a short interval says nothing of a much longer one.
    moving = np.isfinite(before).all(-1) & (ratio <= 2)
    ratio = np.where(moving, ratio, 0)[..., None]
    variance = _variance(vectors, ratio, _drift(ahead, back, moving, settings), settings)
    for a, b, c in product((0, 1), repeat=3):
        speed_from = np.where(moving[..., None], _SIGNS[b] * last - _SIGNS[a] * before, 0)
        distance = _SIGNS[c] * vectors - (_SIGNS[b] * last + ratio * speed_from)
        limited = np.minimum((distance**2 / variance).sum(-1) / 2, _LARGEST_SURPRISE)
        counted = np.isfinite(limited)
        surprise[:, a, b, c] = np.where(counted, limited, 0).sum(1) / np.maximum(counted.sum(1), 1)
    return surprise


def _drift(ahead: Floats, back: Floats, moving: NDArray[np.bool_], settings: LabelSwapSettings) -> Floats:
    """``(frames, pairs)`` mm: how far a limb gets from its prediction by a change of speed."""
    change = settings.acceleration_mm_per_s2 * ahead / 2 * np.where(moving, ahead + back, ahead)
    unknown_speed = np.where(moving, 0, settings.acceleration_mm_per_s2 * _COASTING_S * ahead)
    return np.asarray(np.hypot(change, unknown_speed))


def _variance(vectors: Floats, ratio: Floats, drift: Floats, settings: LabelSwapSettings) -> Floats:
    """``(frames, pairs, 3)`` mm2 of a prediction that carries the noise of three frames, and a drift.

    The noise of each pair and axis (depth is the noisiest) is that of this motion: the median size of the fourth
    differences, in which little movement is left, over that of unit noise; ``noise_mm`` at least.
    """
    fourth = np.abs(np.diff(vectors, 4, axis=0))
    noise = np.full(vectors.shape[1:], settings.noise_mm)
    for pair, axis in np.ndindex(noise.shape):
        sizes = fourth[:, pair, axis]
        sizes = sizes[np.isfinite(sizes)]
        if len(sizes):
            noise[pair, axis] = max(settings.noise_mm, float(np.median(sizes)) * _NOISE_OF_FOURTH_DIFFERENCES)
    return noise**2 * (1 + (1 + ratio) ** 2 + ratio**2) + drift[..., None] ** 2


def _viterbi(surprise: Floats, per_frame: Floats, switching: Floats) -> NDArray[np.int64]:
    """The cheapest states of all frames.

    Args:
        surprise: ``(frames, states, states, states)``, of the frame before the last, the last and this one.
        per_frame: ``(frames, states)``.
        switching: ``(states, states)``, of the last and this one.
    """
    frames, states = per_frame.shape
    came_from = np.zeros((frames, states, states), np.int64)
    # The cost of the states (last, this) of the cheapest way there; two frames at least are seen. An exchange from
    # the first frame on costs as much as one within, else one bad frame would exchange all before it; the same holds
    # at the end.
    cost = (switching[0] + per_frame[0])[:, None] + surprise[1, 0] + switching + per_frame[1]
    for frame in range(2, frames):
        through = cost[:, :, None] + surprise[frame]
        came_from[frame] = through.argmin(0)
        cost = through.min(0) + switching + per_frame[frame]
    path = np.zeros(frames, np.int64)
    path[-2], path[-1] = np.unravel_index((cost + switching[:, 0]).argmin(), cost.shape)
    for frame in range(frames - 1, 1, -1):
        path[frame - 2] = came_from[frame, path[frame - 1], path[frame]]
    return path
