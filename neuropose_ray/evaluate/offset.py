"""The offset between a video's clock and a reference's."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neuropose_ray.evaluate.joints import LIMB_JOINTS
from neuropose_ray.evaluate.measures import procrustes_errors
from neuropose_ray.schemas.immutable import FrozenModel

#: Errors that differ by less, in mm, are the same: of a person who stands still no offset can be told.
_SAME_MM = 1e-6
#: In median errors: a frame counts at most so much, whatever was mistaken in it.
_CAP = 3.0
#: Of the frames at the offset that has most: few frames fit by chance.
_LEAST_OVERLAP = 0.5
#: Evenly taken; more do not make the minimum clearer.
_MOST_FRAMES = 1000


class OffsetSearch(FrozenModel):
    """Settings of the search for an offset."""

    range_s: float = Field(
        default=0.06, ge=0, description="to both sides; 20 to 40 ms are usual between a camera and marker mocap"
    )
    step_s: float = Field(default=0.01, gt=0, description="a sample of mocap at the usual 100 Hz")

    def offsets_s(self) -> NDArray[np.float64]:
        """All that are tried, the nearest to 0 first."""
        count = round(self.range_s / self.step_s)
        return np.array(sorted(range(-count, count + 1), key=abs)) * self.step_s


def best_lag_s(
    times_s: NDArray[np.float64],
    limbs: NDArray[np.float64],
    truth_at: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    search: OffsetSearch | None = None,
) -> float:
    """Seconds to add to a video's times: the offset to the reference with the smallest PA-MPJPE, outliers capped.

    Cameras and mocap systems are rarely started by one signal. PA-MPJPE forgives place and direction in every frame,
    so that the body's own movement decides.

    Args:
        times_s: ``(frames,)`` of the video.
        limbs: ``(frames, 12, 3)`` mm, NaN where not found; further joints are left aside.
        truth_at: gives the reference ``(n, 12, 3)`` at ``n`` times, NaN where not known.
        search: how to search; None for the defaults.

    Returns:
        Seconds; of equally good ones the nearest to 0, and 0 where nothing can be compared.
    """
    search = search or OffsetSearch()
    frames_found = np.flatnonzero(np.isfinite(limbs[:, : len(LIMB_JOINTS)]).all((1, 2)))
    frames_found = frames_found[:: -(-len(frames_found) // _MOST_FRAMES) or 1]
    limbs_found, found_times_s = limbs[frames_found, : len(LIMB_JOINTS)], times_s[frames_found]
    offsets_s = search.offsets_s()
    trials = [_frame_errors(limbs_found, truth_at(found_times_s + offset)) for offset in offsets_s]
    most = max(map(len, trials))
    if not most:
        return 0.0
    cap = _CAP * np.median(np.concatenate(trials))
    means = np.full(len(trials), np.inf)
    for index, errors in enumerate(trials):
        if len(errors) >= _LEAST_OVERLAP * most:
            means[index] = np.minimum(errors, cap).mean()
    return float(offsets_s[np.flatnonzero(means <= means.min() + _SAME_MM)[0]])


def _frame_errors(limbs: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    """PA-MPJPE of each frame whose truth is known."""
    truth = truth[:, : len(LIMB_JOINTS)]
    known = np.isfinite(truth).all((1, 2))
    return np.asarray(procrustes_errors(limbs[known], truth[known]).mean(1))
