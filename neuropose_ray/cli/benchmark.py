"""`neuropose-ray benchmark`: how fast, and how much faster it could be."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from neuropose_ray.benchmark.settings import BenchmarkSettings
from neuropose_ray.cli.process import Config, Fov, Model, Workers, resolve_model
from neuropose_ray.errors import SettingsError
from neuropose_ray.settings import load_settings

_DEFAULTS = BenchmarkSettings()


class BenchmarkEngine(StrEnum):
    """Who does the work of the passes."""

    LOCAL = "local"
    RAY = "ray"


def benchmark(
    video: Annotated[Path, typer.Argument(help="A video, or a folder of numbered images.", show_default=False)],
    repeats: Annotated[int, typer.Option(help="Passes; the first one warms up.")] = _DEFAULTS.repeats,
    warmup_frames: Annotated[
        int, typer.Option(help="Latencies left out at the start of every pass.")
    ] = _DEFAULTS.warmup_frames,
    frames: Annotated[
        int | None, typer.Option(help="Least frames of a pass: the video is repeated. [default: the video once]")
    ] = None,
    compare_cpu: Annotated[bool, typer.Option("--compare-cpu", help="Run the same on the CPU too.")] = False,
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
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the result to this JSON file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")] = False,
) -> None:
    """Measure speed and memory on a video, beside the bare model on the same frames at the same time.

    The ratio to the ceiling says how much of this machine's speed reaches the results: 1 is the bare model in as
    many processes as workers, with frames decoded beforehand.

    Example: neuropose-ray benchmark squat.mp4 --repeats 5
    """
    from rich.console import Console

    from neuropose_ray.benchmark.report import format_report
    from neuropose_ray.benchmark.run import run_benchmark
    from neuropose_ray.pipeline.engines.start import OWN_RAY
    from neuropose_ray.schemas.json_files import save_model

    options = _options(
        repeats=repeats,
        warmup_frames=warmup_frames,
        frames=frames,
        compare_cpu=compare_cpu,
        mediapipe_python=mediapipe_python,
    )
    # The ceiling is this machine's, so a cluster elsewhere cannot be compared with it.
    flags = {
        "model": model,
        "engine": {"kind": engine.value, "address": OWN_RAY, "workers": workers},
        "camera": {"field_of_view_degrees": fov},
    }
    settings = load_settings(config, flags)
    console = Console(stderr=True, quiet=as_json)
    result = run_benchmark(
        video,
        settings=settings,
        spec=resolve_model(settings),
        options=options,
        say=lambda line: console.print(line, markup=False, highlight=False),
    )
    if out is not None:
        save_model(out, result)
    typer.echo(result.model_dump_json(indent=2) if as_json else format_report(result))


def _options(**given: Any) -> BenchmarkSettings:
    try:
        return BenchmarkSettings(**given)
    except ValidationError as error:
        first = error.errors()[0]
        raise SettingsError(first["msg"], where="--" + str(first["loc"][0]).replace("_", "-")) from error
