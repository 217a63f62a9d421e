"""Two trials side by side: how alike, where they differ, and in which tempo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from neuropose_ray.analysis.angles.table import AngleTable
from neuropose_ray.analysis.dtw.matrix import differing_repetitions
from neuropose_ray.analysis.dtw.settings import WarpingSettings
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.procrustes import AlignmentDiagnostics
from neuropose_ray.analysis.runs.changes import MeasureChange, measure_changes
from neuropose_ray.analysis.runs.config import MovementConfig
from neuropose_ray.analysis.runs.movement import analyse_movement
from neuropose_ray.analysis.runs.movement_records import MovementResults
from neuropose_ray.analysis.uncertainty.conditions import MEASURED, Conditions
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.immutable import FrozenModel, OptionalFloat, StrictInt, Utf8Str
from neuropose_ray.schemas.skeleton import LANDMARKS

#: Angles that most movements are made of, on both sides.
_LIMB_ANGLES = ("hip_flexion", "knee_flexion", "ankle_dorsiflexion", "shoulder_elevation", "elbow_flexion")

Array = NDArray[np.float64]
Path = NDArray[np.int64]


class PairSettings(FrozenModel):
    """How two trials are compared."""

    angles: tuple[str, ...] = Field(
        default=(
            *(f"{side}_{angle}" for angle in _LIMB_ANGLES for side in ("right", "left")),
            "trunk_forward_lean",
        ),
        description="clinical angles: they depend neither on the body's size nor on the camera's side",
    )
    min_coverage: float = Field(
        default=0.5, ge=0, le=1, description="share of frames in which an angle must be known"
    )
    min_range_deg: float = Field(
        default=15.0,
        ge=0,
        description="angles that move less in one of the trials do not steer the warping: z-normalisation would blow "
        "their noise up to the size of a movement",
    )
    warping: WarpingSettings = Field(
        default=WarpingSettings(z_normalise=True, path_normalise=True, band=0.1),
        description="z-normalised, or the angle that moves most wins; per pair of frames, so that long trials are no "
        "farther apart; within a tempo change of a tenth",
    )


class AngleDeviation(FrozenModel):
    """An angle of both trials at the moments that belong together, degrees."""

    name: str
    rmse: OptionalFloat
    mean_difference: OptionalFloat = Field(description="first minus second")
    range_first: OptionalFloat
    range_second: OptionalFloat
    reliable: bool = Field(default=True, description="whether it can be used in both trials; else show it greyed out")
    reason: str = Field(default="", description="why it cannot be relied on, in one sentence; empty where it can")


class JointDeviation(FrozenModel):
    """How far a joint of the first trial is from the second's, after Procrustes, at moments that belong together."""

    name: str
    mean_mm: OptionalFloat


class Tempo(FrozenModel):
    """How the second trial's time runs against the first's."""

    first_s: float
    second_s: float
    ratio: OptionalFloat = Field(description="second over first; 1.1 is a tenth slower")
    largest_lag_s: OptionalFloat = Field(
        description="largest time by which the second is late (early: negative) against an even tempo"
    )
    at_s: OptionalFloat = Field(description="time in the first trial at which it is")
    repetitions_first: StrictInt = Field(description="how many were found; 0 where nothing repeats")
    repetitions_second: StrictInt
    repetition_s_first: OptionalFloat = Field(description="mean duration of the whole ones")
    repetition_s_second: OptionalFloat


