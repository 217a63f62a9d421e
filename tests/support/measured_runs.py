"""Whole runs by several ways, each with how fast it was, how full its batches and how busy its model and GPU."""

from __future__ import annotations

import json
import re
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from support import calls
from support.gpu import nvml

from neuropose_ray.cluster import OWN_RAY
from neuropose_ray.models.protocol import PoseModelSpec
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome
from neuropose_ray.pipeline.engines.start import started_engine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.service.settings import load_settings

SAMPLE_S = 0.05


class BusyGpu:
    """The part of the time in which the first GPU computed while the block ran: ``share``, None without a GPU."""

    def __init__(self) -> None:
        self._library = nvml()
        self._samples: list[int] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.share: float | None = None

    def __enter__(self) -> BusyGpu:
        if self._library is not None:
            self._thread.start()
        return self

    def _sample(self) -> None:
        device = self._library.nvmlDeviceGetHandleByIndex(0)
        while not self._ended.wait(SAMPLE_S):
            self._samples.append(self._library.nvmlDeviceGetUtilizationRates(device).gpu)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._samples:
            self.share = statistics.fmean(self._samples) / 100


class Outcomes(NullReporter):
    """What came of every chunk, in the order in which their results were on the disk."""

    def __init__(self) -> None:
        self._all: list[ChunkOutcome] = []

    def advance(self, outcome: ChunkOutcome) -> None:
        self._all.append(outcome)

    def in_order(self) -> list[ChunkOutcome]:
        return sorted(self._all, key=lambda outcome: outcome.ended_s)


@dataclass(frozen=True)
class Way:
    """How a run is made.

    Attributes:
        name: as it was asked for, ``SHAPE DECODERS x BATCH`` without spaces.
        shape: of Ray, or ``threads``.
        decoders: chunks that are decoded at once for a GPU.
        batch_size: frames of a call; None for the model's own.
    """

    name: str
    shape: str
    decoders: int
    batch_size: int | None

    @classmethod
    def parse(cls, name: str) -> Way:
        match = re.fullmatch(r"(fused|split|threads)(\d+)(?:x(\d+))?", name)
        if match is None:
            raise SystemExit(f"{name}: not fused8, split8, threads8 or the like, with x1 for one frame a call")
        shape, decoders, batch = match.groups()
        return cls(name, shape, int(decoders), int(batch) if batch else None)


def measured_run(way: Way, spec: PoseModelSpec, videos: Sequence[Path], out: Path) -> dict[str, Any]:
    """A run as `neuropose-ray process` makes it."""
    kind = {"kind": "local"} if way.shape == "threads" else {"kind": "ray", "address": OWN_RAY, "shape": way.shape}
    flags = {"engine": {**kind, "chunks_per_gpu": way.decoders}, "fit": False}
    settings, outcomes = load_settings(None, flags, environment={}), Outcomes()
    if way.shape != "threads":
        from ray import cloudpickle

        cloudpickle.register_pickle_by_value(calls)  # its workers cannot import what only tests have
    log = out.with_name(f"calls_{out.name}")
    noting = calls.CallNotingSpec(spec, log)
    begin_s = time.monotonic()
    with started_engine(settings.engine, noting, out.name) as started, BusyGpu() as gpu:
        summary = run(videos, out, settings=settings, spec=noting, engine=started, progress=outcomes)
    seconds, done = time.monotonic() - begin_s, outcomes.in_order()
    frames = sum(outcome.frames for outcome in done)
    # The chunks that began together are committed together: after them, as much is under way as when the last ends.
    wave = done[: min(way.decoders, len(done) - 1)]
    metrics = [
        json.loads((out / video.name / "metrics.json").read_bytes())["performance"] for video in summary.videos
    ]
    made = calls.calls_in(log)
    return {
        "chunks": len(done),
        "frames": frames,
        "whole_fps": frames / seconds,
        "fps": (frames - sum(outcome.frames for outcome in wave)) / (done[-1].ended_s - wave[-1].ended_s),
        "gpu_busy": gpu.share,
        "model_busy": made.busy(),
        "batch_fill": made.fill(),
        "first_chunk_after_s": done[0].ended_s - begin_s,
        "device": metrics[0]["active_device"],
        "all_well": summary.all_well,
        "people": sum(outcome.persons for outcome in done),
    }
