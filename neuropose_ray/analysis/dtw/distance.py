"""Dynamic time warping of movements: whole bodies, single joints, and one joint relative to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Unpack, get_args

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.dtw.missing import NanPolicy, without_missing
from neuropose_ray.analysis.dtw.settings import WarpingOptions, WarpingSettings, warping_settings
from neuropose_ray.analysis.dtw.warping import DTWResult, warp_path
from neuropose_ray.errors import SequenceError

AlignMode = Literal["none", "procrustes_per_frame", "procrustes_per_sequence"]
Representation = Literal["coords", "angles"]
#: Three joint indices; the angle is at the middle one.
Triplet = tuple[int, int, int]
Positions = NDArray[np.float64]


def dtw_all(
    a: Positions,
    b: Positions,
    *,
    align: AlignMode = "none",
    align_scale: bool = False,
    representation: Representation = "coords",
    angle_triplets: Sequence[Triplet] | None = None,
    nan_policy: NanPolicy = "propagate",
    **warping: Unpack[WarpingOptions],
) -> DTWResult:
    """Compare whole bodies: one path for all joints ("dependent" warping).

    Args:
        a: ``(frames_a, joints, 3)`` in mm, any axes that both share.
        b: ``(frames_b, joints, 3)``, the same joints.
        align: move a onto b first, by one rotation and translation for all frames or one for each; the numbers of
            frames must then be equal.
        align_scale: also scale a to b's size.
        representation: the coordinates of all joints, or angles in radians.
        angle_triplets: for angles, at least one.
        nan_policy: what to do about missing numbers, after alignment; see
            :func:`neuropose_ray.analysis.dtw.missing.without_missing`. With ``drop`` the path counts the frames left.
        warping: the fields of :class:`neuropose_ray.analysis.dtw.settings.WarpingSettings`.

    Raises:
        SequenceError: shapes or arguments do not fit, or numbers are missing and the policy cannot help.
    """
    settings = warping_settings(warping)
    a, b = _aligned(*_validated(a, b), align, align_scale)
    units = (_channels(values, representation, angle_triplets) for values in (a, b))
    first, second = (values.reshape(len(values), values.shape[1] * values.shape[2]) for values in units)
    return _compared(first, second, nan_policy, settings)


def dtw_per_joint(
    a: Positions,
    b: Positions,
    *,
    align: AlignMode = "none",
    align_scale: bool = False,
    representation: Representation = "coords",
    angle_triplets: Sequence[Triplet] | None = None,
    nan_policy: NanPolicy = "propagate",
    **warping: Unpack[WarpingOptions],
) -> list[DTWResult]:
    """Compare joint by joint, or angle by angle: each has a path of its own ("independent" warping).

    The arguments are those of :func:`dtw_all`. The policy for missing numbers works on each joint alone, so that
    ``drop`` can leave different frames to different joints.

    Returns:
        One result for each joint, or for each of ``angle_triplets``.

    Raises:
        SequenceError: shapes or arguments do not fit, or numbers are missing and the policy cannot help.
    """
    settings = warping_settings(warping)
    a, b = _aligned(*_validated(a, b), align, align_scale)
    first, second = (_channels(values, representation, angle_triplets) for values in (a, b))
    return [_compared(first[:, unit], second[:, unit], nan_policy, settings) for unit in range(first.shape[1])]


def dtw_relation(
    a: Positions,
    b: Positions,
    joint_i: int,
    joint_j: int,
    *,
    align: AlignMode = "none",
    align_scale: bool = False,
    nan_policy: NanPolicy = "propagate",
    **warping: Unpack[WarpingOptions],
) -> DTWResult:
    """Compare how joint j moves relative to joint i: the vectors ``p_j - p_i`` in mm.

    The other arguments are those of :func:`dtw_all`.

    Raises:
        SequenceError: shapes, joints or arguments do not fit, or numbers are missing and the policy cannot help.
    """
    settings = warping_settings(warping)
    a, b = _validated(a, b)
    joints = a.shape[1]
    if not (0 <= joint_i < joints and 0 <= joint_j < joints):
        raise SequenceError(
            f"joint indices {joint_i} and {joint_j} are not both in 0..{joints - 1}", where="dtw_relation"
        )
    a, b = _aligned(a, b, align, align_scale)
    return _compared(a[:, joint_j] - a[:, joint_i], b[:, joint_j] - b[:, joint_i], nan_policy, settings)


def _validated(a: Positions, b: Positions) -> tuple[Positions, Positions]:
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if a.ndim != 3 or b.ndim != 3:
        raise SequenceError(
            f"expected 3D arrays (frames, joints, 3), not of shape {a.shape} and {b.shape}", where="dtw"
        )
    if a.shape[1] != b.shape[1]:
        raise SequenceError(f"the joint count differs: {a.shape[1]} and {b.shape[1]}", where="dtw")
    return a, b


def _aligned(a: Positions, b: Positions, align: AlignMode, scale: bool) -> tuple[Positions, Positions]:
    if align == "none":
        return a, b
    if align not in get_args(AlignMode):
        raise SequenceError(f"unknown align {align!r}; there are: {', '.join(get_args(AlignMode))}", where="dtw")
    if len(a) != len(b):
        raise SequenceError(
            f"align={align} needs matching frame counts, not {len(a)} and {len(b)}",
            where="dtw",
            hint="time-normalise both first",
        )
    from neuropose_ray.analysis.procrustes import procrustes_align

    aligned, _, _ = procrustes_align(
        a, b, mode="per_frame" if align == "procrustes_per_frame" else "per_sequence", scale=scale
    )
    return aligned, b


def _channels(
    positions: Positions, representation: Representation, triplets: Sequence[Triplet] | None
) -> NDArray[np.float64]:
    """``(frames, units, values)``: three coordinates of each joint, or one angle of each triplet."""
    if representation == "coords":
        return positions
    if representation != "angles":
        known = ", ".join(get_args(Representation))
        raise SequenceError(f"unknown representation {representation!r}; there are: {known}", where="dtw")
    if not triplets:
        raise SequenceError("representation angles needs angle_triplets, at least one", where="dtw")
    from neuropose_ray.analysis.angles.triplets import extract_joint_angles

    return extract_joint_angles(positions, triplets)[:, :, None]


def _compared(
    a: NDArray[np.float64], b: NDArray[np.float64], nan_policy: NanPolicy, settings: WarpingSettings
) -> DTWResult:
    return warp_path(without_missing(a, nan_policy), without_missing(b, nan_policy), settings)
