"""A pose model that sees how grey a picture is, writes down what it was asked, and fails where it is told to."""

import threading
import time
from dataclasses import dataclass, field

import cv2
import numpy as np

from neuropose_ray.errors import ModelError
from neuropose_ray.models.protocol import ModelInfo
from neuropose_ray.schemas.poses import Poses
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33

#: At a picture of this grey the model raises an error of its own, at the other one something unforeseen.
FAILS, BREAKS = 200, 220


@dataclass
class GreyLog:
    """Greys of each call, of all its pictures, and the number of the session that was called."""

    calls: list[tuple[int, list[int]]] = field(default_factory=list)
    sessions: int = 0
    #: Calls wait for it.
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()


@dataclass(frozen=True)
class GreySpec:
    """Not for other processes: tests read its log."""

    frames_alone: bool = False
    batch_size: int = 8
    call_s: float = 0.0
    threads: int | None = 1
    session_frames: int | None = None
    log: GreyLog = field(default_factory=GreyLog, hash=False, compare=False)

    name = "grey"
    sha256 = "1" * 64
    field_of_view_degrees = 60.0

    @property
    def device(self) -> str:
        return "auto" if self.threads is None else "cpu"

    def fingerprint(self) -> str:
        return "grey"

    def load(self) -> "GreyModel":
        return GreyModel(self)


class GreyModel:
    def __init__(self, spec: GreySpec) -> None:
        self._spec, self.batch_size = spec, spec.batch_size
        self.info = ModelInfo("grey", spec.sha256, "grey", BLAZEPOSE_33, "none", "cpu", "{}", spec.frames_alone)

    def session(self, camera, first_frame=0) -> "GreySession":
        self._spec.log.sessions += 1
        return GreySession(self._spec, self._spec.log.sessions, camera)


class GreySession:
    """One person in each picture; its joints' x is the grey, its z how many pictures the session saw before."""

    def __init__(self, spec: GreySpec, number: int, camera) -> None:
        self._spec, self._number, self._camera, self._seen = spec, number, camera, 0

    def predict(self, frames) -> Poses:
        greys = [round(float(frame.mean())) for frame in frames]
        self._spec.log.calls.append((self._number, greys))
        self._spec.log.gate.wait()
        time.sleep(self._spec.call_s)
        if FAILS in greys:
            raise ModelError("it is too grey")
        if BREAKS in greys:
            raise KeyError("grey")
        count, joints = len(frames), len(BLAZEPOSE_33)
        pixels = np.tile(np.array(greys, np.float32)[:, None, None], (1, joints, 2))
        points = np.zeros((count, joints, 3), np.float32)
        points[..., 2] = self._seen + np.arange(count)[:, None]
        self._seen += count
        return Poses(
            np.arange(count), np.ones((count, 5), np.float32), pixels, points, np.ones((count, joints), np.float32)
        )


def picture(grey: int, width: int = 32, height: int = 24, kind: str = "png") -> bytes:
    """A file with nothing but a grey."""
    return cv2.imencode(f".{kind}", np.full((height, width, 3), grey, np.uint8))[1].tobytes()