class TrialComparison(FrozenModel):
    """What a comparison of two trials gives; what is not known is null."""

    first: Utf8Str
    second: Utf8Str
    settings: PairSettings
    angle_distance: OptionalFloat = Field(
        description="by angles, in standard deviations: root mean square over the angles, mean over the pairs of "
        "frames; 0 is alike, unrelated curves have about 1"
    )
    joint_distance_mm: OptionalFloat = Field(
        description="by joints after Procrustes: root mean square over the joints, mean over the pairs of frames"
    )
    scale: OptionalFloat = Field(description="by which the first was multiplied")
    rotation_deg: OptionalFloat = Field(description="by which it was turned")
    angles: tuple[AngleDeviation, ...]
    joints: tuple[JointDeviation, ...]
    tempo: Tempo
    changes: tuple[MeasureChange, ...] = Field(
        default=(), description="measures of both, from the first to the second"
    )
    path: tuple[tuple[int, int], ...] = Field(description="frames that belong together")
    warnings: tuple[str, ...] = ()


def compare_trials(
    first: Motion,
    second: Motion,
    settings: PairSettings | None = None,
    *,
    conditions: tuple[Conditions, Conditions] = (MEASURED, MEASURED),
) -> TrialComparison:
    """Lay one trial over the other in time by their angles, and compare angles and joints where they belong together.

    One dynamic time warping of all angles together gives the pairs of frames. Over these pairs the first trial's
    joints, taken from the middle of the hips, are laid on the second's by one rotation, translation and scale for the
    whole trial (Procrustes, never mirrored), so that place, way, direction and size of the body do not count.

    Args:
        first: cleaned; single missing frames are bridged by a line, for the warping alone.
        second: of any skeleton that has the landmarks.
        settings: None for the defaults.
        conditions: how the first and the second were recorded, on which the error bands of their measures depend.

    Raises:
        InputError: no angle is known well enough in both trials, or they share fewer than three joints.
    """
    from neuropose_ray.analysis.angles.clinical import clinical_angles

    settings = settings or PairSettings()
    tables = clinical_angles(first), clinical_angles(second)
    known, moving = _comparable(*tables, settings)
    if not moving:
        raise InputError(
            f"no angle is known and moves enough in both {first.name} and {second.name}",
            hint="compare trials in which the same joints move and are seen",
        )
    distance, path = _warped(*tables, moving, settings)
    joints, deviations, moved = _joints(first, second, path)
    movements = [
        analyse_movement(motion, MovementConfig(kind="movement"), recorded).results
        for motion, recorded in zip((first, second), conditions, strict=True)
    ]
    tempo = _tempo(first, second, movements, path)
    squares = deviations**2
    paired = np.isfinite(squares).any(1)
    rms = np.sqrt(np.nanmean(squares[paired], axis=1)) if paired.any() else np.array([np.nan])
    return TrialComparison(
        first=first.name,
        second=second.name,
        settings=settings,
        angle_distance=distance,
        joint_distance_mm=float(rms.mean()),
        scale=moved.scale,
        rotation_deg=moved.rotation_deg,
        angles=tuple(_deviation(tables, movements, name, path) for name in known),
        joints=tuple(
            JointDeviation(name=name, mean_mm=_mean(column))
            for name, column in zip(joints, deviations.T, strict=True)
        ),
        tempo=tempo,
        changes=measure_changes(*movements),
        path=tuple((first_frame, second_frame) for first_frame, second_frame in path.tolist()),
        warnings=tuple(_warnings([name for name in settings.angles if name not in known], tempo)),
    )


def _comparable(first: AngleTable, second: AngleTable, settings: PairSettings) -> tuple[list[str], list[str]]:
    """The angles that both trials know, and those of them that both move."""
    ranges = first.ranges(), second.ranges()
    known = [
        name
        for name in settings.angles
        if all(name in table and table[name].coverage >= settings.min_coverage for table in ranges)
    ]
    return known, [name for name in known if min(table[name].range for table in ranges) >= settings.min_range_deg]


def _warped(
    first: AngleTable, second: AngleTable, names: Sequence[str], settings: PairSettings
) -> tuple[float, Path]:
    from neuropose_ray.analysis.dtw.missing import without_missing
    from neuropose_ray.analysis.dtw.warping import warp_path

    first_series, second_series = (
        without_missing(np.stack([table.angle(name) for name in names], axis=1), "interpolate")
        for table in (first, second)
    )
    warping = warp_path(first_series, second_series, settings.warping)
    return warping.distance / np.sqrt(len(names)), np.array(warping.path, np.int64).reshape(-1, 2)


