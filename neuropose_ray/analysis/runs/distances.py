"""The distance of one pair of parts, as configured and in numbers that can be compared with those of other pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.dtw.warping import DTWResult
from neuropose_ray.analysis.runs.config import DtwConfig
from neuropose_ray.analysis.runs.signals import resolve_joints
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.skeleton import Skeleton

Array = NDArray[np.float64]
_Triplet = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class PairDistance:
    """How far two parts are apart.

    Attributes:
        distance: NeuroPose's: the sum over the path, of all joints together or of each joint's own.
        per_frame: per pair of frames and joint: root mean square over the joints (angles), mean over the path; where
            each joint has a path of its own, the mean of theirs. It depends neither on how long the parts are nor on
            how many joints there are.
        path: pairs of frames; of several joints' own paths the first.
        per_joint: what is summed in ``distance`` where each joint has a path of its own; NaN for one left out.
        left_out: the joints (angles) that are not known in one of the parts.
    """

    distance: float
    per_frame: float
    path: tuple[tuple[int, int], ...]
    per_joint: tuple[float, ...]
    left_out: tuple[str, ...] = ()


def pair_distance(first: Array, second: Array, config: DtwConfig, skeleton: Skeleton, *, label: str) -> PairDistance:
    """Warp one part onto another.

    With the policy ``interpolate`` a joint that is missing throughout a part is left out; NeuroPose refuses it.

    Args:
        first: ``(frames, joints, 3)`` mm.
        second: of the same joints.
        config: method, alignment and policy.
        skeleton: the names of the joints.
        label: of the pair, for messages.

    Raises:
        InputError: a joint is unknown to the skeleton, or NaN stands in the way of the policy.
    """
    if config.method == "dtw_relation":
        return _relation(first, second, config, skeleton)
    triplets = [_triplet(triplet, skeleton) for triplet in config.angle_triplets or ()]
    names = _unit_names(triplets, config, skeleton)
    known = _known_units(first, second, triplets, config)
    kept = [unit for unit in range(len(names)) if known[unit]]
    left_out = tuple(name for unit, name in enumerate(names) if not known[unit])
    if not kept:
        raise InputError(f"nothing is known of {label} in both trials", hint="choose joints that are seen in both")
    options = _options(config) | {"representation": config.representation}
    if config.representation == "angles":
        options["angle_triplets"] = [triplets[unit] for unit in kept]
    else:
        first, second = first[:, kept], second[:, kept]
    if config.method == "dtw_per_joint":
        return _per_joint(first, second, options, config, kept, len(names), left_out)
    from neuropose_ray.analysis.dtw.distance import dtw_all

    result = dtw_all(first, second, **options)
    per_frame = _per_pair(result, config) / np.sqrt(len(kept) * _channels_counted(config))
    return PairDistance(result.distance, float(per_frame), tuple(result.path), (result.distance,), left_out)


def _relation(first: Array, second: Array, config: DtwConfig, skeleton: Skeleton) -> PairDistance:
    from neuropose_ray.analysis.dtw.distance import dtw_relation

    joints = [joint for joint in (config.joint_i, config.joint_j) if joint is not None]
    result = dtw_relation(first, second, *resolve_joints(joints, skeleton), **_options(config))
    per_frame = _per_pair(result, config) / np.sqrt(_channels_counted(config))
    return PairDistance(result.distance, float(per_frame), tuple(result.path), (result.distance,))


def _per_joint(
    first: Array,
    second: Array,
    options: dict[str, Any],
    config: DtwConfig,
    kept: list[int],
    units: int,
    left_out: tuple[str, ...],
) -> PairDistance:
    from neuropose_ray.analysis.dtw.distance import dtw_per_joint

    results = dtw_per_joint(first, second, **options)
    distances = np.full(units, np.nan)
    distances[kept] = [result.distance for result in results]
    per_frame = np.mean([_per_pair(result, config) for result in results]) / np.sqrt(_channels_counted(config))
    return PairDistance(
        distance=float(sum(result.distance for result in results)),
        per_frame=float(per_frame),
        path=tuple(results[0].path),
        per_joint=tuple(distances.tolist()),
        left_out=left_out,
    )


def _options(config: DtwConfig) -> dict[str, Any]:
    return {
        "align": config.align, "align_scale": config.align_scale, "nan_policy": config.nan_policy,
        **config.warping.model_dump(),
    }  # fmt: skip


def _triplet(joints: tuple[Any, Any, Any], skeleton: Skeleton) -> _Triplet:
    first, middle, last = resolve_joints(joints, skeleton)
    return first, middle, last


def _unit_names(triplets: list[_Triplet], config: DtwConfig, skeleton: Skeleton) -> list[str]:
    """What is compared: joints, or angles by the joint at which they are."""
    if config.representation == "coords":
        return list(skeleton.joint_names)
    return [f"angle at {skeleton.joint_names[middle]}" for _, middle, _ in triplets]


def _known_units(first: Array, second: Array, triplets: list[_Triplet], config: DtwConfig) -> NDArray[np.bool_]:
    """``(units,)``: whether a joint or an angle is known in a frame of each part, of which the rest can be drawn."""
    if config.nan_policy != "interpolate":
        return np.ones(len(triplets) if config.representation == "angles" else first.shape[1], bool)
    if config.representation == "coords":
        known = [np.isfinite(part).all(-1).any(0) for part in (first, second)]
    else:
        from neuropose_ray.analysis.angles.triplets import extract_joint_angles

        known = [np.isfinite(extract_joint_angles(part, triplets)).any(0) for part in (first, second)]
    return np.asarray(known[0] & known[1])


def _per_pair(result: DTWResult, config: DtwConfig) -> float:
    return result.distance if config.warping.path_normalise else result.distance / len(result.path)


def _channels_counted(config: DtwConfig) -> int:
    """Channels of a joint over which the mean is taken: a distance in space is of one joint, z-scores of one axis."""
    return 3 if config.representation == "coords" and config.warping.z_normalise else 1
