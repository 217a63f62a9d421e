"""The kind ``dtw``: primary against reference, segment by segment or as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.dtw.warping import DTWResult
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.config import DtwConfig
from neuropose_ray.analysis.runs.report import DtwResults
from neuropose_ray.analysis.runs.signals import resolve_joints
from neuropose_ray.analysis.segmentation.cycles import time_normalise
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.segmentation import Segment, Segmentation
from neuropose_ray.schemas.skeleton import Skeleton

Array = NDArray[np.float64]

#: The label of a trial that is not cut.
FULL_TRIAL = "full_trial"
#: Whole per cents of a cycle.
CYCLE_POINTS = 101


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """What a comparison gives.

    Attributes:
        results: as the report has them.
        warnings: what a reader of the numbers should know.
    """

    results: DtwResults
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two parts that are compared: the positions of primary and reference, ``(frames, joints, 3)``."""

    label: str
    primary: Array
    reference: Array


def compare_motions(
    primary: Motion,
    reference: Motion,
    segments: Mapping[str, Segmentation],
    reference_segments: Mapping[str, Segmentation],
    config: DtwConfig,
) -> ComparisonResult:
    """Dynamic time warping per pair of segments of the same name and place; without segments of the whole.

    Where ``align`` needs equal frame counts and a pair has not, or ``time_normalise_points`` is set, all pairs are
    resampled to one number of points, so that their distances can be compared with each other: cycles to 101, whole
    trials to the longer one's frames.

    Raises:
        InputError: the skeletons differ, a joint is unknown, or NaN stands in the way of ``nan_policy``.
    """
    if primary.skeleton.joint_names != reference.skeleton.joint_names:
        raise InputError(
            f"has the joints of {reference.skeleton.name}, {primary.name} those of {primary.skeleton.name}",
            where=reference.name, hint="compare trials of the same skeleton",
        )  # fmt: skip
    windows = _paired(primary, reference, segments, reference_segments)
    points, warnings = _points(windows, config)
    pairs = [
        _Pair(label, _part(primary, mine, points), _part(reference, theirs, points))
        for label, mine, theirs in windows
    ]
    results = _distances(pairs, config, primary.skeleton, points)
    return ComparisonResult(results, (*warnings, *_uncompared(segments, reference_segments)))


_Windows = list[tuple[str, Segment, Segment]]


def _paired(
    primary: Motion,
    reference: Motion,
    segments: Mapping[str, Segmentation],
    reference_segments: Mapping[str, Segmentation],
) -> _Windows:
    if not segments:
        mine, theirs = (Segment(start=0, end=len(motion), peak=0) for motion in (primary, reference))
        return [(FULL_TRIAL, mine, theirs)]
    return [
        (f"{key}[{index}]", mine, theirs)
        for key, segmentation in segments.items()
        for index, (mine, theirs) in enumerate(
            zip(segmentation.segments, reference_segments[key].segments, strict=False)
        )
    ]


def _points(windows: _Windows, config: DtwConfig) -> tuple[int | None, tuple[str, ...]]:
    """To how many points everything is resampled, None for not at all, and what to say of it."""
    if config.time_normalise_points is not None:
        return config.time_normalise_points, ()
    lengths = [(mine.end - mine.start, theirs.end - theirs.start) for _, mine, theirs in windows]
    if config.align == "none" or all(mine == theirs for mine, theirs in lengths):
        return None, ()
    points = max(map(max, lengths)) if windows[0][0] == FULL_TRIAL else CYCLE_POINTS
    return points, (f"align needs equal lengths: everything was resampled to {points} points",)


def _part(motion: Motion, window: Segment, points: int | None) -> Array:
    if points is None:
        return motion.positions[window.start : window.end]
    return np.asarray(time_normalise(motion.positions, motion.timestamps_s, [window], points=points).values[0])


def _distances(pairs: Sequence[_Pair], config: DtwConfig, skeleton: Skeleton, points: int | None) -> DtwResults:
    compare = _comparison(config, skeleton)
    results = [compare(pair.primary, pair.reference) for pair in pairs]
    distances = [sum(unit.distance for unit in units) for units in results]
    per_joint = tuple(tuple(unit.distance for unit in units) for units in results)
    return DtwResults(
        method=config.method,
        distances=tuple(distances),
        paths=tuple(tuple(units[0].path) for units in results),
        per_joint_distances=per_joint if config.method == "dtw_per_joint" else None,
        segment_labels=tuple(pair.label for pair in pairs),
        summary=_summary(distances),
        time_normalised_points=points,
    )


def _comparison(config: DtwConfig, skeleton: Skeleton) -> Callable[[Array, Array], list[DTWResult]]:
    """The function that the configuration describes: two ``(frames, joints, 3)`` to one result per unit."""
    from neuropose_ray.analysis.dtw.distance import dtw_all, dtw_per_joint, dtw_relation

    options: dict[str, Any] = {
        "align": config.align, "align_scale": config.align_scale, "nan_policy": config.nan_policy,
        **config.warping.model_dump(),
    }  # fmt: skip
    if config.method == "dtw_relation":
        joint_i, joint_j = resolve_joints(
            [joint for joint in (config.joint_i, config.joint_j) if joint is not None], skeleton
        )
        return lambda a, b: [dtw_relation(a, b, joint_i, joint_j, **options)]
    options["representation"] = config.representation
    options["angle_triplets"] = [resolve_joints(triplet, skeleton) for triplet in config.angle_triplets or ()] or None
    if config.method == "dtw_per_joint":
        return lambda a, b: dtw_per_joint(a, b, **options)
    return lambda a, b: [dtw_all(a, b, **options)]


def _summary(distances: Sequence[float]) -> dict[str, float]:
    """Mean and percentiles, by linear interpolation; empty without distances."""
    if not distances:
        return {}
    p50, p95, p99 = np.percentile(distances, [50, 95, 99]).tolist()
    return {"mean": float(np.mean(distances)), "p50": p50, "p95": p95, "p99": p99}


def _uncompared(segments: Mapping[str, Segmentation], others: Mapping[str, Segmentation]) -> list[str]:
    counts = {key: (len(segmentation.segments), len(others[key].segments)) for key, segmentation in segments.items()}
    return [
        f"{key}: {mine} segments in the primary, {theirs} in the reference; the first {min(mine, theirs)} compared"
        for key, (mine, theirs) in counts.items()
        if mine != theirs
    ]
