"""The kind ``dtw``: primary against reference, segment by segment or as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.dtw.settings import distance_unit
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.config import DtwConfig
from neuropose_ray.analysis.runs.distances import pair_distance
from neuropose_ray.analysis.runs.report import DtwResults
from neuropose_ray.analysis.segmentation.cycles import time_normalise
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.segmentation import Segment, Segmentation
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

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


def compare_motions(
    primary: Motion,
    reference: Motion,
    segments: Mapping[str, Segmentation],
    reference_segments: Mapping[str, Segmentation],
    config: DtwConfig,
) -> ComparisonResult:
    """Dynamic time warping per pair of segments of the same name and place; without segments of the whole.

    Where ``align`` needs equal frame counts and a pair has not, that pair is resampled: cycles to 101 points, whole
    trials to the longer one's frames. Pairs of equal frame counts stay as they are, as in NeuroPose; what becomes of
    one pair never depends on another. ``time_normalise_points`` resamples all of them.

    Trials of different skeletons are compared by the landmarks that both have. With the policy ``interpolate`` a
    joint that is missing throughout a part is left out of its pair.

    Raises:
        InputError: the skeletons share no landmark, a joint is unknown, or NaN stands in the way of ``nan_policy``.
    """
    windows = _paired(primary, reference, segments, reference_segments)
    primary, reference, of_skeletons = _of_one_skeleton(primary, reference, config)
    points = [_points(window, config) for window in windows]
    pairs = [
        pair_distance(
            _part(primary, mine, count), _part(reference, theirs, count), config, primary.skeleton, label=label
        )
        for (label, mine, theirs), count in zip(windows, points, strict=True)
    ]
    distances = [pair.distance for pair in pairs]
    labels = [label for label, *_ in windows]
    results = DtwResults(
        method=config.method,
        unit=distance_unit(config.representation, config.warping),
        distances=tuple(distances),
        distances_per_frame=tuple(pair.per_frame for pair in pairs),
        paths=tuple(pair.path for pair in pairs),
        per_joint_distances=tuple(pair.per_joint for pair in pairs) if config.method == "dtw_per_joint" else None,
        segment_labels=tuple(labels),
        summary=_summary(distances),
        time_normalised_points=max((count for count in points if count is not None), default=None),
    )
    warnings = (
        *of_skeletons,
        *_resampled(labels, points, config),
        *(f"{label}: not known, left out: {', '.join(pair.left_out)}"
          for label, pair in zip(labels, pairs, strict=True) if pair.left_out),
        *_uncompared(segments, reference_segments),
    )  # fmt: skip
    return ComparisonResult(results, warnings)


_Window = tuple[str, Segment, Segment]


def _paired(
    primary: Motion,
    reference: Motion,
    segments: Mapping[str, Segmentation],
    reference_segments: Mapping[str, Segmentation],
) -> list[_Window]:
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


def _of_one_skeleton(primary: Motion, reference: Motion, config: DtwConfig) -> tuple[Motion, Motion, tuple[str, ...]]:
    """Both as they are, or their common landmarks where the joints differ, and what to say of that."""
    if primary.skeleton.joint_names == reference.skeleton.joint_names:
        return primary, reference, ()
    names = tuple(name for name in LANDMARKS if primary.skeleton.has(name) and reference.skeleton.has(name))
    skeletons = f"{primary.skeleton.name} and {reference.skeleton.name}"
    if not names:
        raise InputError(
            f"the skeletons {skeletons} have no landmark in common",
            where=reference.name, hint="compare trials of the same skeleton",
        )  # fmt: skip
    asked = [joint for triplet in config.angle_triplets or () for joint in triplet]
    if any(isinstance(joint, int) for joint in (*asked, config.joint_i, config.joint_j)):
        raise InputError(
            f"the skeletons {skeletons} count their joints differently",
            where=reference.name, hint="name the joints by landmarks, as left_knee",
        )  # fmt: skip
    warning = f"the skeletons {skeletons} differ: compared by the {len(names)} landmarks that both have"
    return _landmarks_of(primary, names), _landmarks_of(reference, names), (warning,)


def _landmarks_of(motion: Motion, names: tuple[str, ...]) -> Motion:
    joints = [motion.skeleton.index(name) for name in names]
    return replace(
        motion,
        skeleton=Skeleton(name="landmarks", joint_names=names, landmarks={name: name for name in names}),
        positions=motion.positions[:, joints],
        joint_scores=motion.joint_scores[:, joints],
    )


def _points(window: _Window, config: DtwConfig) -> int | None:
    """To how many points a pair is resampled, None for not at all."""
    label, mine, theirs = window
    lengths = mine.end - mine.start, theirs.end - theirs.start
    if config.time_normalise_points is not None:
        return config.time_normalise_points
    if config.align == "none" or lengths[0] == lengths[1]:
        return None
    return max(lengths) if label == FULL_TRIAL else CYCLE_POINTS


def _resampled(labels: Sequence[str], points: Sequence[int | None], config: DtwConfig) -> Iterator[str]:
    changed = [(label, count) for label, count in zip(labels, points, strict=True) if count is not None]
    if changed and config.time_normalise_points is None:
        listed = ", ".join(label for label, _ in changed)
        yield f"align needs equal lengths: resampled to {changed[0][1]} points: {listed}"


def _part(motion: Motion, window: Segment, points: int | None) -> Array:
    if points is None:
        return motion.positions[window.start : window.end]
    times = motion.timestamps_s
    if np.isnan(times).all():  # without a frame rate every frame counts alike
        times = np.arange(len(motion), dtype=np.float64)
    return np.asarray(time_normalise(motion.positions, times, [window], points=points).values[0])


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
