"""Random analyses: every number in them is drawn, and so is what is missing."""

import random
from functools import cache

from neuropose_ray.analysis import (
    AnalysisConfig,
    AnalysisReport,
    AngleSummary,
    ErrorBand,
    GaitRecord,
    InputsConfig,
    MovementConfig,
    MovementResults,
    OutputConfig,
    Remark,
    RepetitionRecord,
    RepetitionsRecord,
)
from neuropose_ray.analysis.body.flights import Flight
from neuropose_ray.analysis.body.jumps import jump_record
from neuropose_ray.analysis.body.records import BodyMeasure, BodyRecord, Running
from neuropose_ray.analysis.body.running import RUNNING_MEASURES
from neuropose_ray.analysis.gait.records import GaitEvent, GaitParameter, GaitSymmetry
from neuropose_ray.analysis.person_choice import TrackChoice
from neuropose_ray.analysis.runs.movement_records import MeasureSummary
from neuropose_ray.analysis.runs.report import InputSummary

NAME = "Erika_Mustermann_1977"
ANGLES = tuple(
    f"{side}_{name}"
    for name in (
        "hip_flexion",
        "knee_flexion",
        "ankle_dorsiflexion",
        "shoulder_elevation",
        "elbow_flexion",
        "foot_angle",
    )
    for side in ("left", "right")
)
MEASURES = (
    "duration_s", "out_s", "hold_s", "back_s", "range_of_motion", "peak_velocity_out", "peak_velocity_back",
    "sparc_out", "sparc_back", "ldlj_out", "ldlj_back", "symmetry_percent",
)  # fmt: skip
GAIT = ("speed_m_per_s", "cadence_steps_per_min", "step_length_m", "stride_time_s", "stance_percent")


@cache
def random_report(seed: int) -> AnalysisReport:
    """An analysis of a movement, of which each part may be missing."""
    draw = random.Random(seed)
    results = MovementResults(
        angles=None if draw.random() < 0.1 else tuple(_angle(draw, name) for name in ANGLES),
        repetitions=None if draw.random() < 0.1 else _repetitions(draw),
        gait=None if draw.random() < 0.5 else _gait(draw),
        body=None if draw.random() < 0.3 else _body(draw),
        remarks=(_implausible(draw),),
    )
    choice = TrackChoice(track=4711, others=tuple(range(draw.randrange(4))), coverage=draw.random(), rule="longest")
    return AnalysisReport(
        config=AnalysisConfig(
            inputs=InputsConfig(primary=f"results/{NAME}"),
            analysis=MovementConfig(kind="movement"),
            output=OutputConfig(report=f"results/{NAME}/analysis.json"),
        ),
        primary=InputSummary(
            path=f"results/{NAME}/predictions.parquet",
            frame_count=draw.randrange(5000),
            fps=draw.choice([None, 25.0, 29.97, 240.0]),
            video=NAME,
            person=None if draw.random() < 0.2 else choice,
        ),
        results=results,
        warnings=(f"the video {NAME} was taken 23.5 deg askew",),
    )


def _implausible(draw: random.Random) -> Remark:
    sentence = f"left knee flexion reads {_value(draw):.1f} deg"
    return Remark(kind="implausible", concerns="left_knee_flexion", sentence=sentence)


def _value(draw: random.Random) -> float:
    return draw.choice([draw.uniform(-180, 180), draw.uniform(0, 2), draw.uniform(100, 900), 0.0, -0.0004])


def _band(draw: random.Random, value: float) -> ErrorBand | None:
    kind, half = draw.randrange(4), draw.uniform(0.1, 60)
    if kind == 0:
        return None
    if kind == 1:
        return ErrorBand(low=None, high=None, unit="deg", reliable=False, reason="the foot is short in the picture")
    return ErrorBand(low=value - half, high=value + half, unit="deg")


def _angle(draw: random.Random, name: str) -> AngleSummary:
    numbers = {part: _value(draw) for part in ("mean", "std", "min", "max", "range", "peak_velocity")}
    bands = {part: band for part in ("min", "max", "range") if (band := _band(draw, numbers[part])) is not None}
    if draw.random() < 0.1:
        numbers["range"] = None
    return AngleSummary(name=name, **numbers, coverage=draw.random(), reliable=draw.random() < 0.8, bands=bands)


def _summary(draw: random.Random) -> MeasureSummary:
    if draw.random() < 0.1:
        return MeasureSummary(mean=None, sd=None, n=0)
    value = _value(draw)
    sd = None if draw.random() < 0.2 else draw.uniform(0, 30)
    return MeasureSummary(mean=value, sd=sd, n=draw.randrange(1, 9), band=_band(draw, value))


def _repetitions(draw: random.Random) -> RepetitionsRecord:
    records = tuple(_record(draw, number) for number in range(1, draw.randrange(1, 12)))
    summary = {name: _summary(draw) for name in MEASURES} if records else {}
    return RepetitionsRecord(movement="knee_flexion" if records else "", unit="deg", records=records, summary=summary)


def _record(draw: random.Random, number: int) -> RepetitionRecord:
    return RepetitionRecord(
        number=number, start=0, peak=1, end=2, start_s=0.0, peak_s=0.1, end_s=0.2, side="both", height=_value(draw),
        complete=draw.random() < 0.8, coverage=1.0, confidence=1.0,
        warnings=("shallower than the others",) if draw.random() < 0.2 else (), **dict.fromkeys(MEASURES),
    )  # fmt: skip


def _body(draw: random.Random) -> BodyRecord:
    measures = []
    for name in ("centre_path_length_m", "centre_height_range_m", "kinetic_energy_peak_j_per_kg", "sparc"):
        value = None if draw.random() < 0.1 else abs(_value(draw))
        measures.append(BodyMeasure(name=name, value=value, band=None if value is None else _band(draw, value)))
    jumps = tuple(
        jump_record(
            number, Flight(number, number + draw.uniform(0.1, 0.7), "both", "both", draw.uniform(0, 1)), 0.03, 0.03
        )
        for number in range(1, 1 + draw.randrange(4))
    )
    running = tuple(
        Running(
            start_s=0.0,
            end_s=1.0,
            flights=draw.randrange(1, 9),
            measures=tuple(BodyMeasure(name=name, value=abs(_value(draw))) for name in RUNNING_MEASURES),
        )
        for _ in range(draw.randrange(2))
    )
    return BodyRecord(
        masses="mean", stand_ins=(), coverage=1.0, measures=tuple(measures), jumps=jumps, running=running
    )


def _gait(draw: random.Random) -> GaitRecord:
    kinds = draw.choices(["heel_strike", "toe_off"], k=draw.randrange(1, 30))
    events = tuple(
        GaitEvent(timestamp_s=number / 2, frame=number, side="left", kind=kind, walk=0)
        for number, kind in enumerate(kinds)
    )
    parameters = []
    for name in GAIT:
        known = _summary(draw)
        parameters.append(
            GaitParameter(name=name, side="both", n=known.n, mean=known.mean, sd=known.sd, band=known.band)
        )
    index = _value(draw)
    symmetry = (GaitSymmetry(name="step_length_m", symmetry_index_percent=index, band=_band(draw, index)),)
    return GaitRecord(events=events, parameters=tuple(parameters), symmetry=symmetry)
