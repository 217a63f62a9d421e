"""`neuropose-ray benchmark`: how fast, and how much faster it could be."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuropose_ray.benchmark import REPEATS, WARMUP_FRAMES
from neuropose_ray.cli.options import Config, Fov, Model, Workers
from neuropose_ray.errors import SettingsError

if TYPE_CHECKING:
    from neuropose_ray.benchmark import BenchmarkSettings
    from neuropose_ray.schemas.benchmark import BenchmarkResult
    from neuropose_ray.schemas.immutable import FrozenModel


class BenchmarkEngine(StrEnum):
    """Who does the work of the passes."""

    LOCAL = "local"
    RAY = "ray"


class Suite(StrEnum):
    """The suites of measurements."""

    VIDEO = "video"
    SCALE = "scale"


def benchmark(
    video: Annotated[
        Path | None, typer.Argument(help="A video, or a folder of numbered images.", show_default=False)
    ] = None,
    suite: Annotated[
        Suite,
        typer.Option(
            help="video: a pose model on a video. scale: what the engines themselves cost, with a synthetic model."
        ),
    ] = Suite.VIDEO,
    full: Annotated[
        bool, typer.Option("--full", help="Scale suite: 20,000 frames and 10,000 chunks; takes many minutes.")
    ] = False,
    repeats: Annotated[int, typer.Option(help="Passes; the first one warms up.")] = REPEATS,
    warmup_frames: Annotated[
        int, typer.Option(help="Latencies left out at the start of every pass.")
    ] = WARMUP_FRAMES,
    frames: Annotated[
        int | None, typer.Option(help="Least frames of a pass: the video is repeated. [default: the video once]")
    ] = None,
    compare_cpu: Annotated[bool, typer.Option("--compare-cpu", help="Run the same on the CPU too.")] = False,
    force_cpu: Annotated[bool, typer.Option("--force-cpu", help="Run on the CPU alone; not with --compare-cpu.")] = (
        False
    ),
    mediapipe_python: Annotated[
        Path | None, typer.Option(help="Compare with MediaPipe: a Python that has mediapipe.")
    ] = None,
    engine: Annotated[
        BenchmarkEngine, typer.Option(help="local (threads), or ray (a Ray of its own on this machine).")
    ] = BenchmarkEngine.LOCAL,
    workers: Workers = None,
    model: Model = None,
    fov: Fov = None,
    config: Config = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the result to this JSON file.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write it as NeuroPose's `benchmark` does, with its fields alone."),
    ] = None,
    predictions_output: Annotated[
        Path | None, typer.Option("--predictions-output", help="Write the last pass's poses in NeuroPose's format.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")] = False,
) -> None:
    """Measure speed and memory on a video, beside the bare model on the same frames at the same time.

    The ratio to the ceiling says how much of this machine's speed reaches the results: 1 is the bare model in as
    many processes as workers, with frames decoded beforehand. The scale suite takes no video and none of the
    options that concern one; it measures threads and both shapes of Ray with a model that only costs time.

    Examples: neuropose-ray benchmark squat.mp4 --repeats 5; neuropose-ray benchmark --suite scale
    """
    from rich.console import Console

    from neuropose_ray.schemas.json_files import save_model
    from neuropose_ray.schemas.neuropose_benchmark import save_neuropose_benchmark

    console = Console(stderr=True, quiet=as_json)

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False)

    if force_cpu and compare_cpu:
        raise SettingsError("--force-cpu and --compare-cpu are mutually exclusive")
    if suite is Suite.SCALE:
        if output is not None or predictions_output is not None:
            raise SettingsError("--output and --predictions-output are of a video", where="benchmark")
        if video is not None:
            raise SettingsError("the scale suite makes its own videos", where=str(video), hint="leave the video out")
        result, report = _scale(full, say)
    elif video is None:
        raise SettingsError("there is no video", where="benchmark", hint="give one, or --suite scale")
    else:
        options = _options(
            repeats=repeats,
            warmup_frames=warmup_frames,
            frames=frames,
            compare_cpu=compare_cpu,
            mediapipe_python=mediapipe_python,
        )
        flags = {
            "model": model,
            "engine": {"kind": engine.value, "workers": workers},
            "camera": {"field_of_view_degrees": fov},
            "metrabs": {"device": "cpu" if force_cpu else None},  # no other model leaves the CPU
        }
        measured, report = _video(video, options, flags, config, say, predictions_output)
        if output is not None:
            save_neuropose_benchmark(output, measured)
        result = measured
    if out is not None:
        save_model(out, result)
    typer.echo(result.model_dump_json(indent=2) if as_json else report)


def _video(
    video: Path,
    options: BenchmarkSettings,
    flags: dict[str, Any],
    config: Path | None,
    say: Callable[[str], None],
    predictions: Path | None,
) -> tuple[BenchmarkResult, str]:
    from neuropose_ray.api import named_model
    from neuropose_ray.benchmark import format_report, run_benchmark
    from neuropose_ray.cluster import OWN_RAY
    from neuropose_ray.service import load_settings

    # The ceiling is this machine's, so a cluster elsewhere cannot be compared with it.
    settings = load_settings(config, {**flags, "engine": {**flags["engine"], "address": OWN_RAY}})
    spec = named_model(settings)
    result = run_benchmark(video, settings=settings, spec=spec, options=options, say=say, predictions=predictions)
    return result, format_report(result)


def _scale(full: bool, say: Callable[[str], None]) -> tuple[FrozenModel, str]:
    from neuropose_ray.benchmark import FULL, ScaleSettings, format_scale, run_scale

    result = run_scale(FULL if full else ScaleSettings(), say)
    return result, format_scale(result)


def _options(**given: Any) -> BenchmarkSettings:
    from pydantic import ValidationError

    from neuropose_ray.benchmark import BenchmarkSettings
    from neuropose_ray.faults import faults

    try:
        return BenchmarkSettings(**given)
    except ValidationError as error:
        key, _, what = faults(error, BenchmarkSettings)[0].partition(": ")
        raise SettingsError(what, where="--" + key.replace("_", "-")) from error
