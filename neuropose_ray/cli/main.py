"""The root of all commands, and the one place where errors become lines and exit codes."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from neuropose_ray.cli.console import print_any_path, print_error
from neuropose_ray.cli.lazy_commands import CommandRef, lazy_group
from neuropose_ray.errors import InputNotFoundError, NeuroposeRayError, SettingsError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
SERVICE_PANEL = "The service"
#: Errors of the command line itself, not of the work.
USAGE_CODES = (
    "settings", "input_not_found", "model_unknown", "joint_unknown", "segments_exist", "service_running",
    "ingest", "archive_invalid", "archive_empty", "archive_too_large", "job_collision", "file_format",
    "file_too_new", "file_version",
)  # fmt: skip

COMMANDS = {
    "demo": CommandRef("demo", "demo"),
    "process": CommandRef("process", "process"),
    "status": CommandRef("status", "status"),
    "curate": CommandRef("curate", "app"),
    "overlay": CommandRef("overlay", "overlay"),
    "people": CommandRef("people", "people"),
    "report": CommandRef("report", "report"),
    "plot": CommandRef("plot", "plot"),
    "export": CommandRef("export", "export"),
    "import": CommandRef("import_poses", "import_poses"),
    "evaluate": CommandRef("evaluate", "evaluate"),
    "analyze": CommandRef("analyze", "analyze"),
    "describe": CommandRef("describe", "describe"),
    "segment": CommandRef("segment", "segment"),
    "compare": CommandRef("compare", "compare"),
    "dtw-matrix": CommandRef("dtw_matrix", "dtw_matrix"),
    "classify": CommandRef("classify", "classify"),
    "benchmark": CommandRef("benchmark", "benchmark"),
    "metrics": CommandRef("metrics", "metrics"),
    "models": CommandRef("models", "app"),
    "doctor": CommandRef("doctor", "doctor"),
    "errors": CommandRef("error_codes", "errors"),
    "serve": CommandRef("serve", "serve", SERVICE_PANEL),
    "jobs": CommandRef("jobs", "app", SERVICE_PANEL),
    "live": CommandRef("live", "app", SERVICE_PANEL),
    "watch": CommandRef("watch", "watch", SERVICE_PANEL),
    "ingest": CommandRef("ingest", "ingest", SERVICE_PANEL),
    "reset": CommandRef("reset", "reset", SERVICE_PANEL),
    "service": CommandRef("service", "app", SERVICE_PANEL),
    "store": CommandRef("store", "app", SERVICE_PANEL),
}

app = typer.Typer(
    name="neuropose-ray",
    cls=lazy_group(COMMANDS),
    help="Video of people in, 3D motion out, on this machine or on a Ray cluster.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from neuropose_ray import __version__

        typer.echo(f"neuropose-ray {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="YAML file of settings, for the commands that take one.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log details; show where an error arose.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Log errors alone.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    if verbose and quiet:
        raise SettingsError("--verbose and --quiet are mutually exclusive")
    level = logging.DEBUG if verbose else logging.ERROR if quiet else logging.WARNING
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")
    if config is not None:
        if not config.is_file():
            raise InputNotFoundError("there is no such file", where=str(config), hint="check --config")
        context.obj = config


def main() -> None:
    """Run the command line; exit codes: 0 all well, 1 something failed, 2 wrong use, 130 interrupted."""
    print_any_path()
    # What is wrong with a picture is said in a line of its own, not by OpenCV; workers inherit it.
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    verbose = any(word in ("-v", "--verbose") for word in sys.argv[1:])
    try:
        app()
    except NeuroposeRayError as error:
        if verbose:
            logging.getLogger(__name__).exception("what led to the error")
        print_error(str(error))
        sys.exit(EXIT_USAGE if error.code in USAGE_CODES else EXIT_FAILED)
    except SystemExit as end:
        if end.code == EXIT_INTERRUPTED:
            print_error("interrupted; the same command goes on from what is finished")
        raise
