"""`neuropose-ray segment`: repetitions or cycles of a signal, stored with the predictions."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from neuropose_ray.cli.person import PERSON_HELP, Person, Track, one_person, person_option, require_one_choice
from neuropose_ray.errors import SettingsError


class ExtractorKind(StrEnum):
    """Which signal is cut."""

    JOINT_AXIS = "joint_axis"
    JOINT_PAIR_DISTANCE = "joint_pair_distance"
    JOINT_SPEED = "joint_speed"
    JOINT_ANGLE = "joint_angle"


class Method(StrEnum):
    """The methods of segmentation."""

    PROMINENT_VALLEYS = "prominent_valleys_v3"
    PROMINENT_VALLEYS_OF_SLOW_MOVEMENT = "prominent_valleys_v2"
    VALLEY_TO_VALLEY = "valley_to_valley_v1"


Joint = int | str


def segment(
    results: Annotated[
        Path, typer.Argument(help="OUT/NAME, predictions.parquet, one video's JSON, or a job's results.json.")
    ],
    name: Annotated[str, typer.Option("--name", help="Under which name the segments are stored.")],
    extractor: Annotated[ExtractorKind, typer.Option("--extractor", help="The signal, see above.")],
    joint: Annotated[str | None, typer.Option(help="joint_axis, joint_speed: the joint.")] = None,
    joints: Annotated[str | None, typer.Option(help="joint_pair_distance: two joints, A,B.")] = None,
    triplet: Annotated[str | None, typer.Option(help="joint_angle: three joints A,B,C; the angle is at B.")] = None,
    axis: Annotated[
        str | None, typer.Option(help="joint_axis: x (right), y (down), z (away from the camera), or 0, 1, 2.")
    ] = None,
    invert: Annotated[bool, typer.Option("--invert", help="joint_axis: cut around minima, not maxima.")] = False,
    person_index: Annotated[
        int, typer.Option(min=0, help="Whose: with tracks 0 is the first by --person, else the place in each frame.")
    ] = 0,
    track: Track = None,
    person: Annotated[Person, person_option(f"{PERSON_HELP} Not all: segments are of one.")] = Person.LONGEST,
    min_distance_seconds: Annotated[float | None, typer.Option(min=0, help="Least time between peaks, s.")] = None,
    min_prominence: Annotated[
        float | None, typer.Option(help="Least prominence of a peak: mm, mm per frame, or rad.")
    ] = None,
    min_height: Annotated[float | None, typer.Option(help="Least height of a peak, in the same unit.")] = None,
    pad_seconds: Annotated[float, typer.Option(min=0, help="Widen each segment by so much on both sides.")] = 0.0,
    method: Annotated[
        Method | None,
        typer.Option(
            help="The rule; valley_to_valley_v1 is NeuroPose's, which noise misleads. [default: "
            "prominent_valleys_v3; valley_to_valley_v1 in NeuroPose's own JSON, which can hold no other]",
            show_default=False,
        ),
    ] = None,
    neuropose_exact: Annotated[
        bool, typer.Option("--neuropose-exact", help="The same as --method valley_to_valley_v1.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="JSON to write. [default: in place, see above]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace segments of the same name.")] = False,
) -> None:
    """Cut a movement into segments, each from valley to valley around one peak of a signal.

    The signal is a joint's coordinate (joint_axis: --joint, --axis), the distance of two joints (joint_pair_distance:
    --joints), how far a joint moves per frame (joint_speed: --joint), or the angle at the middle joint of three
    (joint_angle: --triplet). Joints go by their own names, by left_heel, right_knee, ..., or by number.

    JSON files keep their version and get the segments inside; predictions.parquet is never changed, its segments go
    to segmentations.json beside it.

    For example:

    neuropose-ray segment results/squat --name squats --extractor joint_axis --joint left_hip --axis y

    neuropose-ray segment results/walk --name right_steps --extractor joint_axis --joint right_heel --axis y
    --min-distance-seconds 0.4

    neuropose-ray segment predictions.json --name curls --extractor joint_angle --triplet lsho1,lelb,lwri
    """
    from pydantic import ValidationError

    from neuropose_ray.analysis import SegmentRequest, segment_file
    from neuropose_ray.faults import faults

    require_one_choice(track, person)
    if neuropose_exact and method not in (None, Method.VALLEY_TO_VALLEY):
        raise SettingsError("give either --method or --neuropose-exact")
    rule = Method.VALLEY_TO_VALLEY if neuropose_exact else method
    try:
        request = SegmentRequest.model_validate(
            {
                "name": name,
                "signal": _signal(extractor, joint, joints, triplet, axis, invert),
                "person_index": person_index,
                "track": track,
                "person": one_person(person, "segment"),
                "min_distance_seconds": min_distance_seconds,
                "min_prominence": min_prominence,
                "min_height": min_height,
                "pad_seconds": pad_seconds,
                "method": None if rule is None else rule.value,
            }
        )
    except ValidationError as error:
        what = "; ".join(faults(error, SegmentRequest))
        raise SettingsError(what, where="options", hint="see neuropose-ray segment --help") from error
    stored = segment_file(results, request, output=output, force=force)
    for video, segmentation in stored.found.items():
        typer.echo(f"{video}: {len(segmentation.segments)} segment(s) under name={name!r}")
    for video, reason in stored.empty.items():
        typer.echo(f"{video}: {reason}", err=True)
    for video, problem in stored.failed.items():
        typer.echo(f"{video}: failed: {problem}", err=True)
    total = sum(len(segmentation.segments) for segmentation in stored.found.values())
    typer.echo(f"wrote {stored.path} ({len(stored.found)} video(s), {total} total segment(s))")
    raise typer.Exit(1 if stored.failed else 0)


def _signal(
    kind: ExtractorKind, joint: str | None, joints: str | None, triplet: str | None, axis: str | None, invert: bool
) -> dict[str, Any]:
    """The signal that the options describe.

    Raises:
        SettingsError: an option that the signal needs is missing.
    """
    match kind:
        case ExtractorKind.JOINT_AXIS:
            letter = _needed(axis, kind, "--axis")
            column = int(letter) if letter.isdecimal() else letter
            return {
                "kind": kind.value,
                "joint": _joint(_needed(joint, kind, "--joint")),
                "axis": column,
                "invert": invert,
            }
        case ExtractorKind.JOINT_PAIR_DISTANCE:
            return {"kind": kind.value, "joints": _joints(_needed(joints, kind, "--joints"))}
        case ExtractorKind.JOINT_SPEED:
            return {"kind": kind.value, "joint": _joint(_needed(joint, kind, "--joint"))}
        case ExtractorKind.JOINT_ANGLE:
            return {"kind": kind.value, "triplet": _joints(_needed(triplet, kind, "--triplet"))}


def _needed(value: str | None, kind: ExtractorKind, option: str) -> str:
    if value is None:
        raise SettingsError(f"--extractor {kind.value} needs {option}", hint="see neuropose-ray segment --help")
    return value


def _joints(text: str) -> list[Joint]:
    return [_joint(part) for part in text.split(",")]


def _joint(text: str) -> Joint:
    text = text.strip()
    return int(text) if text.lstrip("-").isdecimal() else text
