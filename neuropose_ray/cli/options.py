"""The options that several commands share, each in one wording."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _or_the_one_before_the_command(context: typer.Context, config: Path | None) -> Path | None:
    return config or context.find_root().obj


Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        help="YAML file of settings; flags and NEUROPOSE_ variables win over it.",
        callback=_or_the_one_before_the_command,
    ),
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
CaptureFps = Annotated[
    float | None,
    typer.Option(
        "--capture-fps",
        help="Frames per second at which clips were taken that are stored slowed down, such as 240: durations and "
        "speeds are then those of what was filmed.",
    ),
]
Rate = Annotated[
    float | None,
    typer.Option(
        "--rate",
        help="Look for poses in at most so many frames a second, such as 30 of a video with 60, 120 or 240; those of "
        "the frames between are interpolated. [default: all frames]",
        show_default=False,
    ),
]
Fov = Annotated[float | None, typer.Option("--fov", help="Field of view over the longer side of the frame, degrees.")]
Calibration = Annotated[Path | None, typer.Option(help="Camera calibration, a Pose2Sim TOML file.")]
CalibrationCamera = Annotated[str | None, typer.Option(help="Which camera of the calibration.")]
_CHUNK_FRAMES = "Frames per chunk, which changes no numbers. BlazePose's hold blazepose.session_frames, 256, or more."
ChunkFrames = Annotated[int | None, typer.Option(min=1, help=f"{_CHUNK_FRAMES} [default: 256]")]
Json = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on standard output.")]
