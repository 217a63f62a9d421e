"""What may be set of a step: the keys below ``with`` in a workflow."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from neuropose_ray.analysis import (
    CleaningSettings,
    MovementConfig,
    PairSettings,
    PreprocessingConfig,
    SegmentationChoice,
    StatsConfig,
)
from neuropose_ray.curation import CurationSettings
from neuropose_ray.description import LanguageCode
from neuropose_ray.formats import EXCLUDED_BY_DEFAULT, DatasetKind, DatasetSettings, ExportFormat, PosesKind
from neuropose_ray.pipeline import CameraSettings
from neuropose_ray.render import OverlaySettings
from neuropose_ray.report import ReportSettings
from neuropose_ray.schemas.fitting import HeightM
from neuropose_ray.schemas.frame_table import FrameFlag
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.jobs import JobId


class PoseOptions(FrozenModel):
    """Settings of the step ``pose``; what is empty is as the service's own settings say."""

    model: str | None = Field(default=None, description="a pose model of the service; empty: its first")
    height_m: HeightM | None = Field(default=None, description="the person's height in metres")
    camera: CameraSettings | None = Field(default=None, description="what is known of the camera")
    fit: bool | None = Field(default=None, description="fit a skeleton of constant bones to each person")
    image_fps: float | None = Field(default=None, gt=0, description="frames per second of image folders")
    capture_fps: float | None = Field(
        default=None, gt=0, description="frames per second at which videos were taken that are stored slowed down"
    )
    rate: float | None = Field(default=None, gt=0, description="frames of a second that are analysed, at most")


class AnalyzeOptions(FrozenModel):
    """Settings of the step ``analyze``: a configured analysis without inputs and outputs, which are the job's."""

    preprocessing: PreprocessingConfig = Field(
        default=PreprocessingConfig(cleaning=CleaningSettings()), description="whose poses, cleaned how"
    )
    segmentation: SegmentationChoice | None = None
    analysis: Annotated[StatsConfig | MovementConfig, Field(discriminator="kind")] = MovementConfig(kind="movement")


class OverlayOptions(FrozenModel, OverlaySettings):
    """Settings of the step ``overlay``: what is drawn and what is hidden."""


class ReportOptions(FrozenModel):
    """Settings of the step ``report``."""

    track: int | None = Field(default=None, description="a person by track id; empty: who is seen longest")
    with_video: bool = Field(default=True, description="a report without video is smaller and shows no faces")
    blur_faces: bool = Field(default=False, description="hide faces; done also where the overlay hides them")
    settings: ReportSettings = Field(default=ReportSettings(), description="how the numbers of the report are made")


class TextOptions(FrozenModel):
    """Settings of the step ``text``; what words it is the service's setting, since a job may not name an endpoint."""

    language: LanguageCode | None = Field(default=None, description="of the text; empty: the service's")


class CurateOptions(FrozenModel):
    """Settings of the step ``curate``."""

    settings: CurationSettings = Field(default=CurationSettings(), description="thresholds, and what is measured")
    sheet: bool = Field(default=True, description="write contact_sheet.html: the worst frames, with pictures")
    image_fps: float | None = Field(default=None, gt=0, description="frames per second of image folders")


class CompareOptions(FrozenModel):
    """Settings of the step ``compare``: what each video of the job is laid over, and how."""

    job: JobId | None = Field(
        default=None, description="another job: its video of the same name, or its only one; a job may name it itself"
    )
    reference: Path | None = Field(
        default=None,
        description="a trial on the service's disk, where no job is named: a folder of results or a file of "
        "predictions",
    )
    reference_track: int | None = Field(default=None, description="the person in it; empty: as in `preprocessing`")
    preprocessing: PreprocessingConfig = Field(
        default=PreprocessingConfig(cleaning=CleaningSettings()), description="whose poses, cleaned how; of both"
    )
    settings: PairSettings = Field(default=PairSettings(), description="how the two are compared")


class AnnotateOptions(FrozenModel):
    """Settings of the step ``annotate``: a data set of the people in all videos of the job."""

    kind: DatasetKind = Field(
        default=DatasetKind.COCO, description="coco, yolo-pose, jsonl or parquet; label-studio or cvat for reviewers"
    )
    excluded: frozenset[FrameFlag] = Field(
        default=EXCLUDED_BY_DEFAULT, description="flags of `curate`: frames with one of them are left out"
    )
    min_score: float = Field(
        default=DatasetSettings().min_score, ge=0, le=1, description="of a person or keypoint that is labelled"
    )
    visible_score: float = Field(
        default=DatasetSettings().visible_score, ge=0, le=1, description="below it a keypoint is labelled as hidden"
    )


class ExportOptions(FrozenModel):
    """Settings of the step ``export``: files for other programs, beside each video's predictions."""

    formats: tuple[ExportFormat, ...] = Field(min_length=1)
    track: int | None = Field(default=None, description="one person alone, by track id")
    poses: PosesKind = PosesKind.FITTED
