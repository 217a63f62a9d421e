"""The part of a movement analysis that is about the whole body: centre of mass, energies, jumps and running."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuropose_ray.analysis.body.flights import find_flights, leg_length_m
from neuropose_ray.analysis.body.jumps import jump_record
from neuropose_ray.analysis.body.measures import BODY_MEASURES, body_over_time, measure_body
from neuropose_ray.analysis.body.records import BodyMeasure, BodyRecord, Running
from neuropose_ray.analysis.body.running import RUNNING_MEASURES, Run, find_runs, jumps_among
from neuropose_ray.analysis.body.segments import missing_joints
from neuropose_ray.analysis.body.settings import BodySettings
from neuropose_ray.analysis.gait.records import GaitEvents
from neuropose_ray.analysis.measures.labels import body_label
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.uncertainty.bands import body_band
from neuropose_ray.analysis.uncertainty.conditions import Conditions, doubtful_frames
from neuropose_ray.analysis.uncertainty.frames import usable_frames
from neuropose_ray.analysis.uncertainty.records import Remark
from neuropose_ray.words import counted

#: An event of a foot that is so near to a run belongs to it.
_NEAR_RUN_S = 0.5


@dataclass(frozen=True, slots=True)
class BodyAnalysis:
    """What was found of the whole body.

    Attributes:
        record: as the report has it; None where the skeleton lacks joints.
        runs: of somebody who runs.
        remarks: why there is no record, that somebody runs, and which jumps are in doubt.
    """

    record: BodyRecord | None
    runs: tuple[Run, ...]
    remarks: tuple[Remark, ...]


def analyse_body(motion: Motion, settings: BodySettings, conditions: Conditions) -> BodyAnalysis:
    """The centre of mass of a person and what follows from it.

    Args:
        motion: one person, cleaned.
        settings: of masses, floor and flights.
        conditions: how the person was recorded, on which the error bands depend.
    """
    missing = missing_joints(motion.skeleton)
    if missing:
        names = ", ".join(name.replace("_", " ") for name in missing)
        sentence = f"no centre of mass: the skeleton {motion.skeleton.name} has no {names}"
        return BodyAnalysis(None, (), (Remark(kind="not_measured", concerns="body", sentence=sentence),))
    body = body_over_time(motion, settings)
    flights = find_flights(motion, body.motion.centre_m, body.up, settings)
    runs = find_runs(flights, motion.timestamps_s, body.motion.centre_m, body.up, settings)
    lift_m = settings.min_lift * leg_length_m(motion)
    jumps = tuple(
        jump_record(number, flight, 1 / motion.frame_rate_hz, lift_m)
        for number, flight in enumerate(jumps_among(flights, runs), start=1)
    )
    numbers = measure_body(motion, body, usable_frames(motion, doubtful_frames(motion, conditions)))
    record = BodyRecord(
        masses=settings.masses,
        stand_ins=body.stand_ins,
        coverage=float(np.isfinite(body.motion.centre_m).all(1).mean()) if len(motion) else None,
        measures=tuple(_measure(name, numbers[name], conditions) for name in BODY_MEASURES),
        jumps=jumps,
        running=tuple(_running(run, conditions) for run in runs),
    )
    doubts = (
        Remark(kind="implausible", concerns="body", sentence=jump.band.reason)
        for jump in jumps
        if not jump.band.reliable
    )
    return BodyAnalysis(record, runs, (*_of_coverage(record), *_of_runs(runs), *doubts))


def without_running(events: GaitEvents, runs: tuple[Run, ...]) -> GaitEvents:
    """The events of walking: a walk with an event within a run is none."""
    spans = [(run.flights[0].start_s - _NEAR_RUN_S, run.flights[-1].end_s + _NEAR_RUN_S) for run in runs]
    running = {
        event.walk for event in events.events if any(start <= event.timestamp_s <= end for start, end in spans)
    }
    kept = tuple(event for event in events.events if event.walk not in running)
    return events.model_copy(update={"events": kept})


def _of_coverage(record: BodyRecord) -> tuple[Remark, ...]:
    """Why a record has no numbers of the whole movement."""
    if any(measure.value is not None for measure in record.measures):
        return ()
    sentence = (
        f"the centre of mass is known in {record.coverage or 0:.0%} of the frames, too few to tell its way and the "
        "energies: hips, shoulders or legs are hidden or out of the picture"
    )
    return (Remark(kind="not_measured", concerns="body", sentence=sentence),)


def _of_runs(runs: tuple[Run, ...]) -> tuple[Remark, ...]:
    if not runs:
        return ()
    flights = sum(len(run.flights) for run in runs)
    sentence = (
        f"the person runs: {counted(flights, 'step')} with both feet in the air; tables of gait are of walking alone"
    )
    return (Remark(kind="steps_refused", concerns="gait", sentence=sentence),)


def _running(run: Run, conditions: Conditions) -> Running:
    numbers = run.measures()
    return Running(
        start_s=run.flights[0].start_s,
        end_s=run.flights[-1].end_s,
        flights=len(run.flights),
        measures=tuple(_measure(name, numbers[name], conditions) for name in RUNNING_MEASURES),
    )


def _measure(name: str, value: float, conditions: Conditions) -> BodyMeasure:
    return BodyMeasure(name=name, value=value, band=body_band(name, value, body_label(name).unit, conditions))
