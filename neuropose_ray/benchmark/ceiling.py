"""The ceiling: plain processes that do nothing but run the bare model, all at the same time."""

from __future__ import annotations

import multiprocessing
import signal
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from types import TracebackType

from neuropose_ray.benchmark.baseline import baseline_model
from neuropose_ray.benchmark.clip import Clip, rounds
from neuropose_ray.errors import EngineError, NeuroposeRayError
from neuropose_ray.models import MetrabsSettings, ModelSpec, PoseModelSpec
from neuropose_ray.models.metrabs.saved_model import visible_gpus
from neuropose_ray.schemas.camera import Camera


class Ceiling:
    """Processes with a bare model each, loaded once, that wait between measurements.

    Use it as a context manager: the processes start when it is entered and end when it is left.

    Args:
        spec: the pose model.
        camera: what took the clip.
        clip: the frames, which every process starts on at a place of its own.
        processes: how many.
    """

    def __init__(self, spec: PoseModelSpec, camera: Camera, clip: Clip, processes: int) -> None:
        context = multiprocessing.get_context("spawn")  # forked children of TensorFlow or Ray hang
        self._barrier = context.Barrier(processes)  # its semaphores last as long as somebody here holds it
        pairs = [context.Pipe() for _ in range(processes)]
        self._ends = [ours for ours, _ in pairs]
        self._theirs = [theirs for _, theirs in pairs]
        self._processes = [
            context.Process(
                target=_serve,
                args=(spec, camera, clip, (number, processes), self._barrier, theirs),
                name=f"ceiling-{number}",
                daemon=True,
            )
            for number, (_, theirs) in enumerate(pairs)
        ]

    def __enter__(self) -> Ceiling:
        """Start the processes and wait until every model is loaded.

        Raises:
            ModelError: the weights cannot be loaded.
            EngineError: a process died.
        """
        # The processes inherit the mask: at Ctrl-C, which reaches them too, it is this one that ends them.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            for process, theirs in zip(self._processes, self._theirs, strict=True):
                process.start()
                theirs.close()  # so that the end of a process is seen on its pipe
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        try:
            self._answers()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes of the bare model."""
        self._stop()

    def rate(self, frames: int) -> float:
        """Frames per second of all processes together, from the common start to the last one's end.

        Args:
            frames: of all processes together.

        Raises:
            EngineError: a process died.
        """
        share = -(-frames // len(self._processes))
        with suppress(BrokenPipeError):  # a process that died is named when its answer is missing
            for end in self._ends:
                end.send(share)
        begun, ended = zip(*self._answers(), strict=True)
        return share * len(self._processes) / (float(max(ended)) - float(min(begun)))

    def _answers(self) -> list[tuple[float, float]]:
        answers = []
        for end in self._ends:
            try:
                answer = end.recv()
            except (EOFError, ConnectionResetError) as error:
                raise EngineError("a process with the bare model died", where="benchmark") from error
            if isinstance(answer, NeuroposeRayError):
                raise answer
            answers.append(answer)
        return answers

    def _stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()


def _serve(
    spec: PoseModelSpec, camera: Camera, clip: Clip, position: tuple[int, int], barrier: Barrier, end: Connection
) -> None:
    """Answer each number of frames with the times of begin and end, until this process is ended."""
    number, processes = position
    first = number * clip.frames // processes
    try:
        model, frames = baseline_model(_with_own_gpu(spec, number), camera), clip.load()
    except NeuroposeRayError as error:
        end.send(error)
        return
    end.send((0.0, 0.0))
    while True:
        count = end.recv()
        barrier.wait()
        begun = time.monotonic()  # one clock for all processes of a machine
        for batch in rounds(frames, first, count, model.batch_size):
            model.see(batch)
        end.send((begun, time.monotonic()))


def _with_own_gpu(spec: PoseModelSpec, number: int) -> PoseModelSpec:
    """The spec, for a device of its own where it leaves the choice: otherwise all processes took the first GPU."""
    if not isinstance(spec, ModelSpec) or not isinstance(spec.settings, MetrabsSettings) or spec.device != "auto":
        return spec
    device = device_of_process(number, len(visible_gpus()))
    return replace(spec, settings=spec.settings.model_copy(update={"device": device}))


def device_of_process(number: int, gpus: int) -> str:
    """Device of one of several processes: each has its own GPU, as long as there are enough."""
    return f"gpu:{number % gpus}" if gpus else "cpu"
