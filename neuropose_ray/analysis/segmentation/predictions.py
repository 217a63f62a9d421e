"""Segments of a person in predictions, with times in seconds."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.segmentation.extractors import extract_signal
from neuropose_ray.analysis.segmentation.peaks import PeakSettings, segment_by_peaks
from neuropose_ray.errors import SignalError
from neuropose_ray.schemas.predictions import FramePrediction, VideoPredictions
from neuropose_ray.schemas.segmentation import (
    DEFAULT_METHOD,
    Extractor,
    Segmentation,
    SegmentationConfig,
    SegmentationMethod,
)
from neuropose_ray.schemas.skeleton import Skeleton

#: Decimals to which a frame rate is taken from times: it is that of the file again, without their rounding errors.
_RATE_DECIMALS = 6

#: What segments can be found in: a video's predictions, or one person's motion already taken out of them.
Source = VideoPredictions | Motion


@dataclass(frozen=True, slots=True)
class Person:
    """One person over the frames of a video.

    Attributes:
        skeleton: the names of the joints.
        fps: frames per second; 0 where it is not known.
        positions: ``(frames, joints, 3)`` float64 mm, NaN where the person or a joint is missing.
        seen: ``(frames,)`` whether the person is in the frame.
    """

    skeleton: Skeleton
    fps: float
    positions: NDArray[np.float64]
    seen: NDArray[np.bool_]


def segment_predictions(
    predictions: Source,
    extractor: Extractor,
    *,
    person_index: int = 0,
    track: int | None = None,
    min_distance_seconds: float | None = None,
    min_prominence: float | None = None,
    min_height: float | None = None,
    pad_seconds: float = 0.0,
    method: SegmentationMethod = DEFAULT_METHOD,
    settings: PeakSettings | None = None,
) -> Segmentation:
    """Cut a person's movement by a signal of it, see :func:`.peaks.segment_by_peaks`.

    Frames in which the person is missing are NaN in the signal; NeuroPose's rule (``valley_to_valley_v1``) has no
    place for them and refuses, as NeuroPose does.

    Args:
        predictions: a video's, whose poses are taken as the pose model gave them; or one person's motion.
        extractor: the signal.
        person_index: the person's place in every frame; 0 is whom the detector lists first.
        track: the person by id instead, which stays with the person when places change.
        min_distance_seconds: least time between peaks; rounded to frames, at least 1.
        min_prominence: in the signal's unit.
        min_height: in the signal's unit.
        pad_seconds: by which every window is widened on both sides.
        method: the rule.
        settings: of the default rule.

    Returns:
        The windows, and the configuration that found them.

    Raises:
        SignalError: (a ValueError) zero frames, no such person, a missing joint, or a time is given and the frame
            rate is not known.
    """
    person = person_in(predictions, person_index, track)
    if method == "valley_to_valley_v1" and not person.seen.all():
        missing = int(np.flatnonzero(~person.seen)[0])
        raise SignalError(
            f"person_index {person_index} is out of range in frame {missing}",
            hint=f"the method {DEFAULT_METHOD} bridges gaps",
        )
    config = SegmentationConfig(
        extractor=extractor,
        person_index=person_index,
        min_distance_seconds=min_distance_seconds,
        min_prominence=min_prominence,
        min_height=min_height,
        pad_seconds=pad_seconds,
        method=method,
        track_id=track,
    )
    signal = extract_signal(person.positions, extractor)
    if len(signal) == 1:  # which has no peak, and no time passes in it
        return Segmentation(config=config)
    distance = None if min_distance_seconds is None else max(1, _frames(min_distance_seconds, person.fps))
    segments = segment_by_peaks(
        signal,
        min_distance=distance,
        min_prominence=min_prominence,
        min_height=min_height,
        pad=_frames(pad_seconds, person.fps),
        method=method,
        settings=settings,
    )
    return Segmentation(config=config, segments=tuple(segments))


def person_in(source: Source, person_index: int = 0, track: int | None = None) -> Person:
    """One person's joints; of predictions, as the pose model gave them and with all their digits.

    Raises:
        SignalError: (a ValueError) zero frames, no such person or track, or a place asked of a motion.
    """
    if isinstance(source, Motion):
        if person_index or track is not None:
            raise SignalError("a motion is of one person", where=source.name, hint="leave out person_index and track")
        if not len(source):
            raise SignalError("zero frames", where=source.name)
        rate = round(source.frame_rate_hz, _RATE_DECIMALS)
        seen: NDArray[np.bool_] = np.asarray(np.isfinite(source.positions).all(-1).any(-1))
        return Person(source.skeleton, rate if math.isfinite(rate) else 0.0, source.positions, seen)
    if not len(source):
        raise SignalError("the predictions have zero frames")
    indices = list(_places(source.frames, person_index, track))
    positions = np.full((len(source), len(source.skeleton), 3), np.nan)
    for frame, (prediction, index) in enumerate(zip(source.frames.values(), indices, strict=True)):
        if index is not None:
            positions[frame] = np.array(prediction.poses3d[index], np.float64)
    seen = np.array([index is not None for index in indices])
    if not seen.any():
        whom = f"person_index {person_index}" if track is None else f"track {track}"
        raise SignalError(f"{whom} is out of range in every frame", hint="choose a person who is there")
    return Person(source.skeleton, source.metadata.fps, positions, seen)


def _places(frames: Mapping[str, FramePrediction], person_index: int, track: int | None) -> Iterator[int | None]:
    """The person's place in each frame, None where missing."""
    for frame in frames.values():
        if track is None:
            yield person_index if 0 <= person_index < len(frame) else None
        else:
            ids = frame.track_ids or ()
            yield ids.index(track) if track in ids else None


def _frames(seconds: float, fps: float) -> int:
    """Seconds in frames, halves to the even number as NeuroPose rounds.

    Raises:
        SignalError: (a ValueError) there is a time, but no frame rate.
    """
    if seconds > 0 and fps <= 0:
        raise SignalError("the fps of the video is not known", hint="leave out the bounds in seconds")
    return round(seconds * fps)
