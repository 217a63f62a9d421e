"""Settings of curation: what is measured, and from where on a frame is flagged."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class IngestSettings(_Settings):
    """Which pictures of a frame folder are taken, and what its numbering must be."""

    pattern: str = Field(
        default=r"(?P<prefix>.*?)(?P<number>\d+)",
        description="regular expression of a file name without its extension, with a group `number`; the whole name "
        "must match. The default takes image_0, image_1, ...",
    )
    strict_sequence: bool = Field(
        default=True,
        description="a frame folder whose numbers have gaps or come twice fails, alone; false: they are reported",
    )


class BlurSettings(_Settings):
    """When a frame counts as blurred, by the variance of its Laplacian."""

    analysis_size: int = Field(
        default=640, ge=16, description="pixels of the longer side at which sharpness is measured"
    )
    mode: Literal["absolute", "relative"] = Field(
        default="absolute",
        description="absolute: below `threshold`; relative: below `relative_fraction` of the stream's median",
    )
    threshold: float = Field(
        default=80.0, ge=0, description="variance of the Laplacian below which a frame is flagged"
    )
    relative_fraction: float = Field(
        default=0.25, gt=0, lt=1, description="of the stream's median variance, below which a frame is flagged"
    )


class ExposureSettings(_Settings):
    """When a frame counts as dark, bright or clipped, by its luma in 0 to 255."""

    dark_percentile: float = Field(
        default=0.5,
        gt=0,
        lt=1,
        description="part of the pixels, the darkest ones, all of which are dark in a dark frame. The darkest "
        "tenth alone is black hair and trousers in most rooms",
    )
    dark_threshold: float = Field(
        default=25.0, ge=0, le=255, description="luma that this part of a dark frame's pixels does not reach"
    )
    bright_percentile: float = Field(
        default=0.5, gt=0, lt=1, description="part of the pixels, the brightest of which decide likewise"
    )
    bright_threshold: float = Field(
        default=230.0, ge=0, le=255, description="luma that this part of a bright frame's pixels exceeds"
    )
    clipped_fraction: float = Field(
        default=0.2,
        gt=0,
        le=1,
        description="part of the pixels at either end of the range from which on it is flagged",
    )


class DuplicateSettings(_Settings):
    """When two frames count as the same."""

    hamming_threshold: int = Field(
        default=6, ge=0, le=6, description="bits of 64 in which the perceptual hashes of two frames may differ"
    )
    least_confidence: float = Field(
        default=0.99,
        ge=-1,
        le=1,
        description="correlation with the representative from which on a frame of its group is flagged: before a "
        "camera that stands still a person in two poses gives nearly the same hash, and is not the same picture",
    )


class IdleSettings(_Settings):
    """When nothing happens in a stream, by the difference of consecutive frames where it is largest, in 0 to 1."""

    motion_threshold: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="below it a frame counts as still, at up to 30 frames a second; it falls with higher rates",
    )
    smoothing_frames: int = Field(default=5, ge=1, description="frames of the centred running median of motion")
    min_frames: int = Field(default=8, ge=1, description="still frames in a row that make an idle interval")
    min_seconds: float | None = Field(
        default=None, gt=0, description="instead of `min_frames`: seconds that make an idle interval"
    )


class PresenceSettings(_Settings):
    """When the poses of a frame are too unsure."""

    least_quality: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="mean joint score of the person best seen, below which a frame is flagged",
    )


class SelectionSettings(_Settings):
    """Which frames get a second look, by a larger model or by a person."""

    frames: int = Field(default=100, ge=1, description="of each video at the most")
    least_score: float = Field(
        default=0.5,
        ge=0,
        le=5,
        description="uncertainty above which a frame is worth it: 1 for a kind at its limit",
    )
    low_confidence: float = Field(default=0.5, ge=0, lt=1, description="mean joint score at which poses are unsure")
    jump: float = Field(
        default=0.1, gt=0, description="heights of the person by which joints leave their path within one frame"
    )
    apart_bits: int = Field(
        default=6, ge=0, le=64, description="bits in which the hashes of two frames differ at most that look alike"
    )
    apart_s: float = Field(default=1.0, ge=0, description="seconds after which frames that look alike are two")


class AnnotationSettings(_Settings):
    """Labels of frames by models."""

    enabled: bool = Field(default=False, description="let `curate export` label with the models named here too")
    detector: str = Field(default="pose", description="pose: the boxes of the pose model; else an ONNX file")
    segmenter: str | None = Field(default=None, description="selfie, or None for no masks")
    min_score: float = Field(default=0.25, ge=0, le=1, description="below it a label is left out")


class CurationSettings(_Settings):
    """Everything that can be set of curation; only `ingest.pattern`, `blur.analysis_size` need decoding again."""

    ingest: IngestSettings = IngestSettings()
    blur: BlurSettings = BlurSettings()
    exposure: ExposureSettings = ExposureSettings()
    duplicates: DuplicateSettings = DuplicateSettings()
    idle: IdleSettings = IdleSettings()
    presence: PresenceSettings = PresenceSettings()
    selection: SelectionSettings = SelectionSettings()
    annotation: AnnotationSettings = AnnotationSettings()
    batch_size: int = Field(
        default=512,
        ge=1,
        description="frames of a chunk: the unit of scheduling, retry and commit; changes no numbers",
    )
