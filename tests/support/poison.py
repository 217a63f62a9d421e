"""A pose model that does harm where a frame is brighter than it can bear, and videos with such frames."""

import os
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from neuropose_ray.benchmark.synthetic import SyntheticModel, SyntheticSpec
from neuropose_ray.video.write import VideoWriter

#: Frames of the videos' chunks; every chunk has a grey of its own, so that a model knows it again.
CHUNK_FRAMES = 8
BRIGHT = 240
_DARK, _SPACING = 30, 8


def write_video(path: Path, chunks: int, bright: tuple[int, ...] = ()) -> Path:
    """A video whose chunks, an even number, get lighter from one to the next, but for those that are glaring."""
    with VideoWriter(path, width=64, height=64) as writer:
        for index in range(chunks * CHUNK_FRAMES):
            chunk = index // CHUNK_FRAMES
            grey = BRIGHT if chunk in bright else _DARK + _SPACING * chunk
            writer.write(np.full((64, 64, 3), grey, np.uint8), index / 30)
    return path


@dataclass(frozen=True)
class PoisonSpec:
    """The synthetic model, with a deed for frames that are too bright.

    Attributes:
        deed: what it does then; "slow" is what it is with all others.
        log: a folder that gets a line for every call: ``dark 3 NODE`` or ``bright 0 NODE``.
        frame_ms: CPU time of a frame.
        threads: cores that it asks for; None for a GPU.
        release: a hanging call returns, a slow one takes no second more, when this file exists.
        frames_alone: whether frames of several chunks may come in one call.
    """

    deed: Literal["none", "slow", "segfault", "exit", "hang", "die_loading"]
    log: Path
    frame_ms: float = 1.0
    threads: int | None = 1
    release: Path = Path("/nowhere")
    frames_alone: bool = False

    name = "synthetic"
    sha256 = "0" * 64
    field_of_view_degrees = 90.0
    session_frames = None

    @property
    def device(self) -> str:
        return "auto" if self.threads is None else "cpu"

    def fingerprint(self) -> str:
        return "poison"

    def load(self) -> "PoisonModel":
        note(self.log, "load", 0)
        if self.deed == "die_loading":
            os._exit(1)
        return PoisonModel(self)


class PoisonModel:
    """Its own session."""

    batch_size = 4

    def __init__(self, spec: PoisonSpec) -> None:
        self._spec, self._model = spec, SyntheticModel(SyntheticSpec(spec.frame_ms, self.batch_size))
        self.info = replace(self._model.info, frames_alone=spec.frames_alone)

    def session(self, camera, first_frame=0) -> "PoisonModel":
        return self

    def predict(self, frames):
        spec, greys = self._spec, [float(frame.mean()) for frame in frames]
        if max(greys) < BRIGHT - _SPACING:
            note(spec.log, "dark", round((greys[0] - _DARK) / _SPACING))
            if spec.deed == "slow" and not spec.release.exists():
                time.sleep(1.0)
            return self._model.predict(frames)
        note(spec.log, "bright", 0)
        if spec.deed == "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif spec.deed == "exit":
            os._exit(1)
        while spec.deed == "hang" and not spec.release.exists():
            time.sleep(0.05)
        return self._model.predict(frames)


def note(log: Path, what: str, chunk: int) -> None:
    log.mkdir(parents=True, exist_ok=True)
    with (log / f"{os.getpid()}.txt").open("a") as file:
        file.write(f"{what} {chunk} {_node()}\n")


def notes(log: Path, what: str) -> list[tuple[int, str]]:
    """The chunk and the node of every call of a kind."""
    lines = [line.split() for file in log.glob("*.txt") for line in file.read_text().splitlines()]
    return [(int(chunk), node) for kind, chunk, node in lines if kind == what]


def _node() -> str:
    import ray

    return ray.get_runtime_context().get_node_id() if ray.is_initialized() else "here"
