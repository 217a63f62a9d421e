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
        log: a folder that gets a line for every call: its frames, and when the device began and ended with it.
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
        spec.log.mkdir(parents=True, exist_ok=True)
        self._log = spec.log / f"{os.getpid()}_{id(self)}.txt"

    def session(self, camera: Camera, first_frame: int = 0) -> "DeviceModel":
        return self

    def predict(self, frames: Sequence[Frame]) -> Poses:
        images = np.stack(frames)  # all of one size
        poses = self._model.predict(images)
        with self._computing:
            begin_s = time.monotonic()
            time.sleep(self._spec.call_s + self._spec.frame_s * padded_count(len(frames), self.batch_size))
            with self._log.open("a") as log:
                log.write(f"{len(frames)} {begin_s} {time.monotonic()}\n")
        return poses


@dataclass(frozen=True)
class Calls:
    """What was noted of all calls: their frames, and when each began and ended, of one device after the other."""

    frames: tuple[int, ...]
    devices: tuple[tuple[tuple[float, float], ...], ...]

    def fill(self, batch_size: int) -> float:
        """How full the batches were."""
        return sum(self.frames) / (batch_size * len(self.frames))

    def busy(self) -> float:
        """The devices' share of the time from the first call to the last in which they computed."""
        spans = [(calls[0][0], calls[-1][1], sum(end - begin for begin, end in calls)) for calls in self.devices]
        begin, end = min(span[0] for span in spans), max(span[1] for span in spans)
        return sum(span[2] for span in spans) / (len(spans) * (end - begin))


def calls_in(log: Path) -> Calls:
    """What the models that note in a folder were asked."""
    logs = [[line.split() for line in path.read_text().splitlines()] for path in log.glob("*.txt")]
    lines = [lines for lines in logs if lines]
    return Calls(
        tuple(int(line[0]) for device in lines for line in device),
        tuple(tuple((float(line[1]), float(line[2])) for line in device) for device in lines),
    )


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
