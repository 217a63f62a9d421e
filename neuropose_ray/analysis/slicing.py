"""Segments of a video as predictions of their own."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from neuropose_ray.errors import SequenceError
from neuropose_ray.schemas.frame_names import frame_name
from neuropose_ray.schemas.immutable import ReadOnlyMapping
from neuropose_ray.schemas.predictions import VideoPredictions
from neuropose_ray.schemas.segmentation import Segment


def slice_predictions(predictions: VideoPredictions, segments: Iterable[Segment]) -> list[VideoPredictions]:
    """The frames of each segment, named from ``frame_000000`` on, missing numbers as they are.

    Provenance, skeleton, camera and the frames' times in the video are kept; segmentations are not: their frame
    numbers would point elsewhere.

    Raises:
        SequenceError: (a ValueError) a segment exceeds the frame count.
    """
    return [_slice(predictions, segment) for segment in segments]


def _slice(predictions: VideoPredictions, segment: Segment) -> VideoPredictions:
    if segment.end > len(predictions):
        raise SequenceError(
            f"segment {segment.start}..{segment.end} exceeds frame count {len(predictions)}",
            where=predictions.metadata.filename,
        )
    frames = islice(predictions.frames.values(), segment.start, segment.end)
    renamed = {frame_name(index): frame for index, frame in enumerate(frames)}
    # A copy is not validated again, which for the frames of a long video would cost more than the rest.
    return predictions.model_copy(
        update={
            "metadata": predictions.metadata.model_copy(update={"frame_count": len(renamed)}),
            "frames": ReadOnlyMapping(renamed),
            "segmentations": ReadOnlyMapping({}),
        }
    )
