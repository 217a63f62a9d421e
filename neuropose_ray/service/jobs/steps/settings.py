"""What may be set of a step: the keys below ``with`` in a workflow."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from neuropose_ray.analysis import (
    CleaningSettings,
    MovementConfig,
    PreprocessingConfig,
    SegmentationChoice,
    StatsConfig,
)
from neuropose_ray.curation import CurationSettings
from neuropose_ray.description import LanguageCode
from neuropose_ray.formats import ExportFormat, PosesKind
from neuropose_ray.pipeline import CameraSettings
from neuropose_ray.render import OverlaySettings
from neuropose_ray.report import ReportSettings
from neuropose_ray.schemas.fitting import HeightM
from neuropose_ray.schemas.immutable import FrozenModel


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


class ExportOptions(FrozenModel):
    """Settings of the step ``export``: files for other programs, beside each video's predictions."""

    formats: tuple[ExportFormat, ...] = Field(min_length=1)
    track: int | None = Field(default=None, description="one person alone, by track id")
    poses: PosesKind = PosesKind.FITTED
