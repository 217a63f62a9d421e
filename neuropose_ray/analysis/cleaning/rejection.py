"""Samples that are not to be believed become missing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.cleaning.samples import Floats, known_samples, sliding_medians, sliding_windows
from neuropose_ray.analysis.cleaning.settings import OutlierSettings

#: A normal distribution's standard deviation over its median absolute deviation.
_SIGMA_OF_MAD = 1.4826


def reject_low_scores(positions: Floats, joint_scores: Floats, min_score: float) -> Floats:
    """Positions without those whose score is too low.

    Args:
        positions: ``(frames, joints, 3)`` mm.
        joint_scores: ``(frames, joints)`` in 0..1; where a score is NaN the position is kept.
        min_score: the lowest that is kept.

    Returns:
        ``(frames, joints, 3)`` mm, NaN where rejected.
    """
    return np.where((joint_scores < min_score)[..., None], np.nan, positions)


def hampel_outliers(timestamps_s: Floats, positions: Floats, settings: OutlierSettings) -> NDArray[np.bool_]:
    """``(frames, joints)``: samples that are far from the median of their neighbours (Hampel identifier).

    A sample is an outlier when a coordinate differs from the median of the window around it by more than
    ``threshold`` times 1.4826 MAD (Davies and Gather 1993, J Am Stat Assoc 88:782; as a filter Pearson et al. 2016,
    EURASIP J Adv Signal Process 2016:87) and by more than ``min_deviation_mm``. NaN is left out of the windows and
    is no outlier. A sample is judged only where half the neighbours on either side are known and near in time: at the
    ends of a motion, of long gaps, and at low frame rates a fast movement cannot be told from an outlier.

    Args:
        timestamps_s: ``(frames,)`` ascending, even or not.
        positions: ``(frames, joints, 3)`` mm.
        settings: window and threshold.
    """
    known, half = known_samples(positions), settings.window // 2
    times = sliding_windows(timestamps_s, settings.window, np.inf)
    near = np.abs(times - timestamps_s[:, None]) <= settings.max_window_s / 2
    outliers = np.zeros(known.shape, bool)
    for joint in range(positions.shape[1]):  # one at a time: windows of all joints of a long video fill the memory
        values = positions[:, joint]
        median, deviation = sliding_medians(values, near)
        limit = np.maximum(settings.threshold * _SIGMA_OF_MAD * deviation, settings.min_deviation_mm)
        counted = near & sliding_windows(known[:, joint], settings.window, 0)
        on_the_thinner_side = np.minimum(counted[:, :half].sum(1), counted[:, half + 1 :].sum(1))
        outliers[:, joint] = (np.abs(values - median) > limit).any(-1) & (2 * on_the_thinner_side >= half)
    return outliers


def reject_outliers(timestamps_s: Floats, positions: Floats, settings: OutlierSettings) -> Floats:
    """``(frames, joints, 3)`` mm, NaN where :func:`hampel_outliers` finds one; what was NaN stays NaN."""
    return np.where(hampel_outliers(timestamps_s, positions, settings)[..., None], np.nan, positions)
