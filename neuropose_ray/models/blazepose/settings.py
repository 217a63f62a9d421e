"""Settings of BlazePose, with the reasons for their defaults."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

#: Of the code that makes poses of pictures. Raised where it gives other numbers for the same weights and settings.
BLAZEPOSE_VERSION = 4


class BlazePoseSettings(BaseModel):
    """Settings that change BlazePose's numbers, and its threads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_persons: int = Field(
        default=8, ge=1, description="people followed at once; each costs one landmark inference a frame"
    )
    detector_threshold: float = Field(
        default=0.5, gt=0, lt=1, description="score from which a detector box is looked at; MediaPipe's value"
    )
    presence_threshold: float = Field(
        default=0.5, gt=0, lt=1, description="person-present score that a newcomer must reach; MediaPipe's value"
    )
    following_threshold: float = Field(
        default=0.25,
        gt=0,
        lt=1,
        description="score down to which a followed person is reported: in a somersault it falls under 0.5 for "
        "single frames while the landmarks still fit",
    )
    hold_frames: int = Field(
        default=15, ge=0, description="frames for which a person under that score is still followed, unreported"
    )
    search_interval: int = Field(
        default=3, ge=1, description="frames between two detector calls at the most; nine views make a round of 27"
    )
    refresh_interval: int = Field(
        default=300,
        ge=1,
        description="frames after which a view is searched again even if nothing changed in it: 10 s of most videos; "
        "every session starts with a search of all views in any case",
    )
    session_frames: int = Field(
        default=256,
        ge=1,
        description="frames through which people are followed in one go; then they are searched for anew, so that "
        "several workers can share a video. Chunks hold whole sessions, and their length changes no numbers",
    )
    tile_rows: int | None = Field(
        default=None,
        ge=0,
        le=6,
        description="rows of square tiles searched for small people; 0 searches the whole frame alone, "
        "empty chooses by the frame's size",
    )
    mirror: bool = Field(
        default=False, description="average with a second, mirrored inference: better knees for twice the cost"
    )
    threads: int = Field(
        default=1, ge=1, description="threads of one interpreter; more workers with one thread each are faster"
    )

    def fingerprint(self) -> str:
        """JSON of the settings that change the numbers, for caches and provenance."""
        return self.model_dump_json(exclude={"threads"})
