"""Two trials of a movement brought together in time and space, and what changed between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis import MeasureChange, Motion, TrialComparison, compare_trials, procrustes_align
from neuropose_ray.render import Cell, Column, Comparison, Fact, Table
from neuropose_ray.report.collect.curves import label_of
from neuropose_ray.report.collect.person import ReportedPerson
from neuropose_ray.report.collect.ranges import doubted, estimate
from neuropose_ray.report.collect.warnings import sentence
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """What a report shows of a comparison.

    Attributes:
        comparison: path, skeletons and deviations.
        tables: the measures of both with what changed, and the angles at the moments that belong together.
        warnings: what makes it less sure.
    """

    comparison: Comparison
    tables: tuple[Table, ...]
    warnings: tuple[str, ...]


def compare(first_person: ReportedPerson, second_person: ReportedPerson) -> ComparisonResult:
    """Warp by the z-normalised clinical angles, then lay the first's joints over the second's (Procrustes).

    Joints are taken from the middle of the hips; one rotation, translation and scale for the whole trial, never
    mirrored, as :func:`~neuropose_ray.analysis.runs.pairwise.compare_trials` describes it.

    Args:
        first_person: of the trial of the report.
        second_person: of the other trial; of any skeleton with the landmarks, whose other joints are then missing
            (NaN).

    Raises:
        InputError: no angle is known well enough in both, or they share fewer than three joints.
    """
    first, second = first_person.cleaned.motion, second_person.cleaned.motion
    conditions = first_person.conditions, second_person.conditions
    trial_comparison = compare_trials(first, second, conditions=conditions)
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
        (*_change_tables(trial_comparison), _angle_table(trial_comparison)),
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


def _change_tables(comparison: TrialComparison) -> list[Table]:
    """Means of repetitions and gait of both trials, and by how much they changed; none where nothing is shared."""
    changes = [change for change in comparison.changes if change.part != "angles"]
    if not changes:
        return []
    columns = [Column("Measure"), Column("Side"), Column("Unit")]
    for name in ("First", "Second"):
        columns += [Column(f"{name}: mean", "", 2), Column("SD", "", 2), Column("n", "", 0)]
    columns += [Column("Change", "", 2), Column("Beyond its band")]
    return [
        Table(
            title=f"What changed from {comparison.first} to {comparison.second}",
            columns=tuple(columns),
            rows=tuple(_change_row(change) for change in changes),
            note="The change is the second minus the first. Its band is of the errors of measuring, where they are "
            "known, and of the spread between repetitions (Welch 1947): a change whose band holds 0 is no finding.",
        )
    ]


def _change_row(change: MeasureChange) -> tuple[Cell, ...]:
    cells: list[Cell] = [change.label, change.side or None, change.unit]
    for each in (change.first, change.second):
        cells += [estimate(each.mean, each.band), each.sd, float(each.n)]
    return (*cells, estimate(change.change, change.band), _finding(change))


def _finding(change: MeasureChange | None) -> str | None:
    """Whether a change can be told from none; None where that is not known."""
    if change is None or change.band is None or not change.band.reliable or change.band.low is None:
        return None
    return "yes" if change.band.is_finding else "no"


def _angle_table(comparison: TrialComparison) -> Table:
    changes = {change.name: change for change in comparison.changes if change.part == "angles"}
    rows: list[tuple[Cell, ...]] = []
    for angle in comparison.angles:
        change = changes.get(angle.name)
        ranges: list[Cell] = [angle.range_first, angle.range_second, None]
        if change is not None:
            ranges = [estimate(each.mean, each.band) for each in (change.first, change.second)]
            ranges.append(estimate(change.change, change.band))
        cells = (doubted(cell, angle.reason) for cell in (angle.rmse, angle.mean_difference, *ranges))
        rows.append((label_of(angle.name), *cells, _finding(change)))
    return Table(
        title=f"Angles of {comparison.first} against {comparison.second}",
        columns=(
            Column("Angle"), Column("RMSE", "deg"), Column("Mean difference", "deg"),
            Column("Range of the first", "deg"), Column("Range of the second", "deg"),
            Column("Change of range", "deg"), Column("Beyond its band"),
        ),
        rows=tuple(rows),
        note="RMSE and mean difference are at the moments that belong together; the mean difference is the first "
        "minus the second, the change of range the second minus the first: one whose band holds 0 is no finding.",
    )  # fmt: skip


def _number(value: float | None, decimals: int) -> str:
    return "not known" if value is None else f"{value:.{decimals}f}"
