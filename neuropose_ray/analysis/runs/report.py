"""The report of an analysis: NeuroPose's version 2 field for field, and what is new since; its file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from neuropose_ray.analysis.cleaning.records import CleaningStep
from neuropose_ray.analysis.person_choice import TrackChoice
from neuropose_ray.analysis.runs.config import AnalysisConfig
from neuropose_ray.analysis.runs.movement_records import MovementResults
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.derived_files import predictions_digest
from neuropose_ray.schemas.header import SCHEMA_VERSION
from neuropose_ray.schemas.immutable import AnyPath, FrozenMapping, FrozenModel, OptionalFloat, StrictInt, Utf8Str
from neuropose_ray.schemas.json_files import read_json, validated
from neuropose_ray.schemas.migrations import migrate_analysis_report
from neuropose_ray.schemas.provenance import Provenance
from neuropose_ray.schemas.segmentation import Segmentation

_CHANGED = "{} was replaced since this was made from it: analyse it again"


class InputSummary(FrozenModel):
    """A trial that went into an analysis. The first four fields are NeuroPose's."""

    path: AnyPath
    frame_count: Annotated[StrictInt, Field(ge=0)]
    fps: OptionalFloat
    provenance: Provenance | None = None

    video: Utf8Str | None = Field(default=None, description="the trial's name")
    skeleton: str | None = None
    coverage: OptionalFloat = Field(default=None, description="share of the frames in which the person is seen")
    person: TrackChoice | None = Field(default=None, description="whom the numbers are of, and who else is there")
    cleaning: tuple[CleaningStep, ...] = Field(default=(), description="what was done to the positions, in order")
    predictions_sha256: str | None = Field(default=None, description="of the file at path, as it was read")


class DtwResults(FrozenModel):
    """Distances of primary and reference, one per pair of segments."""

    kind: Literal["dtw"] = "dtw"
    method: Literal["dtw_all", "dtw_per_joint", "dtw_relation"]
    distances: tuple[OptionalFloat, ...] = Field(
        description="as NeuroPose has them: sums over the path, of all joints together, unless the warping says "
        "path_normalise; they grow with the length of a trial and the number of its joints"
    )
    paths: tuple[tuple[tuple[int, int], ...], ...]
    per_joint_distances: tuple[tuple[OptionalFloat, ...], ...] | None = None
    segment_labels: tuple[str, ...]
    summary: FrozenMapping[str, OptionalFloat] = Field(
        default={}, validate_default=True, description="mean, p50, p95 and p99 of the distances that are known"
    )

    unit: Literal["mm", "rad", "SD", ""] = Field(
        default="", description="of all distances; SD after z-normalisation; empty in files that do not say it"
    )
    distances_per_frame: tuple[OptionalFloat, ...] = Field(
        default=(),
        description="per pair of frames and joint: root mean square over the joints (angles), mean over the path",
    )
    time_normalised_points: StrictInt | None = Field(
        default=None,
        description="to how many points segments were resampled, all or, as a warning says, those whose lengths "
        "differ; null: none",
    )


class SignalStatistics(FrozenModel):
    """Statistics of a signal over a segment; the standard deviation is the population's."""

    mean: OptionalFloat
    std: OptionalFloat
    min: OptionalFloat
    max: OptionalFloat
    range: OptionalFloat
    coverage: OptionalFloat = Field(
        default=None, description="share of the frames in which the signal is known; null in NeuroPose's reports"
    )


class StatsResults(FrozenModel):
    """Statistics of a signal, one block per segment."""

    kind: Literal["stats"] = "stats"
    statistics: tuple[SignalStatistics, ...]
    segment_labels: tuple[str, ...]


class NoResults(FrozenModel):
    """Nothing beside the segments."""

    kind: Literal["none"] = "none"


Results = Annotated[DtwResults | StatsResults | MovementResults | NoResults, Field(discriminator="kind")]


class AnalysisReport(FrozenModel):
    """All that an analysis found, with the configuration that finds it again."""

    schema_version: Literal[3] = SCHEMA_VERSION
    config: AnalysisConfig
    provenance: Provenance | None = Field(default=None, description="the primary's, with the configuration in it")
    primary: InputSummary
    reference: InputSummary | None = None
    segmentations: FrozenMapping[str, Segmentation] = Field(default={}, validate_default=True)
    results: Results

    warnings: tuple[Utf8Str, ...] = Field(default=(), description="what a reader of the numbers should know")


def save_report(path: str | Path, report: AnalysisReport) -> None:
    """Write a report as JSON, atomically; what is not known is null.

    Raises:
        OutputError: the file system refuses.
    """
    atomic_write_bytes(Path(path), report.model_dump_json(indent=2).encode())


def load_report(path: str | Path) -> AnalysisReport:
    """A report from JSON, NeuroPose's version 2 as well.

    Where the predictions that it was made from are no longer as they were, its warnings say so first.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is no report.
        MigrationNotFoundError: it states no version.
        FutureSchemaError: a newer version wrote it.
    """
    payload = migrate_analysis_report(read_json(Path(path)), str(path))
    report = validated(AnalysisReport, payload, str(path))
    inputs = [given for given in (report.primary, report.reference) if given is not None]
    changed = tuple(_CHANGED.format(given.path) for given in inputs if _has_changed(given, Path(path).parent))
    return report.model_copy(update={"warnings": (*changed, *report.warnings)})


def _has_changed(given: InputSummary, folder: Path) -> bool:
    """Whether a trial is no longer what was analysed; where it is not found nobody can tell.

    Args:
        given: of the report.
        folder: of the report, beside which a service's paths are.
    """
    if given.predictions_sha256 is None:
        return False
    digests = [predictions_digest(place) for place in dict.fromkeys((given.path, folder / given.path))]
    known = [digest for digest in digests if digest is not None]
    return bool(known) and given.predictions_sha256 not in known
