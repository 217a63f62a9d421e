"""`neuropose-ray evaluate`: predictions against a truth."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from neuropose_ray.cli.results import predictions_file
from neuropose_ray.errors import InputError


def evaluate(
    results: Annotated[Path, typer.Argument(help="A video's results: OUT/NAME, or its predictions.parquet.")],
    reference: Annotated[Path, typer.Option(help="The truth: .trc, .csv (mocap), or a phantom's .truth.json.")],
    track: Annotated[int | None, typer.Option(help="Whose poses. [default: whoever fits the truth best]")] = None,
    person: Annotated[int, typer.Option(help="Which person of a phantom scene.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare the model's and the fitted poses with a truth.

    MPJPE is root-relative: mid-hips laid on each other, axes turned once for all frames. PA-MPJPE is after the best
    rotation, translation and scale of each frame, never mirrored. Both over the twelve limb joints. The clocks are
    shifted by up to 60 ms.

    Example: neuropose-ray evaluate results/squat --reference squat_joints.csv
    """
    from neuropose_ray.evaluate import best_lag_s, limb_joints, score, sequence
    from neuropose_ray.reference import read_reference
    from neuropose_ray.schemas.parquet_files import read_predictions

    table, header = read_predictions(predictions_file(results))
    truth = read_reference(reference, person)
    ids = np.zeros(len(table.poses), np.int32) if table.track_ids is None else table.track_ids
    tracks, counts = np.unique(ids, return_counts=True)
    candidates = tracks[counts >= counts.max() / 2].tolist() if track is None and len(tracks) else [track]
    rows = []
    for kind, poses in (("model", table.poses.poses3d), ("fitted", table.poses3d_fitted)):
        if poses is None:
            continue
        for one in candidates:
            limbs = limb_joints(sequence(poses, table.poses.frame, table.frame_count, ids == one), header.skeleton)
            lag_s = best_lag_s(table.timestamps_s, limbs, truth.at)
            found = score(limbs, truth.at(table.timestamps_s + lag_s))
            rows.append({"poses": kind, "track": one, **asdict(found), "lag_s": lag_s})
    if not rows or all(np.isnan(row["pa_mpjpe_mm"]) for row in rows):
        raise InputError("nobody was found while the truth was recorded", where=str(results), hint="check the times")
    best = min(rows, key=lambda row: np.nan_to_num(row["pa_mpjpe_mm"], nan=np.inf))["track"]
    shown = [row for row in rows if row["track"] == best]
    if as_json:
        numbers = [{key: None if value != value else value for key, value in row.items()} for row in shown]
        typer.echo(json.dumps(numbers, indent=2))
        return
    printed = Table("poses", "track", "coverage", "MPJPE mm", "PA-MPJPE mm", "knee error deg", "lag s", box=None)
    for row in shown:
        cells = (f"{row['coverage']:.1%}", f"{row['mpjpe_mm']:.1f}", f"{row['pa_mpjpe_mm']:.1f}")
        printed.add_row(row["poses"], str(row["track"]), *cells, f"{row['knee_mae_deg']:.1f}", f"{row['lag_s']:+.2f}")
    Console().print(printed)
