"""`neuropose-ray describe`: an analysis in plain words."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.cli.console import print_error
from neuropose_ray.cli.options import Config
from neuropose_ray.errors import InputError, SettingsError

if TYPE_CHECKING:
    from neuropose_ray.analysis import AnalysisReport


class TextLanguage(StrEnum):
    """The languages of descriptions."""

    ENGLISH = "en"
    GERMAN = "de"


def describe(
    results: Annotated[Path, typer.Argument(help="A video's results: OUT/NAME, predictions.parquet, or JSON.")],
    against: Annotated[
        Path | None, typer.Option(help="Another trial: what changed from the first to this one.")
    ] = None,
    language: Annotated[TextLanguage | None, typer.Option(help="Of the text. [default: en]")] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(help="URL of an OpenAI-compatible endpoint that words the text, up to /v1. [default: none]"),
    ] = None,
    model: Annotated[str | None, typer.Option(help="With --endpoint: the name of its model.")] = None,
    config: Config = None,
) -> None:
    """Say in plain words what was measured: numbers with their errors, comparisons, doubts, and what to look at.

    It takes the trial's analysis.json, or analyses as `analyze` does where there is none of these predictions. The
    text goes to description.txt beside the predictions, and to description.json with how it was made.

    Sentences are templates; nothing leaves this machine. With an endpoint a language model words the measured part:
    it gets the numbers, without the video, names or paths. Every number of its answer must stand in the analysis, or
    the templates are used, and the command says why. Its key comes from NEUROPOSE_DESCRIPTION__ENDPOINT__KEY.

    For example:

    neuropose-ray describe results/squat

    neuropose-ray describe results/before --against results/after --language de

    neuropose-ray describe results/squat --endpoint http://127.0.0.1:11434/v1 --model llama3.1
    """
    from neuropose_ray.analysis import MovementResults, TrialSource, file_beside, measure_changes
    from neuropose_ray.description import description_of, write_description
    from neuropose_ray.schemas.result_files import DESCRIPTION_FILE
    from neuropose_ray.service import load_settings

    settings = load_settings(config, _flags(language, endpoint, model)).description
    report, changes = _report(results), None
    if against is not None:
        pair = report.results, _report(against).results
        if not (isinstance(pair[0], MovementResults) and isinstance(pair[1], MovementResults)):
            raise InputError("only analyses of movements can be compared in words", where=str(against))
        changes = measure_changes(pair[0], pair[1])
    record = description_of(report, settings, changes)
    typer.echo(record.description.text)
    target = file_beside(TrialSource(results), DESCRIPTION_FILE)
    write_description(target, record)
    typer.echo(f"\nwrote {target.with_suffix('.txt')}", err=True)
    if record.endpoint is not None and record.endpoint.refused is not None:
        print_error(f"worded by templates: {record.endpoint.refused}")
        raise typer.Exit(1)


def _flags(language: TextLanguage | None, endpoint: str | None, model: str | None) -> dict[str, object]:
    if model is not None and endpoint is None:
        raise SettingsError("--model needs --endpoint", hint="see neuropose-ray describe --help")
    flags: dict[str, object] = {} if language is None else {"language": language.value}
    if endpoint is not None:
        if model is None:
            raise SettingsError("--endpoint needs --model", hint="see neuropose-ray describe --help")
        flags["endpoint"] = {"url": endpoint, "model": model}
    return {"description": flags} if flags else {}


def _report(results: Path) -> AnalysisReport:
    """The analysis of a trial: its file where that is of these predictions, else a new one.

    Raises:
        InputError: there are no predictions, or nobody is seen in them.
    """
    from neuropose_ray.analysis import (
        InputsConfig,
        TrialSource,
        default_analysis,
        load_report,
        report_beside,
        run_analysis,
    )
    from neuropose_ray.schemas.derived_files import predictions_digest
    from neuropose_ray.schemas.result_files import predictions_in

    path = report_beside(TrialSource(results))
    if path.is_file():
        report = load_report(path)
        if report.primary.predictions_sha256 == predictions_digest(predictions_in(results)):
            return report
    return run_analysis(default_analysis(InputsConfig(primary=results), path))
