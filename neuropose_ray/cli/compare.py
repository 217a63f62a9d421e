"""`neuropose-ray compare`: two trials side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from neuropose_ray.cli.analysis_tables import number

if TYPE_CHECKING:
    from neuropose_ray.analysis import TrialComparison

#: The joints that differ most; all are in the JSON.
SHOWN_JOINTS = 8


def compare(
    first: Annotated[Path, typer.Argument(help="A trial: OUT/NAME, predictions.parquet, or JSON.")],
    second: Annotated[Path, typer.Argument(help="The trial that it is compared with.")],
    first_track: Annotated[int | None, typer.Option(help="Person of the first. [default: seen longest]")] = None,
    second_track: Annotated[int | None, typer.Option(help="Person of the second. [default: seen longest]")] = None,
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
    first_motion, second_motion = (
        load_subject(path, video, PreprocessingConfig(track=track, cleaning=CleaningSettings())).motion
        for path, video, track in ((first, first_video, first_track), (second, second_video, second_track))
    )
    comparison = compare_trials(first_motion, second_motion, settings)
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
    summary = Table(box=None, show_header=False)
    for name, value, meaning in (
        (
            "distance by angles",
            number(comparison.angle_distance, 3),
            f"SD per angle (exact DTW, z-normalised{limits})",
        ),
        (
            "distance by joints", number(comparison.joint_distance_mm, 1),
            f"mm (Procrustes: turned {number(comparison.rotation_deg, 0)} deg, scaled {number(comparison.scale, 2)})",
        ),
        ("tempo", number(tempo.ratio, 2), f"times as long ({tempo.first_s:.2f} s, then {tempo.second_s:.2f} s)"),
        ("largest lag", number(tempo.largest_lag_s, 2), f"s off an even tempo, at {number(tempo.at_s, 2)} s"),
        (
            "repetitions", f"{tempo.repetitions_first}, {tempo.repetitions_second}",
            f"of {number(tempo.repetition_s_first, 2)} s and {number(tempo.repetition_s_second, 2)} s on average",
        ),
    ):  # fmt: skip
        summary.add_row(name, value, meaning)
    console.print(summary)
    angles = Table("angle, deg", "RMSE", "mean difference", "range", "range of the second", box=None)
    for angle in comparison.angles:
        angles.add_row(
            angle.name.replace("_", " "), number(angle.rmse), number(angle.mean_difference),
            number(angle.range_first, 0), number(angle.range_second, 0),
        )  # fmt: skip
    console.print(angles)
    known = sorted(
        (joint for joint in comparison.joints if joint.mean_mm is not None), key=lambda joint: -(joint.mean_mm or 0)
    )
    joints = Table(f"joints that differ most, of {len(comparison.joints)}", "mm", box=None)
    for joint in known[:SHOWN_JOINTS]:
        joints.add_row(joint.name.replace("_", " "), number(joint.mean_mm, 0))
    console.print(joints)
    for warning in comparison.warnings:
        console.print(f"warning: {warning}", style="yellow", markup=False)
