"""What pose models were asked: every call is noted in a folder, by all processes that have the model."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.models.delegating import DelegatingSpec
from neuropose_ray.models.protocol import ModelInfo, PoseModel, PoseSession
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses


class CallLog:
    """A file of one loaded model: a line for every call with its frames, the batch size, and its begin and end."""

    def __init__(self, folder: Path, batch_size: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path, self._batch_size = folder / f"{os.getpid()}_{id(self)}.txt", batch_size

    @contextmanager
    def call(self, frames: int) -> Iterator[None]:
        begin_s = time.monotonic()
        yield
        with self._path.open("a") as file:
            file.write(f"{frames} {self._batch_size} {begin_s} {time.monotonic()}\n")


@dataclass(frozen=True)
class Calls:
    """What was noted: frames and batch size of each call, and the times of each model's calls."""

    frames: tuple[int, ...]
    batch_sizes: tuple[int, ...]
    models: tuple[tuple[tuple[float, float], ...], ...]

    def fill(self) -> float:
        """How full the batches were."""
        return sum(self.frames) / sum(self.batch_sizes)

    def busy(self) -> float:
        """The share of the time from the first call to the last in which the models were in a call, in the mean."""
        begin = min(calls[0][0] for calls in self.models)
        end = max(calls[-1][1] for calls in self.models)
        return sum(map(_covered_s, self.models)) / (len(self.models) * (end - begin))


def _covered_s(spans: Sequence[tuple[float, float]]) -> float:
    """Seconds in which there was a call; two may be under way at once."""
    covered, until = 0.0, float("-inf")
    for begin, end in sorted(spans):
        covered += max(0.0, end - max(begin, until))
        until = max(until, end)
    return covered


def calls_in(log: Path) -> Calls:
    """All that was noted in a folder."""
    files = [[line.split() for line in path.read_text().splitlines()] for path in sorted(log.glob("*.txt"))]
    lines = [line for file in files for line in file]
    return Calls(
        tuple(int(line[0]) for line in lines),
        tuple(int(line[1]) for line in lines),
        tuple(tuple((float(line[2]), float(line[3])) for line in file) for file in files if file),
    )


@dataclass(frozen=True, slots=True)
class CallNotingSpec(DelegatingSpec):
    """A pose model that notes its calls, as they look from outside."""

    log: Path

    def load(self) -> PoseModel:
        return _NotingModel(self.spec.load(), self.log)


class _NotingModel:
    def __init__(self, model: PoseModel, log: Path) -> None:
        self._model, self._log = model, CallLog(log, model.batch_size)

    @property
    def info(self) -> ModelInfo:
        return self._model.info

    @property
    def batch_size(self) -> int:
        return self._model.batch_size

    def session(self, camera: Camera, first_frame: int = 0) -> PoseSession:
        return _NotingSession(self._model.session(camera, first_frame), self._log)


class _NotingSession:
    def __init__(self, session: PoseSession, log: CallLog) -> None:
        self._session, self._log = session, log

    def predict(self, frames: Sequence[Frame]) -> Poses:
        with self._log.call(len(frames)):
            return self._session.predict(frames)
