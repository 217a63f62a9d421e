"""What is said once of a video's predictions, whatever file they are stored in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import Field

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.immutable import (
    FiniteFloat,
    FrozenMapping,
    FrozenModel,
    ReadOnlyMapping,
    StrictInt,
    Utf8Str,
)
from neuropose_ray.schemas.provenance import Provenance
from neuropose_ray.schemas.skeleton import Skeleton

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The version of the predictions formats; NeuroPose's own are 1 and 2.
SCHEMA_VERSION: Final = 3

_Count = Annotated[StrictInt, Field(ge=0)]

_UNITS: Mapping[str, str] = ReadOnlyMapping(
    {"timestamp_s": "s", "box": "px", "poses2d": "px", "poses3d": "mm", "poses3d_fitted": "mm"}
)

#: What each column of predictions.parquet holds.
COLUMN_DESCRIPTIONS: Mapping[str, str] = ReadOnlyMapping(
    {
        "frame_index": "position of the frame in the video, from 0; every frame has at least one row",
        "timestamp_s": "presentation time of the frame",
        "person": "position of the person in the frame, from 0; null in the one row of a frame that shows nobody, "
        "as are all columns after it",
        "track_id": "the same number for the same person over time; null before tracking",
        "box": "left, top, width, height, and the person's score in 0..1",
        "poses2d": "per joint x, y in the upright frame",
        "poses3d": "per joint x, y, z as the pose model gave them",
        "poses3d_fitted": "per joint x, y, z of the fitted skeleton; null where none was fitted",
        "joint_scores": "per joint 0..1; null where the pose model gives none",
    }
)


class TrackReturn(FrozenModel):
    """A person who was away and came back under the same id."""

    track: _Count
    frame: _Count = Field(description="in which the person is seen again")
    unseen_s: Annotated[FiniteFloat, Field(gt=0)]
    certainty: Annotated[FiniteFloat, Field(ge=0, le=1)] = Field(
        description="how likely it is, by place, size, proportions and colours, that it is the same person"
    )


class VideoMetadata(FrozenModel):
    """The video that was looked at. The first four fields are NeuroPose's."""

    frame_count: _Count = Field(description="frames that were decoded")
    fps: Annotated[FiniteFloat, Field(ge=0)] = Field(description="mean frame rate; 0 where it is not known")
    width: _Count = Field(description="pixels of the upright frame")
    height: _Count = Field(description="pixels of the upright frame")

    filename: Utf8Str | None = None
    rotation_degrees: StrictInt = Field(default=0, description="the turn by which the stored frames were set upright")
    notes: tuple[Utf8Str, ...] = Field(
        default=(), description="what a user should know of the video, a sentence each"
    )
    returns: tuple[TrackReturn, ...] = Field(
        default=(), description="people who were away longer than a moment and kept their track"
    )
    image_names: tuple[Utf8Str, ...] = Field(
        default=(), description="file names of the frames where these are pictures of their own, else empty"
    )
    capture_fps: Annotated[FiniteFloat, Field(gt=0)] | None = Field(
        default=None,
        description="frames per second at which a clip was taken that is stored slowed down; null where its times "
        "are true. The times of the frames are the file's",
    )

    skipped_frames: tuple[tuple[_Count, _Count], ...] = Field(
        default=(),
        description="first and last frame of each stretch in which no poses were looked for, as curation found "
        "that nothing moves or that another frame shows the same",
    )

    rate: Annotated[FiniteFloat, Field(gt=0)] | None = Field(
        default=None,
        description="frames of a second of which poses were looked for, at most; null where it was all of them",
    )
    interpolated_frames: tuple[tuple[_Count, _Count], ...] = Field(
        default=(),
        description="first and last frame of each stretch between frames of which poses were looked for: its poses "
        "are interpolated from those",
    )

    def is_interpolated(self) -> NDArray[np.bool_]:
        """``(frames,)`` whether the poses of each frame are interpolated."""
        return _mask(self.interpolated_frames, self.frame_count)

    def is_skipped(self) -> NDArray[np.bool_]:
        """``(frames,)`` whether no poses were looked for in each frame."""
        return _mask(self.skipped_frames, self.frame_count)

    def seconds_of_a_second(self, capture_fps: float | None = None) -> float:
        """True seconds that go by in a second of the file: less than 1 where it is stored slowed down.

        Args:
            capture_fps: frames per second at which it was taken; None for what the file says.
        """
        taken = self.capture_fps if capture_fps is None else capture_fps
        return 1.0 if taken is None or self.fps == 0 else self.fps / taken

    @property
    def has_picture(self) -> bool:
        """Whether the poses are those of a picture; points imported from a laboratory have none."""
        return self.width > 0 and self.height > 0


def _mask(stretches: tuple[tuple[int, int], ...], frames: int) -> NDArray[np.bool_]:
    import numpy as np

    mask = np.zeros(frames, np.bool_)
    for first, last in stretches:
        mask[first : last + 1] = True
    return mask


class VideoDescription(FrozenModel):
    """All that is known of a video's predictions but the numbers."""

    schema_version: Literal[3] = SCHEMA_VERSION
    metadata: VideoMetadata
    skeleton: Skeleton
    camera: Camera | None = Field(default=None, description="null in predictions that NeuroPose wrote")
    axes: str = Field(default="x right, y down, z forward from the camera", description="directions of poses3d")
    units: FrozenMapping[str, str] = Field(default=_UNITS, validate_default=True)
    provenance: Provenance | None = None


class PredictionsHeader(VideoDescription):
    """The description that predictions.parquet carries in its file metadata, as JSON."""

    columns: FrozenMapping[str, str] = Field(default=COLUMN_DESCRIPTIONS, validate_default=True)
