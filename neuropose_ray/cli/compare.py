"""`neuropose-ray compare`: two trials side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from neuropose_ray.cli.analysis_tables import print_warning
from neuropose_ray.cli.options import CaptureFps
from neuropose_ray.cli.person import PERSON_HELP, Person, one_person, person_option
from neuropose_ray.cli.tables import DOUBTED, NOT_KNOWN, TextTable, estimate, marked, number, print_table

if TYPE_CHECKING:
    from neuropose_ray.analysis import TrialComparison

#: The joints that differ most; all are in the JSON.
SHOWN_JOINTS = 8


def compare(
    first: Annotated[Path, typer.Argument(help="A trial: OUT/NAME, predictions.parquet, or JSON.")],
    second: Annotated[Path, typer.Argument(help="The trial that it is compared with.")],
    first_track: Annotated[int | None, typer.Option(help="Person of the first. [default: by --person]")] = None,
    second_track: Annotated[int | None, typer.Option(help="Person of the second. [default: by --person]")] = None,
    person: Annotated[
        Person, person_option(f"{PERSON_HELP} Not all: one of each trial.", by_number="--first-track, --second-track")
    ] = Person.LONGEST,
    capture_fps: CaptureFps = None,
    first_video: Annotated[str | None, typer.Option(help="Which video, if FIRST is a job's results.json.")] = None,
    second_video: Annotated[str | None, typer.Option(help="Which video, if SECOND is a job's results.json.")] = None,
    band: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="How far the tempo may differ, as a share of the length. [default: 0.1]"),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Also write the comparison as JSON.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two trials of a movement: how alike, which joints and angles differ, and in which tempo.

    Both are cleaned as `analyze` does. Exact dynamic time warping of the clinical angles (hips, knees, ankles,
    shoulders, elbows, trunk), each z-normalised, pairs the moments that belong together: the distance by angles is in
    standard deviations, 0 for alike, about 1 for unrelated movements. Over these pairs the joints of the first, from
    the middle of the hips, are laid on the second's by one rotation, translation and scale (Procrustes, never
    mirrored): the distance by joints is in mm.

    Measures of repetitions and gait stand side by side with means and standard deviations. A change is beyond its
    band where the 90 % band, of the errors of measuring and of the spread between repetitions, leaves out 0.

    --person and --capture-fps hold for both trials.

    For example:

    neuropose-ray compare results/squat_before results/squat_after

    neuropose-ray compare results/patient results/therapist --second-track 1 --json
    """
    from neuropose_ray.analysis import (
        CleaningSettings,
        PairSettings,
        PreprocessingConfig,
        compare_trials,
        load_subject,
    )
    from neuropose_ray.schemas.json_files import save_model

    settings = PairSettings()
    if band is not None:
        settings = PairSettings(warping=settings.warping.model_copy(update={"band": band}))
    choice = PreprocessingConfig(
        person=one_person(person, "compare"), capture_fps=capture_fps, cleaning=CleaningSettings()
    )
    subjects = [
        load_subject(path, video, choice.model_copy(update={"track": track}))
        for path, video, track in ((first, first_video, first_track), (second, second_video, second_track))
    ]
    comparison = compare_trials(
        subjects[0].motion,
        subjects[1].motion,
        settings,
        conditions=(subjects[0].conditions, subjects[1].conditions),
    )
    notes = [f"{subject.trial.name}: {warning}" for subject in subjects for warning in subject.warnings]
    comparison = comparison.model_copy(update={"warnings": (*comparison.warnings, *dict.fromkeys(notes))})
    if output is not None:
        save_model(output, comparison)
    if as_json:
        typer.echo(comparison.model_dump_json(indent=2))
        return
    _print(comparison)
    if output is not None:
        typer.echo(f"wrote {output}")


