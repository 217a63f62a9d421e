"""`neuropose-ray demo`: the whole program on a synthetic person whose truth is known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from neuropose_ray.cli.options import Config, Engine
from neuropose_ray.cli.tables import TextTable, print_table

#: Two squats: enough to see what is found, and done in a minute.
DURATION_S = 5.0
FRAME_RATE = 30.0
SIZE = (1280, 720)


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the video and the results.")] = Path(
        "neuropose-demo"
    ),
    engine: Engine = "ray",
    config: Config = None,
) -> None:
    """Render a person who squats, find the person's poses, and compare them with the truth.

    Needs no video, no GPU and no server: it starts a Ray of its own and runs the pipeline that a cluster runs.
    """
    from neuropose_ray.api import run_with
    from neuropose_ray.cli.pictures import write_pictures
    from neuropose_ray.phantom import demo_scene, even_times, render_video
    from neuropose_ray.service import load_settings

    console = Console()
    settings = load_settings(config, {"engine": {"kind": engine}})
    video = out / "phantom.mp4"
    with console.status("rendering a person who squats"):
        truth = render_video(video, demo_scene(), even_times(DURATION_S, FRAME_RATE), *SIZE)
    console.print(f"1. rendered {len(truth.timestamps_s)} frames of a synthetic person: {video}")
    console.print("2. starting Ray and finding the poses" if engine == "ray" else "2. finding the poses")
    summary = run_with(settings, [str(video)], out)
    written = write_pictures(summary, out, overlay=True, report=True, blur_faces=False)
    result = summary.videos[0]
    console.print(f"3. {result.frames} frames computed, people found: {result.tracks}\n")
    print_table(console, _comparison(out / result.name, video))
    _print_next_steps(console, out / result.name)
    raise typer.Exit(0 if summary.all_well and written else 1)


def _comparison(folder: Path, video: Path) -> TextTable:
    """What was found beside the truth."""
    import numpy as np

    from neuropose_ray.evaluate import knee_flexion_deg, limb_joints, score
    from neuropose_ray.phantom import PHANTOM_SKELETON, load_truth, truth_path
    from neuropose_ray.schemas.parquet_files import read_predictions
    from neuropose_ray.schemas.result_files import PREDICTIONS_FILE

    table, header = read_predictions(folder / PREDICTIONS_FILE)
    truth = load_truth(truth_path(video))
    person = truth.persons[0]
    real = limb_joints(person.joints3d_mm, PHANTOM_SKELETON)
    rows = np.asarray(table.track_ids) == 0
    poses = {"model": table.poses.poses3d}
    if table.poses3d_fitted is not None:
        poses["fitted"] = table.poses3d_fitted
    errors = {name: limb_joints(table.by_frame(poses3d, rows), header.skeleton) for name, poses3d in poses.items()}
    scores = {name: score(limbs, real) for name, limbs in errors.items()}
    bottoms = [event.timestamp_s for event in person.events if event.kind == "repetition_bottom"]
    frames = np.searchsorted(table.timestamps_s, bottoms)
    knees = {name: np.nanmean(knee_flexion_deg(limbs[frames], "right")) for name, limbs in errors.items()}
    rows = (
        ("frames with the person", str(len(real)), *(f"{part.coverage * len(real):.0f}" for part in scores.values())),
        (
            f"right knee at the {len(bottoms)} squats' bottoms, deg",
            f"{np.mean(knee_flexion_deg(real[frames], 'right')):.0f}",
            *(f"{knee:.0f}" for knee in knees.values()),
        ),
        ("knee error, deg", "0", *(f"{part.knee_mae_deg:.1f}" for part in scores.values())),
        ("joint error (PA-MPJPE), mm", "0", *(f"{part.pa_mpjpe_mm:.0f}" for part in scores.values())),
    )
    return TextTable(("", "truth", *errors), rows)


def _print_next_steps(console: Console, folder: Path) -> None:
    from neuropose_ray.schemas.result_files import OVERLAY_FILE, PREDICTIONS_FILE, REPORT_FILE

    console.print(f"\nOpen in a browser: {folder / REPORT_FILE}", soft_wrap=True)
    console.print(f"The video:         {folder / OVERLAY_FILE}", soft_wrap=True)
    console.print(f"All numbers:       {folder / PREDICTIONS_FILE}", soft_wrap=True)
    console.print("\nNow yours:")
    console.print("  neuropose-ray process VIDEO --out results --report", highlight=False)
    console.print("  neuropose-ray process --help", highlight=False)
