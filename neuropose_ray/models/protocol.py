"""What the pipeline asks of a pose model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses
from neuropose_ray.schemas.skeleton import Skeleton


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A loaded pose model, as the provenance of its results records it.

    Attributes:
        name: of the backend.
        sha256: of the weights, 64 hexadecimal digits.
        filename: of the weights.
        skeleton: joints of the poses, in the order of their arrays.
        runtime: what executes the model, with its version.
        device: ``cpu`` or the name of the accelerator.
        settings: all settings that change the numbers, as a JSON object.
        frames_alone: whether every frame is predicted by itself, so that frames of different videos can share a call.
    """

    name: str
    sha256: str
    filename: str
    skeleton: Skeleton
    runtime: str
    device: str
    settings: str
    frames_alone: bool = False


class PoseSession(Protocol):
    """One model over one stretch of consecutive frames; it may remember from call to call where people are."""

    def predict(self, frames: Sequence[Frame]) -> Poses:
        """The people in the next frames, all of one size; rows point to positions in ``frames``."""
        ...


class PoseModel(Protocol):
    """Weights in memory, ready to run. Not shared between threads."""

    @property
    def info(self) -> ModelInfo:
        """The model's identity, as provenance records it."""
        ...

    @property
    def batch_size(self) -> int:
        """How many frames a call to ``predict`` should get."""
        ...

    def session(self, camera: Camera) -> PoseSession:
        """Start on a stretch of frames taken by ``camera``."""
        ...


class PoseModelSpec(Protocol):
    """A pose model before it is loaded: small, travels to any worker, and loads itself there."""

    @property
    def name(self) -> str:
        """The backend's name."""
        ...

    @property
    def sha256(self) -> str:
        """What identifies the weights."""
        ...

    @property
    def field_of_view_degrees(self) -> float:
        """What the camera is taken for where nothing is known of it."""
        ...

    @property
    def threads(self) -> int | None:
        """CPU threads that one loaded model keeps busy; None: all of the machine, or a GPU."""
        ...

    @property
    def device(self) -> str:
        """What a loaded model runs on: ``cpu``, ``gpu:N``, or ``auto`` for a GPU where there is one."""
        ...

    def fingerprint(self) -> str:
        """All that identifies the numbers this model gives."""
        ...

    def load(self) -> PoseModel:
        """Bring the model into memory.

        Raises:
            ModelError: the weights cannot be loaded or run.
        """
        ...
