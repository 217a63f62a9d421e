"""`neuropose-ray process`: videos in, 3D poses out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.cli.console import RunProgress, plan_lines, print_summary
from neuropose_ray.cli.models import download_progress
from neuropose_ray.cli.results import result_place
from neuropose_ray.settings import Settings, load_settings

if TYPE_CHECKING:
    from neuropose_ray.models.spec import ModelSpec
    from neuropose_ray.pipeline.assembly.result_mirror import ResultStore
    from neuropose_ray.pipeline.planning.dry_run import RunPlan
    from neuropose_ray.pipeline.state.summary import RunSummary

#: Where copies of remote inputs are kept, below the output folder that all workers see.
FETCHED_FOLDER = ".fetched"

Config = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="YAML file of settings; flags and NEUROPOSE_ variables win over it."),
]
Model = Annotated[
    str | None, typer.Option(help="Pose model: blazepose, metrabs, a path or a URL. [default: blazepose]")
]
Engine = Annotated[
    str | None,
    typer.Option(help="local (threads here), ray, or auto: ray where an address is given. [default: auto]"),
]
Address = Annotated[
    str | None,
    typer.Option(help="Ray cluster, e.g. auto or ray://head:10001; local starts one. [default: RAY_ADDRESS]"),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Models in memory at once. [default: one per core or GPU]")]
Shape = Annotated[
    str | None,
    typer.Option(
        help="On Ray: fused (workers decode), split (other cores decode for them), or auto: split where several GPUs "
        "or nodes have CPUs to spare. [default: auto]"
    ),
]
Fps = Annotated[float | None, typer.Option(help="Frames per second of image folders. [default: 30]")]
Fov = Annotated[float | None, typer.Option("--fov", help="Field of view over the longer side of the frame, degrees.")]
Calibration = Annotated[Path | None, typer.Option(help="Camera calibration, a Pose2Sim TOML file.")]
CalibrationCamera = Annotated[str | None, typer.Option(help="Which camera of the calibration.")]
ChunkFrames = Annotated[int | None, typer.Option(min=1, help="Frames per chunk. [default: 256]")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on standard output.")]


def process(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Videos, folders of videos, folders of numbered images, patterns, or s3:// and gs:// URLs."
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out", "-o", help="Folder, or s3:// or gs:// URL, for the results; a rerun goes on where it stopped."
        ),
    ],
    config: Config = None,
    model: Model = None,
    engine: Engine = None,
    address: Address = None,
    workers: Workers = None,
    shape: Shape = None,
    fps: Fps = None,
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
            "off. [default: off]"
        ),
    ] = None,
    height: Annotated[
        float | None, typer.Option(help="The person's height in metres: sets the scale. [default: 1.7]")
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

    Example: neuropose-ray process trials/ --out results
    """
    settings = load_settings(
        config,
        {
            "model": model,
            "engine": {"kind": engine, "address": address, "workers": workers, "shape": shape},
            "camera": {
                "field_of_view_degrees": fov, "calibration": calibration, "calibration_camera": calibration_camera,
            },
            "video": {"chunk_frames": chunk_frames, "image_fps": fps},
            "blazepose": {"mirror": mirror},
            "fit": refine,
            "fitting": {"height_m": height, "moving_camera": moving_camera, "depth_prior": depth_prior},
        },
    )  # fmt: skip
    folder, store = result_place(out, work_folder)
    if plan:
        counted = plan_with(settings, inputs, folder)
        typer.echo(counted.model_dump_json(indent=2) if as_json else "\n".join(plan_lines(counted)))
        raise typer.Exit(1 if counted.unreadable else 0)
    summary = run_with(settings, inputs, folder, quiet=as_json, wait=wait, store=store)
    all_well = summary.all_well
    if overlay or blur_faces:
        from neuropose_ray.cli.overlay import write_overlays

        all_well &= write_overlays(summary, folder, blur_faces=blur_faces, fps=settings.video.image_fps)
    if report:
        from neuropose_ray.cli.report import write_reports

        all_well &= write_reports(summary, folder, blur_faces=blur_faces, fps=settings.video.image_fps)
    if store is not None and (overlay or blur_faces or report):
        store.store_videos(video.name for video in summary.videos)
    if as_json:
        typer.echo(summary.model_dump_json(indent=2))
    else:
        print_summary(summary, out)
    raise typer.Exit(0 if all_well else 1)


def resolve_model(settings: Settings) -> ModelSpec:
    """The weights that the settings name, fetched if need be."""
    from neuropose_ray.models.spec import ModelSpec, WeightsOrigin
    from neuropose_ray.models.weights import WeightStore

    store = WeightStore(settings.weights.cache_dir, mirror=settings.weights.mirror, offline=settings.weights.offline)
    with download_progress(settings.model) as progress:
        weights = store.path(settings.model, progress=progress)
    own = settings.blazepose if weights.backend == "blazepose" else settings.metrabs
    return ModelSpec(weights, own, WeightsOrigin(settings.model, settings.weights))


def plan_with(settings: Settings, inputs: list[str], out: Path) -> RunPlan:
    """What a run with these settings would do."""
    from neuropose_ray.pipeline.engines.start import started_engine
    from neuropose_ray.pipeline.inputs.local_copies import listed_inputs
    from neuropose_ray.pipeline.planning.dry_run import plan_run

    paths, remote = listed_inputs(inputs, out / FETCHED_FOLDER)
    spec = resolve_model(settings)
    with started_engine(settings.engine, spec, run_name=f"plan of {out.name}") as engine:
        return plan_run(paths, out, settings=settings, spec=spec, engine=engine, remote=remote)


def run_with(
    settings: Settings,
    inputs: list[str],
    out: Path,
    *,
    quiet: bool,
    wait: bool = False,
    store: ResultStore | None = None,
) -> RunSummary:
    """A run with the engine, model and progress that a command line asks for."""
    from neuropose_ray.pipeline.engines.start import started_engine
    from neuropose_ray.pipeline.inputs.local_copies import local_inputs
    from neuropose_ray.pipeline.run import run

    paths = local_inputs(inputs, out / FETCHED_FOLDER)
    spec = resolve_model(settings)
    progress = RunProgress(quiet=quiet)
    try:
        with started_engine(settings.engine, spec, run_name=f"poses of {out.name}") as engine:
            return run(
                paths, out, settings=settings, spec=spec, engine=engine, progress=progress, wait=wait, store=store
            )
    finally:
        progress.close()
