"""A pose model on a device that takes no time of the CPU: what a GPU looks like to the rest of the program.

A call copies its frames, which takes the CPU's time, and then waits for the device, one call at a time. What the
device takes for a call follows its number of frames, padded to a power of two. Every call is noted in a folder.
"""

import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from support.calls import CallLog

from neuropose_ray.benchmark.synthetic import SyntheticModel, SyntheticSpec
from neuropose_ray.models.metrabs.tensors import padded_count
from neuropose_ray.models.protocol import ModelInfo
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33
from neuropose_ray.video.write import VideoWriter

CLIP_FRAMES = 9


@dataclass(frozen=True)
class DeviceSpec:
    """The model before it is loaded.

    Attributes:
        log: a folder in which every call is noted, without the time of copying.
        call_s, frame_s: that the device takes for a call, and beyond that for each frame.
        batch_size: frames of a call.
        frames_alone: whether chunks share calls.
        calls_at_once: of which one is copied while the other is computed.
        device: ``auto`` asks Ray for a GPU.
    """

    log: Path
    call_s: float = 0.002
    frame_s: float = 0.0005
    batch_size: int = 32
    frames_alone: bool = True
    calls_at_once: int = 2
    device: str = "auto"

    name = "device"
    sha256 = "2" * 64
    field_of_view_degrees = 90.0
    session_frames = None
    threads = None

    def fingerprint(self) -> str:
        return "device"

    def load(self) -> "DeviceModel":
        return DeviceModel(self)


class DeviceModel:
    """Its own session; it sees what the synthetic model sees."""

    def __init__(self, spec: DeviceSpec) -> None:
        self._spec, self.batch_size = spec, spec.batch_size
        self._model, self._computing = SyntheticModel(SyntheticSpec(0.0)), threading.Lock()
        self.info = ModelInfo(
            name="device", sha256=spec.sha256, filename="", skeleton=BLAZEPOSE_33, runtime="sleep", device="gpu:0",
            settings="{}", frames_alone=spec.frames_alone, calls_at_once=spec.calls_at_once,
        )  # fmt: skip
        self._log = CallLog(spec.log, spec.batch_size)

    def session(self, camera: Camera, first_frame: int = 0) -> "DeviceModel":
        return self

    def predict(self, frames: Sequence[Frame]) -> Poses:
        images = np.stack(frames)  # all of one size
        poses = self._model.predict(images)
        with self._computing, self._log.call(len(frames)):
            time.sleep(self._spec.call_s + self._spec.frame_s * padded_count(len(frames), self.batch_size))
        return poses


def clips(folder: Path, count: int, side: int = 64, frames: int = CLIP_FRAMES) -> list[Path]:
    """Hard links of a video of so few frames that they fill no batch."""
    folder.mkdir()
    noise = np.random.default_rng(side)
    with VideoWriter(folder / "0.mp4", width=side, height=side) as writer:
        for number in range(frames):
            writer.write(noise.integers(0, 256, (side, side, 3), np.uint8), number / 25)
    for number in range(1, count):
        os.link(folder / "0.mp4", folder / f"{number}.mp4")
    return [folder / f"{number}.mp4" for number in range(count)]
