"""Two trials of a movement brought together in time and space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis import Motion, TrialComparison, compare_trials, procrustes_align
from neuropose_ray.render import Column, Comparison, Fact, Table
from neuropose_ray.report.collect.curves import label_of
from neuropose_ray.report.collect.warnings import sentence
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """What a report shows of a comparison.

    Attributes:
        comparison: path, skeletons and deviations.
        table: the angles of both at the moments that belong together.
        warnings: what makes it less sure.
    """

    comparison: Comparison
    table: Table
    warnings: tuple[str, ...]


def compare(first: Motion, second: Motion) -> ComparisonResult:
    """Warp by the z-normalised clinical angles, then lay the first's joints over the second's (Procrustes).

    Joints are taken from the middle of the hips; one rotation, translation and scale for the whole trial, never
    mirrored, as :func:`~neuropose_ray.analysis.runs.pairwise.compare_trials` describes it.

    Args:
        first: cleaned; the trial of the report.
        second: cleaned; of any skeleton with the landmarks, whose other joints are then missing (NaN).

    Raises:
        InputError: no angle is known well enough in both, or they share fewer than three joints.
    """
    trial_comparison = compare_trials(first, second)
    path = np.array(trial_comparison.path, np.int64)
    first_poses, second_poses = _around_hips(first, first.skeleton), _around_hips(second, first.skeleton)
    moved, target, _ = procrustes_align(first_poses[path[:, 0]], second_poses[path[:, 1]], scale=True)
    placed = np.full_like(first_poses, np.nan)
    placed[path[:, 0]] = moved
    comparison = Comparison(
        name_a=first.name,
        name_b=second.name,
        times_a_s=first.timestamps_s,
        times_b_s=second.timestamps_s,
        positions_a=placed,
        positions_b=second_poses,
        path=path,
        joint_names=first.skeleton.joint_names,
        deviation_mm=np.linalg.norm(moved - target, axis=-1).T,
        facts=_facts(trial_comparison),
    )
    return ComparisonResult(
        comparison,
        _angle_table(trial_comparison),
        tuple(sentence(f"Comparison: {text}") for text in trial_comparison.warnings),
    )


def _around_hips(motion: Motion, skeleton: Skeleton) -> Array:
    """``(frames, joints, 3)`` from the middle of the hips, in the order of a skeleton, by landmarks if it differs."""
    hips = (motion.joint("left_hip") + motion.joint("right_hip"))[:, None] / 2
    if motion.skeleton.joint_names == skeleton.joint_names:
        return np.asarray(motion.positions - hips)
    positions = np.full((len(motion), len(skeleton), 3), np.nan)
    for name in LANDMARKS:
        if skeleton.has(name) and motion.skeleton.has(name):
            positions[:, skeleton.index(name)] = motion.joint(name)
    return np.asarray(positions - hips)


def _facts(comparison: TrialComparison) -> tuple[Fact, ...]:
    tempo = comparison.tempo
    band = comparison.settings.warping.band
    return (
        Fact("Distance by angles", f"{_number(comparison.angle_distance, 2)} SD per pair of frames (0 is alike)"),
        Fact("Distance by joints", f"{_number(comparison.joint_distance_mm, 0)} mm, root mean square"),
        Fact(
            "Tempo", f"{_number(tempo.ratio, 2)} times as long ({tempo.first_s:.2f} s, then {tempo.second_s:.2f} s)"
        ),
        Fact("Largest lag", f"{_number(tempo.largest_lag_s, 2)} s off an even tempo, at {_number(tempo.at_s, 2)} s"),
        Fact("Repetitions", f"{tempo.repetitions_first} and {tempo.repetitions_second}"),
        Fact(
            "Warped by",
            f"exact dynamic time warping of {len(comparison.angles)} clinical angles, each z-normalised"
            + ("" if band is None else f", within a tenth of the length ({band:g})"),
        ),
        Fact(
            "Laid over by",
            f"Procrustes around the hips: turned by {_number(comparison.rotation_deg, 0)} degrees, scaled by "
            f"{_number(comparison.scale, 2)}",
        ),
    )


def _angle_table(comparison: TrialComparison) -> Table:
    return Table(
        title=f"Angles of {comparison.first} against {comparison.second}",
        columns=(
            Column("Angle"), Column("RMSE", "deg"), Column("Mean difference", "deg"),
            Column("Range of the first", "deg"), Column("Range of the second", "deg"),
        ),
        rows=tuple(
            (label_of(angle.name), angle.rmse, angle.mean_difference, angle.range_first, angle.range_second)
            for angle in comparison.angles
        ),
        note="At the moments that belong together; the difference is the first minus the second.",
    )  # fmt: skip


def _number(value: float | None, decimals: int) -> str:
    return "not known" if value is None else f"{value:.{decimals}f}"
