"""Which frames of a person can be used before extremes are taken."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.motion import Motion

#: Seconds after a person comes into view, and before leaving it, in which parts of the body are still outside.
_EDGE_S = 0.2


def usable_frames(motion: Motion, doubtful: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """``(frames,)``: frames in which the person is seen, neither coming nor going, and the fit is not in doubt.

    The start and the end of the recording are no edges: nobody comes or goes there. Doubtful frames are kept where
    they are most of a person's frames, since then nothing would be left; that is said elsewhere.

    Args:
        motion: one person.
        doubtful: ``(frames,)`` where the fit contradicts picture or expected depth; None where that is not known.
    """
    seen: NDArray[np.bool_] = np.asarray(np.isfinite(motion.positions).all(-1).any(-1))
    usable = seen.copy()
    frames = np.flatnonzero(seen)
    times = motion.timestamps_s
    for run in np.split(frames, 1 + np.flatnonzero(np.diff(frames) > 1)) if len(frames) else ():
        inside = np.ones(len(run), bool)
        if run[0] > 0:
            inside &= times[run] >= times[run[0]] + _EDGE_S
        if run[-1] < len(seen) - 1:
            inside &= times[run] <= times[run[-1]] - _EDGE_S
        usable[run] = inside
    if not usable.any():
        usable = seen
    if doubtful is not None and (usable & doubtful).sum() <= usable.sum() / 2:
        usable = usable & ~doubtful
    return usable
