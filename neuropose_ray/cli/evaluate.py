"""`neuropose-ray evaluate`: predictions against a truth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from neuropose_ray.cli.tables import NOT_KNOWN, TextTable, print_table

if TYPE_CHECKING:
    from neuropose_ray.evaluate import AngleAgreement, Evaluation, PoseMeasures, TrackScores


def evaluate(
    results: Annotated[
        Path | None, typer.Argument(help="A video's results: OUT/NAME, its predictions.parquet, or a results.json.")
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            help="What to compare with: .trc, .csv (mocap), a phantom's .truth.json, or other results of the video."
        ),
    ] = None,
    track: Annotated[
        int | None, typer.Option(help="Whose poses.", show_default="whoever fits the reference best")
    ] = None,
    person: Annotated[
        int | None,
        typer.Option(
            help="Whose reference: the number in a phantom scene, or the track in other results.",
            show_default="0, or who is seen most",
        ),
    ] = None,
    max_offset: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Search the offset of the clocks up to this many ms to both sides.",
            show_default="60; 0 for a reference on the video's clock",
        ),
    ] = None,
    per_joint: Annotated[bool, typer.Option("--per-joint", help="Show every joint.")] = False,
    table: Annotated[
        Path | None,
        typer.Option(
            help="Compare many clips: a CSV file with the columns results and reference, and any labels such as "
            "movement and view, by which means are given."
        ),
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all numbers to this JSON file, - for standard output.")
    ] = None,
) -> None:
    """Compare poses with marker mocap, a phantom's truth, or another version's results.

    All errors are means over the twelve joints of the limbs and the frames in
    which the person was found; coverage is the share of these frames. Angles
    are 0 in a straight body, the ankle's with the foot square to the shank.

    - MPJPE: distance with mid-hips laid on each other; mocap's axes are turned
      onto the camera's by one rotation for all frames
    - N-MPJPE: the same after the best scale of each frame
    - PA-MPJPE: after the best rotation, place and scale of each frame
    - abs-MPJPE: as it is, where the reference is in the camera's axes
    - PCK: share of joints within so many mm; AUC: its mean over 0 to 200 mm
    - bias: mean difference, results minus reference; large with a high r it
      mostly means that the joints' centres are defined otherwise
    - limits: 95 % of the differences lie between them (Bland and Altman)

    Examples:
    - neuropose-ray evaluate results/squat --reference squat.trc --per-joint
    - neuropose-ray evaluate --table clips.csv
    """
    if table is not None:
        given = {
            "RESULTS": results, "--reference": reference, "--track": track, "--person": person,
            "--max-offset": max_offset, "--per-joint": per_joint or None,
        }  # fmt: skip
        if extra := [name for name, value in given.items() if value is not None]:
            raise typer.BadParameter(f"--table takes the clips from its file; leave out {', '.join(extra)}")
        from neuropose_ray.cli.evaluation_table import evaluate_table

        evaluate_table(table, json_file)
        return
    if results is None or reference is None:
        raise typer.BadParameter("give RESULTS and --reference, or --table with a list of clips")
    from neuropose_ray.analysis import load_trial
    from neuropose_ray.evaluate import Evaluation, OffsetSearch, read_reference, score_tracks
    from neuropose_ray.schemas.json_files import save_model

    trial = load_trial(results)
    truth = read_reference(reference, person)
    search = None if max_offset is None else OffsetSearch(range_s=max_offset / 1000)
    where = str(trial.path)
    result = score_tracks(trial.table, trial.header.skeleton, truth, where=where, track=track, search=search)
    axes = "camera" if truth.of_the_video else "one rotation per sequence"
    evaluation = Evaluation(predictions=where, reference=str(reference), axes=axes, results=result)
    if json_file == Path("-"):
        typer.echo(evaluation.model_dump_json(indent=2))
        return
    _print(Console(), evaluation, per_joint=per_joint)
    if json_file is not None:
        save_model(json_file, evaluation)
        typer.echo(json_file)


def _print(console: Console, evaluation: Evaluation, *, per_joint: bool) -> None:
    turned = "" if evaluation.axes == "camera" else "; the reference's axes turned once for all frames"
    print_table(console, _overall(evaluation.results))
    console.print(f"MPJPE, PCK, AUC: mid-hips laid on each other{turned}.\n", highlight=False)
    print_table(console, _flexions(evaluation.results))
    for result in evaluation.results if per_joint else ():
        console.print()
        print_table(console, _joints(result))
    for result in evaluation.results:
        if result.offset_at_limit:
            warning = f"{result.poses}: the best offset is the last that was tried; try a larger --max-offset"
            console.print(warning, style="yellow", highlight=False)


def _overall(results: Sequence[TrackScores]) -> TextTable:
    scores = [result.scores for result in results]
    rows = [
        ("frames found", *(f"{score.found_frames} of {score.reference_frames}" for score in scores)),
        ("coverage", *(_share(score.coverage) for score in scores)),
    ]
    for measure in MEASURES:
        cells = [measure.cell(score) for score in scores]
        if set(cells) != {NOT_KNOWN}:
            rows.append((measure.label, *cells))
    rows.append(("knee error, deg", *(_number(score.knee_mae_deg) for score in scores)))
    rows.append(("time offset, ms", *(f"{result.time_offset_s * 1000:+z.0f}" for result in results)))
    return TextTable((f"track {results[0].track}", *(result.poses for result in results)), tuple(rows))


def _flexions(results: Sequence[TrackScores]) -> TextTable:
    """One row per angle and kind of poses, the kinds of an angle below each other."""
    rows = tuple(
        (_joint_of(name), result.poses, *_agreement(angle))
        for name in results[0].scores.angles
        for result in results
        if (angle := result.scores.angles.get(name)) is not None
    )
    headings = ("flexion, deg", "poses", "coverage", "MAE", "RMSE", "r", "bias", "limits")
    return TextTable(headings, rows, keys=2)


def _agreement(angle: AngleAgreement) -> tuple[str, ...]:
    limits = f"{_number(angle.lower_limit_deg)} to {_number(angle.upper_limit_deg)}"
    errors = _number(angle.mae_deg), _number(angle.rmse_deg), _number(angle.correlation, 3)
    return _share(angle.coverage), *errors, _number(angle.bias_deg), limits


def _joints(result: TrackScores) -> TextTable:
    shown = [measure for measure in MEASURES if measure.cell(result.scores) != NOT_KNOWN]
    rows = tuple(
        (joint.replace("_", " "), *(measure.cell(measures) for measure in shown))
        for joint, measures in result.scores.joints.items()
    )
    return TextTable((result.poses, *(measure.label for measure in shown)), rows)


def _joint_of(angle: str) -> str:
    """``left knee`` of ``left_knee_flexion``."""
    return " ".join(angle.split("_")[:2])


def _number(value: float, decimals: int = 1) -> str:
    return NOT_KNOWN if isnan(value) else f"{value:z.{decimals}f}"


def _share(value: float) -> str:
    return NOT_KNOWN if isnan(value) else f"{value:.1%}"


@dataclass(frozen=True, slots=True)
class Measure:
    """A line of the table."""

    label: str
    cell: Callable[[PoseMeasures], str]


MEASURES = (
    Measure("MPJPE, mm", lambda scores: _number(scores.mpjpe_mm)),
    Measure("N-MPJPE, mm", lambda scores: _number(scores.n_mpjpe_mm)),
    Measure("PA-MPJPE, mm", lambda scores: _number(scores.pa_mpjpe_mm)),
    Measure("abs-MPJPE, mm", lambda scores: _number(scores.abs_mpjpe_mm)),
    Measure("PCK 50 mm", lambda scores: _share(scores.pck_50mm)),
    Measure("PCK 150 mm", lambda scores: _share(scores.pck_150mm)),
    Measure("AUC 200 mm", lambda scores: _share(scores.auc_200mm)),
    Measure("accel. error, m/s2", lambda scores: _number(scores.acceleration_error_m_s2)),
)
