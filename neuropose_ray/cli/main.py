"""The root of all commands, and the one place where errors become lines and exit codes."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from neuropose_ray import __version__
from neuropose_ray.cli.console import print_error
from neuropose_ray.cli.lazy_commands import Place, lazy_group
from neuropose_ray.errors import NeuroposeRayError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
SERVICE_PANEL = "The service"
#: Errors of the command line itself, not of the work.
USAGE_CODES = ("settings", "input_not_found", "model_unknown", "joint_unknown")

COMMANDS = {
    "demo": Place("demo", "demo"),
    "process": Place("process", "process"),
    "status": Place("status", "status"),
    "overlay": Place("overlay", "overlay"),
    "report": Place("report", "report"),
    "plot": Place("plot", "plot"),
    "export": Place("export", "export"),
    "import": Place("import_poses", "import_poses"),
    "evaluate": Place("evaluate", "evaluate"),
    "analyze": Place("analyze", "analyze"),
    "segment": Place("segment", "segment"),
    "compare": Place("compare", "compare"),
    "dtw-matrix": Place("dtw_matrix", "dtw_matrix"),
    "benchmark": Place("benchmark", "benchmark"),
    "metrics": Place("metrics", "metrics"),
    "models": Place("models", "app"),
    "doctor": Place("doctor", "doctor"),
    "serve": Place("serve", "serve", SERVICE_PANEL),
    "jobs": Place("jobs", "app", SERVICE_PANEL),
    "ingest": Place("ingest", "ingest", SERVICE_PANEL),
    "reset": Place("reset", "reset", SERVICE_PANEL),
    "service": Place("service", "app", SERVICE_PANEL),
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
        typer.echo(f"neuropose-ray {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log details; show where an error arose.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.WARNING, format="%(levelname)s %(name)s: %(message)s"
    )


def main() -> None:
    """Run the command line; exit codes: 0 all well, 1 something failed, 2 wrong use, 130 interrupted."""
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
