"""The description of a trial beside its analysis: made from the analysis as it is on the disk."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from neuropose_ray.analysis import AnalysisReport, MeasureChange
from neuropose_ray.description.endpoint import EndpointUse, worded
from neuropose_ray.description.findings import findings_of_report
from neuropose_ray.description.settings import DescriptionSettings
from neuropose_ray.description.writing import Description, describe
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenModel


class DescriptionRecord(FrozenModel):
    """A description, from which analysis it was made, and whether an endpoint worded it."""

    description: Description
    predictions_sha256: str | None = Field(description="of the predictions that were analysed")
    endpoint: EndpointUse | None = Field(default=None, description="null: templates, and nothing left this machine")


def description_of(
    report: AnalysisReport,
    settings: DescriptionSettings | None = None,
    changes: tuple[MeasureChange, ...] | None = None,
) -> DescriptionRecord:
    """An analysis in words.

    Args:
        report: of one trial.
        settings: the language and who words it; None: English templates.
        changes: of the measures to another trial.
    """
    settings = settings or DescriptionSettings()
    findings = findings_of_report(report, changes)
    sha256 = report.primary.predictions_sha256
    if settings.endpoint is None:
        return DescriptionRecord(description=describe(findings, settings.language), predictions_sha256=sha256)
    wording = worded(findings, settings.language, settings.endpoint)
    return DescriptionRecord(description=wording.description, predictions_sha256=sha256, endpoint=wording.use)


def write_description(path: Path, record: DescriptionRecord) -> None:
    """Write a description as JSON, and as plain text in a file of the same name that ends with ``.txt``.

    Raises:
        OutputError: no space or no permission.
    """
    atomic_write_bytes(path.with_suffix(".txt"), (record.description.text + "\n").encode())
    atomic_write_bytes(path, record.model_dump_json(indent=2).encode())
