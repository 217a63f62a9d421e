"""Every choice that the MeTRAbs backend leaves to its user."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

#: Of the code that makes poses of pictures. Raised where it gives other numbers for the same weights and settings.
METRABS_VERSION = 1

# A user's published timings of metrabs_eff2l_y4 on an RTX 3090, ms per frame: 150 at batch 1, 35 at 8, 27.7 at 32,
# 28.2 at 64. Past 32 only memory grows.
GPU_BATCH_SIZE = 32
# A convolution already fills the cores with one frame; four frames spread the cost of a call and keep the model's
# float copies of 1080p frames (33 MB each with their pyramid) small.
CPU_BATCH_SIZE = 4

_IDENTITY = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
_SPEED_ONLY = {"batch_size", "internal_batch_size", "device", "intra_op_threads", "inter_op_threads"}

_Row = tuple[float, float, float, float]


class MetrabsSettings(BaseModel):
    """Settings of a MeTRAbs SavedModel. Intrinsics and lens distortion belong to the camera."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    skeleton: str = Field(
        default="berkeley_mhad_43",
        description="Joint convention of the results, one that the weights know. The default is NeuroPose's, so that "
        "its analyses read our results; any other costs nothing extra, the model predicts them all.",
    )
    num_aug: int = Field(
        default=5,
        ge=1,
        description="Crops per person (turned, scaled, mirrored) that are averaged. 5 is what the published accuracy "
        "was measured with; 1 is about five times faster and less steady.",
    )
    detector_threshold: float = Field(
        default=0.3,
        ge=0,
        le=1,
        description="Detector score from which a box is a person; lower finds more, also ghosts.",
    )
    detector_nms_iou_threshold: float = Field(
        default=0.7, ge=0, le=1, description="Of two boxes that overlap by more than this only the better one stays."
    )
    max_detections: int | None = Field(
        default=None,
        ge=1,
        description="People per frame at most, the best scores first; none for all. Bounds the time in a crowd.",
    )
    detector_flip_aug: bool = Field(
        default=False,
        description="Detect in the mirrored frame too: finds a few more people at twice the detector's cost.",
    )
    suppress_implausible_poses: bool = Field(
        default=True, description="Let the model drop people with impossible bones or contradicting crops."
    )
    antialias_factor: Literal[1, 2, 4] = Field(
        default=1,
        description="Render crops this many times larger and shrink them: steadier poses of people who are much "
        "larger than a crop, for more time. The model knows no factor 3.",
    )
    world_up_vector: tuple[float, float, float] = Field(
        default=(0.0, -1.0, 0.0),
        description="Which way is up, in world axes (with the default extrinsics: camera axes, y down). The model "
        "turns crops upright by it, so set it for a tilted camera.",
    )
    extrinsic_matrix: tuple[_Row, _Row, _Row, _Row] = Field(
        default=_IDENTITY,
        description="World to camera, 4 x 4, translation in mm. It takes the up vector into the camera; poses come "
        "in camera axes all the same, as every pose model's do.",
    )
    batch_size: int | None = Field(
        default=None,
        ge=1,
        description=f"Frames per call; none for {GPU_BATCH_SIZE} on a GPU and {CPU_BATCH_SIZE} on a CPU. "
        "Halved by itself when memory runs out.",
    )
    internal_batch_size: int = Field(
        default=64,
        ge=1,
        description="Crops in the network at once; bounds the memory that many people take. At least num_aug.",
    )
    device: str = Field(
        default="auto",
        pattern=r"^(auto|cpu|gpu:\d+)$",
        description="auto (the first GPU if there is one), cpu, or gpu:N. One device per process: TensorFlow cannot "
        "change it once it has started. On Ray, which gives each worker a GPU of its own, auto or cpu.",
    )
    intra_op_threads: int = Field(
        default=0,
        ge=0,
        description="CPU threads inside one operation; 0 for every core. Give each worker its share when several "
        "share a machine.",
    )
    inter_op_threads: int = Field(
        default=0,
        ge=0,
        description="CPU operations at the same time; 0 for TensorFlow's choice. 1 next to other workers.",
    )

    @field_validator("world_up_vector")
    @classmethod
    def _has_a_direction(cls, value: tuple[float, float, float]) -> tuple[float, float, float]:
        if not np.linalg.norm(value) > 0:
            raise ValueError("the up vector needs a length")
        return value

    @field_validator("extrinsic_matrix")
    @classmethod
    def _is_rigid(cls, value: tuple[_Row, _Row, _Row, _Row]) -> tuple[_Row, _Row, _Row, _Row]:
        matrix = np.array(value)
        rotation = matrix[:3, :3]
        turns = np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-4) and np.linalg.det(rotation) > 0
        if not (turns and np.isfinite(matrix).all() and np.array_equal(matrix[3], [0, 0, 0, 1])):
            raise ValueError("not a rotation and a translation with a last row of 0 0 0 1")
        return value

    @model_validator(mode="after")
    def _bounded_memory(self) -> Self:
        # With fewer the model divides to zero people per batch, and then takes them all at once.
        if self.internal_batch_size < self.num_aug:
            raise ValueError(f"internal_batch_size must be at least num_aug, {self.num_aug}")
        return self

    def fingerprint(self) -> str:
        """JSON of the settings that change the numbers, for caches and provenance."""
        return self.model_dump_json(exclude=_SPEED_ONLY)

    def camera_from_world(self) -> NDArray[np.float64]:
        """The extrinsics, ``(4, 4)``."""
        return np.array(self.extrinsic_matrix)
