"""The root of all commands, and the one place where errors become lines and exit codes."""

from __future__ import annotations

import logging
import sys
from typing import Annotated

import typer

from neuropose_ray import __version__
from neuropose_ray.cli import (
    analyze,
    benchmark,
    compare,
    demo,
    doctor,
    dtw_matrix,
    evaluate,
    export,
    import_poses,
    ingest,
    jobs,
    metrics,
    models,
    overlay,
    plot,
    process,
    report,
    reset,
    segment,
    serve,
    service,
    status,
)
from neuropose_ray.cli.console import print_error
from neuropose_ray.errors import NeuroposeRayError

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
SERVICE_PANEL = "The service"
#: Errors of the command line itself, not of the work.
USAGE_CODES = ("settings", "input_not_found", "model_unknown", "joint_unknown")

app = typer.Typer(
    name="neuropose-ray",
    help="Video of people in, 3D motion out, on this machine or on a Ray cluster.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.command()(process.process)
app.command()(status.status)
app.command()(overlay.overlay)
app.command()(report.report)
app.command()(plot.plot)
app.command()(export.export)
app.command("import")(import_poses.import_poses)
app.command()(evaluate.evaluate)
app.command()(analyze.analyze)
app.command()(segment.segment)
app.command()(compare.compare)
app.command("dtw-matrix")(dtw_matrix.dtw_matrix)
app.command()(benchmark.benchmark)
app.command()(metrics.metrics)
app.command(rich_help_panel=SERVICE_PANEL)(serve.serve)
app.add_typer(jobs.app, name="jobs", rich_help_panel=SERVICE_PANEL)
app.command(rich_help_panel=SERVICE_PANEL)(ingest.ingest)
app.command(rich_help_panel=SERVICE_PANEL)(reset.reset)
service.app.command("token")(serve.token)
app.add_typer(service.app, name="service", rich_help_panel=SERVICE_PANEL)
app.add_typer(models.app, name="models")
app.command()(doctor.doctor)


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
