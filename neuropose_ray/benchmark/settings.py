"""Settings of a benchmark."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.benchmark.defaults import REPEATS, WARMUP_FRAMES


class BenchmarkSettings(BaseModel):
    """Settings of a benchmark: repeats, length, and comparisons."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repeats: int = Field(default=REPEATS, ge=2, description="passes; the first one warms up and is kept apart")
    warmup_frames: int = Field(
        default=WARMUP_FRAMES,
        ge=0,
        description="latencies left out at the start of every pass: kernels and caches are cold",
    )
    frames: int | None = Field(
        default=None,
        ge=1,
        description="least frames of a pass, the video is repeated for it: on Ray a pass must be long against the "
        "second that its actors start apart; empty: the video once",
    )
    compare_cpu: bool = Field(default=False, description="run the same on the CPU, in a process of its own")
    mediapipe_python: Path | None = Field(
        default=None, description="Python interpreter that has mediapipe, to be compared with"
    )
    clip_frames: int = Field(
        default=300, ge=1, description="decoded frames held for the ceiling; a few hundred show what a video costs"
    )
    clip_bytes: int = Field(
        default=1 << 30, ge=1, description="bytes of these frames at most: they must stay in memory, shared by all"
    )
