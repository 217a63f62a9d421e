"""What tests and measurements on a GPU share: processes of their own, the card's state, and a card that is full."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from support.metrabs_world import RED, YELLOW, paint

from neuropose_ray.models.delegating import DelegatingSpec
from neuropose_ray.models.metrabs.settings import MetrabsSettings
from neuropose_ray.models.protocol import PoseModel
from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.models.weights import WeightStore
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses

CAMERA = Camera.from_field_of_view(1920, 1080, 55, source="assumed")

# TensorFlow's start, and the card's memory taken at once.
_FILLED_AFTER_S = 120


def alone(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the function gives in a process of its own, which takes no GPU memory with it when it ends."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as child:
        return child.submit(function, *arguments).result()


def nvml() -> Any:
    """NVIDIA's management library, or None where there is none or no GPU."""
    try:
        import pynvml
    except ImportError:
        from ray._private.thirdparty import pynvml
    try:
        pynvml.nvmlInit()
        return pynvml if pynvml.nvmlDeviceGetCount() else None
    except pynvml.NVMLError:
        return None


def card_memory() -> Any:
    """``total``, ``free`` and ``used`` bytes of the first GPU."""
    library = nvml()
    return library.nvmlDeviceGetMemoryInfo(library.nvmlDeviceGetHandleByIndex(0))


@contextmanager
def filled_card(free_bytes: int) -> Iterator[None]:
    """Another process holds all memory of the first GPU but so much while the block runs."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    ballast = context.Process(target=_fill, args=(theirs, free_bytes), daemon=True)
    ballast.start()
    theirs.close()  # so that the end of the process is seen on its pipe
    try:
        if not ours.poll(_FILLED_AFTER_S):
            raise TimeoutError("the card could not be filled")
        ours.recv()
        yield
    finally:
        ballast.terminate()
        ballast.join()


def _fill(end: Connection, free_bytes: int) -> None:
    free = card_memory().free
    import tensorflow as tf

    (gpu, *_) = tf.config.list_physical_devices("GPU")
    limit = tf.config.LogicalDeviceConfiguration(memory_limit=(free - free_bytes) >> 20)
    tf.config.set_logical_device_configuration(gpu, [limit])
    tf.ones(1)  # with a limit, all of it is taken at once
    end.send(True)
    end.recv()


def two_people(count: int) -> list[Frame]:
    """Pictures for the stand-in for MeTRAbs; the left edge of the first person is at 100 + 3 * place."""
    frames = []
    for place in range(count):
        picture = np.full((CAMERA.height, CAMERA.width, 3), 90, np.uint8)
        paint(picture, RED, (100 + 3 * place, 200, 150 + place % 7, 400))
        paint(picture, YELLOW, (1600 - 3 * place, 300, 120, 300 + place % 5))
        frames.append(picture)
    return frames


@dataclass(frozen=True, slots=True)
class Seen:
    """What a model made of ``two_people``; ``card_bytes`` is what its process took of the card."""

    poses: Poses
    device: str
    batch_size: int
    card_bytes: int


def see_two_people(folder: Path, settings: dict[str, Any], count: int) -> Seen:
    """Load MeTRAbs from a folder and let it see so many pictures in one call."""
    free = card_memory().free
    model = metrabs_spec(folder, **settings).load()
    poses = model.session(CAMERA).predict(two_people(count))
    return Seen(poses, model.info.device, model.batch_size, free - card_memory().free)


def metrabs_spec(folder: Path, **settings: Any) -> ModelSpec:
    """MeTRAbs's SavedModel in a folder, with these settings."""
    return ModelSpec(WeightStore(folder.parent / "cache").path(str(folder)), MetrabsSettings(**settings))


@dataclass(frozen=True, slots=True)
class NotingSpec(DelegatingSpec):
    """A pose model whose every load is noted: a file by the process's id, with the GPUs that the process may see."""

    folder: Path

    def load(self) -> PoseModel:
        (self.folder / str(os.getpid())).write_text(os.environ.get("CUDA_VISIBLE_DEVICES", "all"))
        return self.spec.load()
