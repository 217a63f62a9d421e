"""Why no segment, or no repetition, was found, in one sentence."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.segmentation.cycle_length import noise_floor
from neuropose_ray.analysis.segmentation.extractors import extract_signal
from neuropose_ray.analysis.segmentation.movements import MovementSignal
from neuropose_ray.schemas.immutable import ReadOnlyMapping
from neuropose_ray.schemas.segmentation import Segmentation

#: The unit of each kind of extractor.
EXTRACTOR_UNITS = ReadOnlyMapping(
    {"joint_axis": "mm", "joint_pair_distance": "mm", "joint_speed": "mm/frame", "joint_angle": "rad"}
)
#: A signal moves where it covers more than its noise alone would: 90 % of white noise span 3.3 standard deviations.
_NOISE_MULTIPLE = 8.0


def movement_range(values: NDArray[np.floating]) -> float:
    """From the 5th to the 95th percentile, 0 where that is no more than noise; NaN where nothing is known.

    Args:
        values: ``(frames,)``, NaN where not known.
    """
    known = np.asarray(values, np.float64)[np.isfinite(values)]
    if not len(known):
        return float("nan")
    spread = float(np.ptp(np.percentile(known, [5, 95])))
    return spread if spread > _NOISE_MULTIPLE * noise_floor(known) else 0.0


def why_no_segments(motion: Motion, segmentation: Segmentation) -> str | None:
    """Why a segmentation is empty; None where it is not.

    Args:
        motion: the one that was cut.
        segmentation: of it.
    """
    if segmentation.segments:
        return None
    extractor = segmentation.config.extractor
    signal = f"the {extractor.kind.replace('_', ' ')}"
    spread = movement_range(extract_signal(motion.positions, extractor))
    if np.isnan(spread):
        return f"no segments were found: {signal} is not known in any frame"
    if spread == 0:
        return f"no segments were found: {signal} does not change beyond its noise"
    bounded = segmentation.config.min_prominence is not None or segmentation.config.min_height is not None
    why = "no peak reaches the bounds that were set" if bounded else "it does not rise to a peak and fall again"
    return f"no segments were found, although {signal} moves by {spread:.3g} {EXTRACTOR_UNITS[extractor.kind]}: {why}"


def most_moving(signals: list[MovementSignal]) -> tuple[MovementSignal, float] | None:
    """The signal of the greatest range with that range; None where nothing moves beyond its noise."""
    moving = [(signal, spread) for signal in signals if (spread := movement_range(signal.values)) > 0]
    return max(moving, key=lambda pair: pair[1], default=None)
