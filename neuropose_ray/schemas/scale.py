"""What the scale suite of the benchmark found: the engine's own cost, apart from any pose model's."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neuropose_ray.schemas.immutable import FiniteFloat, FrozenModel, StrictInt

SCALE_SCHEMA_VERSION: Literal[2] = 2

_Amount = Annotated[FiniteFloat, Field(ge=0)]
_Count = Annotated[StrictInt, Field(ge=0)]
_Several = Annotated[StrictInt, Field(ge=1)]


class Throughput(FrozenModel):
    """How near an engine comes to processes that do nothing but run the model, measured in turns."""

    engine: str = Field(description="who calls the model: threads, ray fused, ray split")
    workers: _Several
    rates_fps: tuple[_Amount, ...] = Field(description="from a worker's first chunk to the last chunk's results")
    whole_rates_fps: tuple[_Amount, ...] = Field(description="of whole runs, from the inputs to the summary")
    ratios: tuple[_Amount, ...] = Field(description="of rates_fps to the ceiling around them, round by round")
    whole_ratios: tuple[_Amount, ...] = Field(description="the same of whole_rates_fps")
    median_ratio: _Amount
    median_whole_ratio: _Amount


class ChunkCost(FrozenModel):
    """What chunks cost that need no inference: opening a video, committing, passing through the engine.

    ``fixed_s`` and ``chunk_ms`` are the straight line through the points with the least squares.
    """

    engine: str
    workers: _Several
    chunks: tuple[_Several, ...] = Field(description="of one video")
    seconds: tuple[_Amount, ...] = Field(description="of whole runs over so many chunks")
    fixed_s: FiniteFloat = Field(description="seconds of a run without chunks")
    chunk_ms: FiniteFloat = Field(description="milliseconds more for every chunk, with all workers together")


class ResumeCost(FrozenModel):
    """A finished run, started again."""

    chunks: _Several
    videos: _Several
    first_s: _Amount = Field(description="of the first run, whose model costs nothing")
    again_s: _Amount
    frames_computed_again: _Count


class ScaleResult(FrozenModel):
    """The scale suite on one machine."""

    schema_version: Literal[2] = SCALE_SCHEMA_VERSION
    cores: _Several
    load_before: _Amount = Field(description="processes that wanted a core in the minute before: others disturb")
    frame_ms: _Amount = Field(description="CPU time of the synthetic model on a frame")
    frames: _Several = Field(description="of one measurement of throughput")
    chunk_frames: _Several = Field(description="of a chunk in it")
    ceiling_fps: tuple[_Amount, ...] = Field(description="of the model's bare loop, a process a core, round by round")
    throughput: tuple[Throughput, ...]
    chunk_cost: tuple[ChunkCost, ...]
    resume: ResumeCost
