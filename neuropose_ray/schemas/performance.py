"""How fast and with how much memory a video was processed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel, StrictInt

_Amount = Annotated[FiniteFloat, Field(ge=0)]


class PerformanceMetrics(FrozenModel):
    """One pass over one video. The first seven fields are NeuroPose's, with its names and meanings.

    The stage times are summed over all workers, so together they reach ``workers`` times ``total_seconds``.
    """

    model_load_seconds: _Amount | None = Field(default=None, description="null where the model was loaded before")
    total_seconds: _Amount = Field(description="wall time from the first to the last frame")
    per_frame_latencies_ms: tuple[_Amount, ...] = Field(
        description="milliseconds of the model call, one per frame; a call on several frames is shared among them"
    )
    peak_rss_mb: _Amount = Field(description="largest resident memory of a worker, MiB")
    active_device: str
    tensorflow_metal_active: bool = False
    tensorflow_version: str = Field(description='"unknown" where the model did not run on TensorFlow')

    frames: Annotated[StrictInt, Field(ge=0)] = Field(description="frames that were decoded and seen by the model")
    workers: Annotated[StrictInt, Field(ge=1)] = Field(description="threads or actors that worked on the video")
    decode_seconds: _Amount = Field(description="time workers waited for frames")
    infer_seconds: _Amount = Field(description="time inside the pose model")
    other_seconds: _Amount = Field(description="the rest: committing, scheduling")
