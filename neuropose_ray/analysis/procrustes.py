"""One movement laid on another: the best rotation and translation, with or without scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neuropose_ray.errors import SequenceError

Array = NDArray[np.float64]

#: One fit for each frame, or one for all frames together.
ProcrustesMode = Literal["per_frame", "per_sequence"]

#: Fewer do not determine a rotation in space.
_POINTS_NEEDED: Final = 3


@dataclass(frozen=True, slots=True)
class AlignmentDiagnostics:
    """How far a source was moved. Of several fits (``per_frame``) the means, and the maxima.

    Attributes:
        mode: as asked.
        rotation_deg: angle of the rotation, in degrees.
        rotation_deg_max: the largest.
        translation: length of the translation vector in the unit of the sequences, from the origin of the axes;
            not how far the body's middle was moved.
        translation_max: the largest.
        scale: by which the source was multiplied; 1 unless asked for.
        coverage: share of the points that were there in both sequences and took part, in 0..1.
    """

    mode: ProcrustesMode
    rotation_deg: float
    rotation_deg_max: float
    translation: float
    translation_max: float
    scale: float
    coverage: float = 1.0


@dataclass(frozen=True, slots=True)
class _Fits:
    """``scale * rotation @ point + translation`` for each of several fits.

    Shapes: rotations ``(fits, 3, 3)``, translations ``(fits, 3)``, scales ``(fits,)``.
    """

    rotations: Array
    translations: Array
    scales: Array

    def apply(self, points: Array) -> Array:
        """To points ``(fits, points, 3)``."""
        turned = points @ np.swapaxes(self.rotations, -2, -1)
        return np.asarray(self.scales[:, None, None] * turned + self.translations[:, None])

    def angles_deg(self) -> Array:
        """The angles of the rotations, ``(fits,)``."""
        cosines = (np.trace(self.rotations, axis1=-2, axis2=-1) - 1) / 2
        return np.asarray(np.degrees(np.arccos(np.clip(cosines, -1, 1))))


def procrustes_align(
    source: ArrayLike, target: ArrayLike, *, mode: ProcrustesMode = "per_sequence", scale: bool = False
) -> tuple[Array, Array, AlignmentDiagnostics]:
    """Lay ``source`` on ``target`` with the least squared distance, without mirroring.

    Kabsch, Acta Crystallographica A32, 1976; with scale Umeyama, IEEE TPAMI 13(4), 1991. The fit is over the
    joints that are known in both (no NaN); joints missing from the source stay NaN. Where joints are missing, three
    common ones are needed: ``per_frame``, a frame with fewer becomes NaN and takes no part in the diagnostics.

    Args:
        source: ``(frames, joints, 3)``, left as it is.
        target: the same shape.
        mode: ``per_sequence`` keeps the movement within the sequence, ``per_frame`` leaves the posture only.
        scale: also fit one factor.

    Returns:
        The moved source and the target, both ``(frames, joints, 3)``, and what was done. Without any frame or joint
        nothing is moved.

    Raises:
        SequenceError: (a ValueError) shapes that differ or are not (frames, joints, 3), an unknown mode, or fewer
            than three points in common throughout.
    """
    moving, fixed = np.asarray(source, np.float64), np.asarray(target, np.float64)
    _check(moving, fixed, mode)
    if not fixed.size:
        return moving.copy(), fixed.copy(), AlignmentDiagnostics(mode, 0.0, 0.0, 0.0, 0.0, 1.0)
    per_fit = (len(fixed) if mode == "per_frame" else 1, -1, 3)
    moving, goal = moving.reshape(per_fit), fixed.reshape(per_fit)
    common = np.asarray((np.isfinite(moving) & np.isfinite(goal)).all(-1))
    possible = np.asarray(common.all(-1) | (common.sum(-1) >= _POINTS_NEEDED))
    if not possible.any():
        raise SequenceError(f"fewer than {_POINTS_NEEDED} joints are known in both sequences at a time")
    fits = _fitted(moving[possible], goal[possible], common[possible], scale)
    aligned = np.full_like(goal, np.nan)
    aligned[possible] = fits.apply(moving[possible])
    coverage = float(common[possible].sum() / common.size)
    return aligned.reshape(fixed.shape), fixed.copy(), _diagnostics(mode, fits, coverage)


def _check(source: Array, target: Array, mode: str) -> None:
    if mode not in get_args(ProcrustesMode):
        raise SequenceError(f"unknown mode {mode!r}", hint=f"choose from {', '.join(get_args(ProcrustesMode))}")
    if source.shape != target.shape:
        raise SequenceError(f"source and target must have the same shape, not {source.shape} and {target.shape}")
    if source.ndim != 3 or source.shape[-1] != 3:
        raise SequenceError(f"expected shape (frames, joints, 3), not {source.shape}")


def _fitted(source: Array, target: Array, common: NDArray[np.bool_], scale: bool) -> _Fits:
    """The best motions of points ``(fits, points, 3)`` onto others, over those in common ``(fits, points)``."""
    count = common.sum(-1)[:, None]
    moving, fixed = (np.where(common[..., None], points, 0) for points in (source, target))
    moving_mean, fixed_mean = moving.sum(1) / count, fixed.sum(1) / count
    moving = np.where(common[..., None], moving - moving_mean[:, None], 0)
    fixed = np.where(common[..., None], fixed - fixed_mean[:, None], 0)
    left, values, right = np.linalg.svd(np.swapaxes(moving, -2, -1) @ fixed)
    turned = np.swapaxes(right, -2, -1)
    handed = np.ones_like(values)
    handed[:, 2] = np.where(np.linalg.det(turned @ np.swapaxes(left, -2, -1)) < 0, -1, 1)
    rotations = turned @ (handed[..., None] * np.swapaxes(left, -2, -1))
    scales = np.ones(len(values))
    if scale:
        spread = (moving**2).sum((1, 2))
        np.divide((values * handed).sum(-1), spread, out=scales, where=spread > 0)
    moved_mean = (rotations @ moving_mean[..., None])[..., 0]
    return _Fits(rotations, fixed_mean - scales[:, None] * moved_mean, scales)


def _diagnostics(mode: ProcrustesMode, fits: _Fits, coverage: float) -> AlignmentDiagnostics:
    angles, lengths = fits.angles_deg(), np.linalg.norm(fits.translations, axis=-1)
    return AlignmentDiagnostics(
        mode=mode,
        rotation_deg=float(angles.mean()),
        rotation_deg_max=float(angles.max()),
        translation=float(lengths.mean()),
        translation_max=float(lengths.max()),
        scale=float(fits.scales.mean()),
        coverage=coverage,
    )