def _print(comparison: TrialComparison) -> None:
    console = Console(highlight=False)
    console.print(f"[bold]{comparison.first}[/] against [bold]{comparison.second}[/]")
    tempo, band = comparison.tempo, comparison.settings.warping.band
    limits = "" if band is None else f", band {band:g}"
    for name, text in (
        (
            "distance by angles",
            f"{number(comparison.angle_distance, 3)} SD per angle (exact DTW, z-normalised{limits})",
        ),
        (
            "distance by joints",
            f"{number(comparison.joint_distance_mm, 1)} mm (Procrustes: turned {number(comparison.rotation_deg, 0)} "
            f"deg, scaled {number(comparison.scale, 2)})",
        ),
        ("tempo", f"{number(tempo.ratio, 2)} times as long ({tempo.first_s:.2f} s, then {tempo.second_s:.2f} s)"),
        ("largest lag", f"{number(tempo.largest_lag_s, 2)} s off an even tempo, at {number(tempo.at_s, 2)} s"),
        (
            "repetitions",
            f"{tempo.repetitions_first}, then {tempo.repetitions_second}, of {number(tempo.repetition_s_first, 2)} s "
            f"and {number(tempo.repetition_s_second, 2)} s on average",
        ),
    ):
        console.print(f"{name:<20}{text}", soft_wrap=True)
    _print_changes(console, comparison)
    _print_angles(console, comparison)
    known = sorted(
        (joint for joint in comparison.joints if joint.mean_mm is not None), key=lambda joint: -(joint.mean_mm or 0)
    )
    joints = tuple((joint.name.replace("_", " "), number(joint.mean_mm, 0)) for joint in known[:SHOWN_JOINTS])
    print_table(console, TextTable((f"joints that differ most, of {len(comparison.joints)}", "mm"), joints))
    for warning in comparison.warnings:
        print_warning(console, warning)


def _print_angles(console: Console, comparison: TrialComparison) -> None:
    """Angles at the moments that belong together and their ranges; why some are not reliable."""
    changes = {change.name: change for change in comparison.changes if change.part == "angles"}
    rows = []
    for angle in comparison.angles:
        change = changes.get(angle.name)
        ranges = [number(angle.range_first, 0), number(angle.range_second, 0), NOT_KNOWN]
        if change is not None:
            ranges = [estimate(trial.mean, 0, trial.band) for trial in (change.first, change.second)]
            ranges.append(estimate(change.change, 0, change.band))
        cells = [number(angle.rmse), number(angle.mean_difference), *ranges]
        rows.append((angle.name.replace("_", " "), *(marked(cell, reliable=angle.reliable) for cell in cells)))
    headings = ("angle at the same moments", "RMSE\ndeg", "mean\ndifference\ndeg", "range\nof first\ndeg",
                "range\nof second\ndeg", "change\nof range\ndeg")  # fmt: skip
    print_table(console, TextTable(headings, tuple(rows)))
    for reason in dict.fromkeys(angle.reason for angle in comparison.angles if not angle.reliable):
        console.print(f"{DOUBTED} {reason}", style="yellow", markup=False)


def _print_changes(console: Console, comparison: TrialComparison) -> None:
    """Means of both trials, what changed, and how far a change may be one of measuring and of chance alone."""
    shown = [change for change in comparison.changes if change.part != "angles" and change.side in ("", "both")]
    if not shown:
        return
    rows = tuple(
        (
            change.label,
            change.unit,
            *(
                cell
                for trial in (change.first, change.second)
                for cell in (number(trial.mean, change.decimals), number(trial.sd, change.decimals), str(trial.n))
            ),
            estimate(change.change, change.decimals, change.band),
            "yes" if change.band is not None and change.band.is_finding else "no" if change.band else NOT_KNOWN,
        )
        for change in shown
    )
    headings = (
        "measure", "unit", "first\nmean", "\nSD", "\nn", "second\nmean", "\nSD", "\nn", "change", "beyond\nband",
    )  # fmt: skip
    print_table(console, TextTable(headings, rows, keys=2))
    if any(trial.band is None for change in shown for trial in (change.first, change.second)):
        console.print("(where the error of measuring is not known, a band is of the spread of repetitions alone)")
