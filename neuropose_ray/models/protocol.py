"""The protocol of a pose model: what the pipeline asks of it."""

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
        calls_at_once: threads that may call such a model at the same time: with two, a model on a GPU copies one
            batch there while it computes the other.
        lead_in_frames: frames before a session's own that it sees first, so that it knows the people there.
    """

    name: str
    sha256: str
    filename: str
    skeleton: Skeleton
    runtime: str
    device: str
    settings: str
    frames_alone: bool = False
    calls_at_once: int = 1
    lead_in_frames: int = 0


class PoseSession(Protocol):
    """A loaded model on consecutive frames; it may remember people from call to call."""

    def predict(self, frames: Sequence[Frame]) -> Poses:
        """The people in the next frames, all of one size; rows point to positions in ``frames``."""
        ...


class PoseModel(Protocol):
    """Weights in memory, ready to run; called by one thread at a time, or by ``info.calls_at_once`` of them."""

    @property
    def info(self) -> ModelInfo:
        """The model's identity, as provenance records it."""
        ...

    @property
    def batch_size(self) -> int:
        """Frames that a call to ``predict`` should get."""
        ...

    def session(self, camera: Camera, first_frame: int = 0) -> PoseSession:
        """Begin with consecutive frames.

        Args:
            camera: what took them.
            first_frame: the position of the first in its video.
        """
        ...


class PoseModelSpec(Protocol):
    """A pose model before it is loaded: small, travels to any worker, and loads itself there."""

    @property
    def name(self) -> str:
        """The name of the backend, such as ``blazepose``."""
        ...

    @property
    def sha256(self) -> str:
        """Digest of the weights, 64 hexadecimal digits."""
        ...

    @property
    def field_of_view_degrees(self) -> float:
        """Assumed field of view over the longer side of the frame, for a camera of which nothing is known."""
        ...

    @property
    def threads(self) -> int | None:
        """CPU threads that one loaded model keeps busy; None: all of the machine, or a GPU."""
        ...

    @property
    def device(self) -> str:
        """Device of a loaded model: ``cpu``, ``gpu:N``, or ``auto`` for a GPU where there is one."""
        ...

    @property
    def session_frames(self) -> int | None:
        """Frames of one session, for a model whose predictions depend on the frames before; None: they do not.

        What such a model remembers can make a difference for as long as somebody is in the picture. Its sessions
        therefore begin at the same frames of a video whatever the length of chunks, which hold whole sessions.
        """
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
