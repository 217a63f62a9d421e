"""Angles, velocities and events of one person over time, cleaned and measured as ``analyze`` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.body.measures import body_over_time
from neuropose_ray.analysis.body.segments import missing_joints
from neuropose_ray.analysis.cleaning.settings import CleaningSettings
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.config import MovementConfig, PreprocessingConfig
from neuropose_ray.analysis.runs.movement import analyse_movement
from neuropose_ray.analysis.runs.movement_records import MovementResults
from neuropose_ray.analysis.runs.subjects import load_subject
from neuropose_ray.schemas.motion_series import MotionEvent, MotionSeries


def motion_series(
    path: Path,
    *,
    video: str | None = None,
    track: int | None = None,
    poses: Literal["fitted", "model"] = "fitted",
    capture_fps: float | None = None,
) -> MotionSeries:
    """What an analysis with the usual settings finds, frame by frame.

    Args:
        path: a trial's folder or file.
        video: which video of a job's results.
        track: a person by id; None for who is seen longest.
        poses: the fitted skeleton where there is one, or what the pose model said.
        capture_fps: frames per second at which a slowed-down clip was taken; None for what the file says.

    Raises:
        InputError: the file holds no predictions, or no such person.
    """
    from neuropose_ray.analysis.angles.clinical import clinical_angles
    from neuropose_ray.analysis.angles.definitions import ANGLE_DEFINITIONS

    preprocessing = PreprocessingConfig(
        track=track, poses=poses, capture_fps=capture_fps, cleaning=CleaningSettings()
    )
    subject = load_subject(path, video, preprocessing)
    movement = analyse_movement(subject.motion, MovementConfig(kind="movement"), subject.conditions)
    table = clinical_angles(subject.motion)
    return MotionSeries(
        times_s=table.timestamps_s,
        angles_deg={name: table.angle(name) for name in table.names},
        velocities_deg_per_s={name: table.velocity(name) for name in table.names},
        body=_body(subject.motion),
        events=tuple(sorted(_events(movement.results), key=lambda event: event.time_s)),
        definitions={
            name: f"{ANGLE_DEFINITIONS[name].definition}; positive: {ANGLE_DEFINITIONS[name].positive}"
            for name in table.names
        },
        unreliable={angle.name: angle.reason for angle in movement.results.angles or () if not angle.reliable},
        warnings=(*subject.warnings, *movement.warnings),
        person=subject.person.description,
    )


def _events(results: MovementResults) -> Iterator[MotionEvent]:
    for event in results.gait.events if results.gait is not None else ():
        yield MotionEvent(
            event.timestamp_s, {"heel_strike": "heel strike", "toe_off": "toe-off"}[event.kind], event.side
        )
    for record in results.repetitions.records if results.repetitions is not None else ():
        side = "" if record.side == "none" else record.side
        for name, time_s in (("start", record.start_s), ("peak", record.peak_s), ("end", record.end_s)):
            yield MotionEvent(time_s, f"repetition {name}", side, record.number)
    for jump in results.body.jumps if results.body is not None else ():
        yield MotionEvent(jump.start_s, "jump take-off", jump.take_off, jump.number)
        yield MotionEvent(jump.end_s, "jump landing", jump.landing, jump.number)


def _body(motion: Motion) -> Mapping[str, NDArray[np.float64]]:
    """The whole body over time, by names that end with their unit."""
    if missing_joints(motion.skeleton):
        return {}
    body = body_over_time(motion)
    places = {f"centre_{axis}_m": body.motion.centre_m[:, column] for column, axis in enumerate("xyz")}
    return places | {
        "centre_height_m": body.height_m,
        "centre_speed_m_per_s": body.speed_m_per_s,
        "potential_energy_j_per_kg": body.potential_j_per_kg,
        "kinetic_energy_j_per_kg": body.motion.kinetic_j_per_kg,
        "rotational_energy_j_per_kg": body.motion.rotational_j_per_kg,
    }
