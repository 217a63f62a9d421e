"""Settings of reading and writing video, with all their defaults."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class VideoSettings(BaseModel):
    """Settings of reading videos."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    capture_fps: float | None = Field(
        default=None,
        gt=0,
        description="frames per second at which clips were taken that are stored slowed down; times, speeds and the "
        "fit are then those of what was filmed, while the frames keep the file's times. None: the times are true",
    )
    rate: float | None = Field(
        default=None,
        gt=0,
        description="frames of a second of which poses are looked for, at most; those between them get interpolated "
        "poses, and all results have every frame. Movement of people needs about 30. None: all frames",
    )
    image_fps: float = Field(
        default=30.0,
        gt=0,
        description="Frames per second of an image folder for which none are given; 30 is the commonest camera rate.",
    )
    chunk_frames: int = Field(
        default=256,
        ge=1,
        description="Frames that a chunk aims at: some seconds of work, so that little is lost when a worker dies, "
        "and long against the start of a decoder. With BlazePose a chunk holds whole sessions of "
        "``blazepose.session_frames``, one at the least.",
    )
    decode_threads: int = Field(
        default=1,
        ge=1,
        description="Threads of one decoder; 1 because every core already has a worker with a decoder of its own.",
    )
    frames_ahead: int = Field(
        default=8,
        ge=1,
        description="Decoded frames that wait for the model: enough to ride out a slow keyframe, 50 MB at 1080p.",
    )


class WriterSettings(BaseModel):
    """Settings of writing videos."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    crf: int = Field(
        default=20,
        ge=0,
        le=51,
        description="Constant rate factor of x264 (lower is better and larger); 20 shows no artefacts on thin lines.",
    )
    preset: str = Field(
        default="veryfast",
        description="Speed preset of x264; several times faster than its default for files about a fifth larger.",
    )
    keyframe_interval: int = Field(
        default=30,
        ge=1,
        description="Frames between keyframes at most: a page that scrubs decodes from one; with x264's own "
        "250 a seek took half a second.",
    )
    threads: int = Field(
        default=1,
        ge=1,
        description="Threads of the encoder; 1 because drawing and encoding share the machine with inference.",
    )
