"""What a user may set of a run: the model, what is known of the camera, and where it works."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.curation import CurationSettings
from neuropose_ray.fitting import FittingSettings
from neuropose_ray.models import BlazePoseSettings, MetrabsSettings, WeightSettings
from neuropose_ray.schemas.frame_table import FrameFlag
from neuropose_ray.schemas.immutable import AnyPath
from neuropose_ray.settings import LayeredSettings
from neuropose_ray.tracking import TrackingSettings
from neuropose_ray.video import VideoSettings


class EngineSettings(BaseModel):
    """Who does the work."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["auto", "local", "ray"] = Field(
        default="auto", description="threads on this machine, or Ray; auto takes Ray where an address is given"
    )
    address: str | None = Field(
        default=None, description="Ray cluster: an address, or 'local' to start a Ray of its own; empty: RAY_ADDRESS"
    )
    workers: int | None = Field(
        default=None,
        ge=1,
        description="models in memory at once; empty: one for each core or GPU, on Ray also for those that join the "
        "cluster during the run, except for models on CPUs in the shape split",
    )
    shape: Literal["auto", "fused", "split"] = Field(
        default="auto",
        description="who decodes on Ray: in fused the worker that has the model, so that no frame leaves its "
        "process; in split tasks on other cores and nodes, from which the frames travel to the workers. auto takes "
        "split where nodes with GPUs have fewer CPUs for each GPU than chunks_per_gpu, and other nodes have some; "
        "else fused, which does less. The numbers are the same",
    )
    chunks_per_gpu: int = Field(
        default=8,
        ge=1,
        description="chunks that are decoded at once for a worker with a GPU: a core decodes some 200 frames of "
        "1080p a second, and a GPU sees up to 1,500. Never more than there are CPUs for each GPU, and two at least. "
        "Each holds some 32 frames in memory, beside four batches of the pose model",
    )
    stall_limit_s: float = Field(
        default=600.0,
        gt=0,
        description="seconds without a finished batch of frames after which a chunk is taken for hung and its try "
        "given up; far beyond the slowest batch of a large model on a busy CPU, which takes tens of seconds",
    )
    max_attempts: int = Field(
        default=3, ge=1, description="tries of one chunk, also when its process dies, before it is given up"
    )


class CameraSettings(BaseModel):
    """What is known of the camera."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field_of_view_degrees: float | None = Field(
        default=None, gt=0, lt=180, description="over the longer side of the frame; empty: the pose model's default"
    )
    calibration: AnyPath | None = Field(
        default=None, description="Pose2Sim calibration file (TOML): focal lengths, centre and lens distortion"
    )
    calibration_camera: str | None = Field(
        default=None,
        description="which camera of the calibration; empty: the one named like the video, or the only one",
    )


class RunSettings(LayeredSettings):
    """Everything that can be set of a run."""

    model: str = Field(default="blazepose", description="pose model: a name of the catalogue, a path, or a URL")
    engine: EngineSettings = EngineSettings()
    camera: CameraSettings = CameraSettings()
    video: VideoSettings = VideoSettings()
    blazepose: BlazePoseSettings = BlazePoseSettings()
    metrabs: MetrabsSettings = MetrabsSettings()
    tracking: TrackingSettings = TrackingSettings()
    fit: bool | None = Field(
        default=None,
        description="fit a skeleton of constant bones to each track; empty: for blazepose, whose depth needs it, "
        "and not for models whose 3D is better already",
    )
    fitting: FittingSettings = FittingSettings()
    weights: WeightSettings = Field(default_factory=WeightSettings)
    curation: CurationSettings = CurationSettings()
    skip_idle: bool = Field(
        default=False, description="look for no poses where curation found that nothing moves; they are marked"
    )
    skip_duplicates: bool = Field(
        default=False,
        description="look for no poses in near-duplicates of other frames; they are marked. Where something moves, "
        "a quarter of a second is not left out at once: ids and motion need poses in between",
    )
    curate: bool = Field(
        default=False, description="measure the frames in the same pass in which their poses are found"
    )

    @property
    def skipped_flags(self) -> tuple[FrameFlag, ...]:
        """The flags of frames in which no poses are looked for."""
        return (FrameFlag.IDLE,) * self.skip_idle + (FrameFlag.DUPLICATE,) * self.skip_duplicates
