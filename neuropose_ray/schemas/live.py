"""What a source of live pictures is asked for, and the states that it can be in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neuropose_ray.schemas.immutable import FrozenModel

SourceKind = Literal["auto", "rtsp", "mjpeg", "snapshot", "hls", "device", "file"]
#: ``stalled``: connected, and no picture for a while. ``reconnecting``: waiting for the next attempt. ``failed``:
#: refused, attempts come slowly, or given up. ``stopped``: closed, or a file that has come to its end.
StreamState = Literal["starting", "active", "stalled", "reconnecting", "failed", "stopped"]

#: Of the encoded stream that one source keeps for clips at most: two minutes at 8 Mbit/s.
CLIP_BYTES = 128 << 20

_Seconds = Annotated[float, Field(gt=0, le=86400, allow_inf_nan=False)]


class SourceOptions(FrozenModel):
    """How a source of live pictures is read."""

    kind: SourceKind = Field(default="auto", description="auto: by the URL's scheme, and what an HTTP server answers")
    transport: Literal["tcp", "udp"] = Field(default="tcp", description="of RTSP; UDP loses what comes too late")
    fps: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)] | None = Field(
        default=10.0, description="frames per second that are taken at most; empty: all that come"
    )
    buffer: Literal["latest", "drop_oldest", "wait"] = Field(
        default="latest",
        description="frames that nobody has taken yet: only the latest is kept; or `buffer_frames` of them, the "
        "oldest giving way; or as many, and the source waits, so that no frame of a file is lost",
    )
    buffer_frames: int = Field(default=8, ge=1, le=64, description="that are kept at most; not of `latest`")
    realtime: bool = Field(default=True, description="a file comes at its own speed; else as fast as it is taken")
    reconnect_interval_s: _Seconds = Field(default=1.0, description="before the second attempt; doubled six times")
    reconnect_cap_s: _Seconds = Field(default=60.0, description="the longest time between two attempts")
    max_retries: int = Field(default=-1, ge=-1, description="attempts in a row that may fail; -1: for ever")
    stable_s: _Seconds = Field(default=30.0, description="of frames, after which earlier failures are forgotten")
    denied_retry_s: _Seconds = Field(
        default=300.0, description="between attempts with a password that was refused: cameras lock accounts"
    )
    stall_s: _Seconds = Field(default=3.0, description="without a frame, after which a source counts as stalled")
    kill_s: _Seconds = Field(default=5.0, description="without a frame, after which it is connected to anew")
    clip_s: float = Field(
        default=0.0,
        ge=0,
        le=3600,
        description="seconds of the encoded stream that are kept for clips, as far as `service.live.clip_bytes` go; "
        "0: none",
    )
