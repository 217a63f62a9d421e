"""The table that `neuropose-ray evaluate --table` prints."""

from __future__ import annotations

from math import isnan
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import track

from neuropose_ray.cli.tables import NOT_KNOWN, TextTable, print_table
from neuropose_ray.evaluate import ClipErrors, EvaluationTable, read_clips, score_clip, table_of
from neuropose_ray.schemas.json_files import save_model

_ERRORS = ("model mm", "deg", "fitted mm", "deg", "change")


def evaluate_table(clips_file: Path, json_file: Path | None) -> None:
    """Score every clip of a list, print the table, and write it as JSON where asked.

    Raises:
        InputError: the list, a clip's results or its reference cannot be read.
    """
    clips = read_clips(clips_file)
    waiting = Console(stderr=True)
    scored = track(clips, description="comparing", console=waiting, transient=True, disable=not waiting.is_terminal)
    table = table_of(tuple(score_clip(clip) for clip in scored))
    if json_file == Path("-"):
        typer.echo(table.model_dump_json(indent=2))
        return
    _print(Console(), table)
    if json_file is not None:
        save_model(json_file, table)
        typer.echo(json_file)


def _print(console: Console, table: EvaluationTable) -> None:
    labels = list(dict.fromkeys(name for clip in table.clips for name in clip.labels))
    clips = tuple(
        (
            Path(clip.results).name,
            *(clip.labels.get(label, "") for label in labels),
            str(clip.frames),
            *_cells(clip.model, clip.fitted),
        )
        for clip in table.clips
    )
    means = tuple(
        (group.label or "all", group.value, str(group.clips), *_cells(group.model, group.fitted))
        for group in table.groups
    )
    print_table(console, TextTable(("clip", *labels, "frames", *_ERRORS), clips, keys=1 + len(labels)))
    console.print()
    print_table(console, TextTable(("mean over", "", "clips", *_ERRORS), means, keys=2))
    console.print("PA-MPJPE over twelve limb joints; deg: knee flexion, both sides.", highlight=False)


def _cells(model: ClipErrors, fitted: ClipErrors | None) -> tuple[str, ...]:
    before = (_number(model.pa_mpjpe_mm), _number(model.knee_mae_deg))
    if fitted is None:
        return (*before, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN)
    change = fitted.pa_mpjpe_mm - model.pa_mpjpe_mm
    return (*before, _number(fitted.pa_mpjpe_mm), _number(fitted.knee_mae_deg), _number(change, "+"))


def _number(value: float, sign: str = "") -> str:
    return NOT_KNOWN if isnan(value) else f"{value:{sign}z.1f}"