def _deviation(
    tables: tuple[AngleTable, AngleTable], movements: Sequence[MovementResults], name: str, path: Path
) -> AngleDeviation:
    first_angle, second_angle = (table.angle(name) for table in tables)
    summaries = [angle for movement in movements for angle in movement.angles or () if angle.name == name]
    reasons = [angle.reason for angle in summaries if not angle.reliable]
    difference = first_angle[path[:, 0]] - second_angle[path[:, 1]]
    known = difference[np.isfinite(difference)]
    return AngleDeviation(
        name=name,
        rmse=float(np.sqrt(np.mean(known**2))) if len(known) else None,
        mean_difference=float(known.mean()) if len(known) else None,
        range_first=float(np.nanmax(first_angle) - np.nanmin(first_angle)),
        range_second=float(np.nanmax(second_angle) - np.nanmin(second_angle)),
        reliable=not reasons,
        reason=reasons[0] if reasons else "",
    )


def _joints(first: Motion, second: Motion, path: Path) -> tuple[Sequence[str], Array, AlignmentDiagnostics]:
    """Names, distances ``(pairs, joints)`` in mm, and how the first was moved."""
    from neuropose_ray.analysis.procrustes import procrustes_align

    names: Sequence[str] = first.skeleton.joint_names
    if names != second.skeleton.joint_names:
        names = [name for name in LANDMARKS if first.skeleton.has(name) and second.skeleton.has(name)]
    first_poses, second_poses = (
        np.stack([motion.joint(name) for name in names], axis=1) - _hips(motion) for motion in (first, second)
    )
    try:
        aligned, target, moved = procrustes_align(first_poses[path[:, 0]], second_poses[path[:, 1]], scale=True)
    except InputError as error:
        hint = "compare trials in which the same part of the body is seen"
        raise InputError(error.what, where=f"{first.name} and {second.name}", hint=hint) from error
    return names, np.linalg.norm(aligned - target, axis=-1), moved


def _hips(motion: Motion) -> Array:
    """``(frames, 1, 3)``, the middle of both."""
    return np.asarray((motion.joint("left_hip") + motion.joint("right_hip"))[:, None] / 2)


def _tempo(first: Motion, second: Motion, movements: Sequence[MovementResults], path: Path) -> Tempo:
    first_times_s, second_times_s = (motion.timestamps_s - motion.timestamps_s[0] for motion in (first, second))
    records = [movement.repetitions.records if movement.repetitions else () for movement in movements]
    durations = [_mean(np.array([rep.end_s - rep.start_s for rep in reps if rep.complete])) for reps in records]
    ratio = float(second_times_s[-1] / first_times_s[-1]) if first_times_s[-1] > 0 else None
    lags = second_times_s[path[:, 1]] - (ratio or 0) * first_times_s[path[:, 0]]
    most = int(np.abs(lags).argmax())
    return Tempo(
        first_s=float(first_times_s[-1]),
        second_s=float(second_times_s[-1]),
        ratio=ratio,
        largest_lag_s=float(lags[most]) if ratio is not None else None,
        at_s=float(first.timestamps_s[path[most, 0]]) if ratio is not None else None,
        repetitions_first=len(records[0]),
        repetitions_second=len(records[1]),
        repetition_s_first=durations[0],
        repetition_s_second=durations[1],
    )


def _warnings(left_out: Sequence[str], tempo: Tempo) -> Iterator[str]:
    if left_out:
        yield f"angles that are not known well enough in both: {', '.join(left_out)}"
    if tempo.repetitions_first != tempo.repetitions_second:
        yield differing_repetitions(f"{tempo.repetitions_first} and {tempo.repetitions_second}")


def _mean(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None
