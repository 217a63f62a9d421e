"""`neuropose-ray process`: videos in, 3D poses out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from neuropose_ray.cli.console import plan_lines, print_summary
from neuropose_ray.cli.options import (
    Address,
    Calibration,
    CalibrationCamera,
    CaptureFps,
    ChunkFrames,
    Config,
    Engine,
    Fov,
    Fps,
    Json,
    Model,
    Rate,
    Shape,
    Workers,
)
from neuropose_ray.cli.single_video import process_into_file, single_file
from neuropose_ray.errors import SettingsError


def process(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Videos, folders of videos, folders of numbered images, patterns, or s3:// and gs:// URLs."
        ),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "--output",
            "-o",
            help="Folder, or s3:// or gs:// URL, for the results; a rerun goes on where it stopped. Or a file .json "
            "for one video, in NeuroPose's format. [default: of one video NAME_predictions.json]",
            show_default=False,
        ),
    ] = None,
    config: Config = None,
    model: Model = None,
    engine: Engine = None,
    address: Address = None,
    workers: Workers = None,
    shape: Shape = None,
    fps: Fps = None,
    capture_fps: CaptureFps = None,
    rate: Rate = None,
    fov: Fov = None,
    calibration: Calibration = None,
    calibration_camera: CalibrationCamera = None,
    chunk_frames: ChunkFrames = None,
    mirror: Annotated[
        bool | None,
        typer.Option("--mirror", help="BlazePose: average with the mirrored frame; better, half as fast."),
    ] = None,
    refine: Annotated[
        bool | None,
        typer.Option(
            "--refine/--no-refine", help="Fit a skeleton of constant bones to each person. [default: blazepose]"
        ),
    ] = None,
    depth_prior: Annotated[
        str | None,
        typer.Option(
            help="Fit a second time with the depths that a network learnt from motion capture expects: learnt or "
            "off. [default: learnt for BlazePose]"
        ),
    ] = None,
    height: Annotated[
        float | None,
        typer.Option(
            help="The person's height in metres: sets the scale of all lengths. A new height runs no pose model. "
            "[default: 1.7, assumed]"
        ),
    ] = None,
    moving_camera: Annotated[
        bool | None,
        typer.Option("--moving-camera", help="The camera moves: do not expect resting feet to stand still."),
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write overlay.mp4, the video with skeletons.")
    ] = False,
    blur_faces: Annotated[
        bool,
        typer.Option(
            "--blur-faces", help="Hide the faces of the people found in overlay.mp4; look at it before you share it."
        ),
    ] = False,
    report: Annotated[
        bool, typer.Option("--report", help="Also write report.html: video, 3D skeleton, angles, repetitions, gait.")
    ] = False,
    curate: Annotated[
        bool | None,
        typer.Option("--curate", help="Also measure every frame, in the same pass, as `curate run` does."),
    ] = None,
    skip_idle: Annotated[
        bool | None,
        typer.Option("--skip-idle", help="Look for no poses where nothing moves; these frames are marked."),
    ] = None,
    skip_duplicates: Annotated[
        bool | None,
        typer.Option("--skip-duplicates", help="Look for no poses in near-duplicates; these frames are marked."),
    ] = None,
    work_folder: Annotated[
        Path | None,
        typer.Option(
            help="With a URL as --out: where results are made before they are stored; on a cluster a folder that all "
            "nodes see. [default: one in the user's cache]"
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait for another run into the same folder to end, instead of refusing.")
    ] = False,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what there is to do and how long it may take; write nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find the people in videos and write their 3D poses.

    Each video gets a folder OUT/NAME with predictions.parquet (all numbers), results.json (NeuroPose's format) and
    metrics.json; OUT/summary.json lists every input with its state. Exit code 1 if not every input was completed.

    With a file as --out, one video's predictions are written as NeuroPose's `process` writes them, and nothing else.

    Examples: neuropose-ray process trials/ --out results; neuropose-ray process walk.mp4 --out predictions.json
    """
    from neuropose_ray.api import plan_with, run_settings, run_with
    from neuropose_ray.pipeline import output_folder
    from neuropose_ray.schemas.result_files import OVERLAY_FILE, REPORT_FILE

    settings = run_settings(
        config,
        {
            "model": model,
            "engine": {"kind": engine, "address": address, "workers": workers, "shape": shape},
            "camera": {
                "field_of_view_degrees": fov, "calibration": calibration, "calibration_camera": calibration_camera,
            },
            "video": {"chunk_frames": chunk_frames, "image_fps": fps, "capture_fps": capture_fps, "rate": rate},
            "blazepose": {"mirror": mirror},
            "fit": refine,
            "curate": curate,
            "skip_idle": skip_idle,
            "skip_duplicates": skip_duplicates,
            "fitting": {"height_m": height, "moving_camera": moving_camera, "depth_prior": depth_prior},
        },
    )  # fmt: skip
    if fps is not None:
        refuse_fps_of_videos(inputs)
    file = single_file(inputs, out)
    if file is not None:
        if overlay or blur_faces or report or plan or as_json:
            raise SettingsError("with one file as --out nothing else is written", hint="give --out a folder")
        frames = process_into_file(lambda run_folder: run_with(settings, inputs, run_folder, wait=wait), file)
        # The words are NeuroPose's: programs that call it read them.
        typer.echo(f"wrote {file} ({frames} frames)")
        return
    assert out is not None, "without it, there is a file or an error"
    folder, store = output_folder(out, work_folder)
    if plan:
        planned = plan_with(settings, inputs, folder)
        typer.echo(planned.model_dump_json(indent=2) if as_json else "\n".join(plan_lines(planned)))
        raise typer.Exit(1 if planned.unreadable else 0)
    summary = run_with(settings, inputs, folder, quiet=as_json, wait=wait, store=store)
    all_well = summary.all_well
    if overlay or blur_faces or report:
        from neuropose_ray.cli.pictures import write_pictures

        all_well &= write_pictures(
            summary, folder, overlay=overlay or blur_faces, report=report, blur_faces=blur_faces
        )
    if store is not None and (overlay or blur_faces or report):
        store.store_videos(video.name for video in summary.videos)
    if as_json:
        typer.echo(summary.model_dump_json(indent=2))
    else:
        wanted = [OVERLAY_FILE] * (overlay or blur_faces) + [REPORT_FILE] * report
        made = [f"{video.name}/{file}" for video in summary.videos for file in wanted]
        print_summary(summary, out, [f"{out.rstrip('/')}/{file}" for file in made if (folder / file).exists()])
    raise typer.Exit(0 if all_well else 1)


def refuse_fps_of_videos(inputs: Sequence[str]) -> None:
    """Refuse a frame rate for inputs that bring their own times; those behind URLs and patterns are not looked at.

    Raises:
        SettingsError: one of the inputs, or of what lies in a folder, is a video file.
    """
    from neuropose_ray.pipeline import discover
    from neuropose_ray.video import open_source

    local = [Path(given) for given in inputs if "://" not in given and Path(given).exists()]
    for location in discover(local).locations if local else ():
        if open_source(Path(location)).kind == "file":
            raise SettingsError(
                "--fps is of folders of numbered images, and a video brings its own times", where=location,
                hint="leave it out; give --capture-fps for a clip that is stored slowed down",
            )  # fmt: skip
