"""What `curate export` adds to labels on request: people whom a detector finds, and masks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.errors import SettingsError

if TYPE_CHECKING:
    from neuropose_ray.models import Detector, Segmenter
    from neuropose_ray.pipeline import RunPictures
    from neuropose_ray.schemas.labels import FrameLabels

#: The segmenter that is known by name.
SELFIE = "selfie"


def annotator(
    pictures: RunPictures, detector: Path | None, segmenter: str | None, min_score: float
) -> Callable[[FrameLabels], FrameLabels] | None:
    """A function that adds to the labels of a frame what models find in its picture; None without any model.

    Args:
        pictures: of the run.
        detector: an ONNX file.
        segmenter: ``selfie``.
        min_score: detections below it are left out.

    Raises:
        SettingsError: there is no such segmenter.
        ModelError: a model cannot be loaded.
    """
    finder = None if detector is None else _detector(detector, min_score)
    masker = None if segmenter is None else _segmenter(segmenter)
    if finder is None and masker is None:
        return None

    def annotate(labels: FrameLabels) -> FrameLabels:
        from neuropose_ray.formats import with_detections, with_masks

        image = pictures.image(labels)
        if finder is not None:
            found = finder.detect(image, labels.frame_idx)
            labels = with_detections(labels, found.boxes, found.scores, min_score)
        if masker is not None and labels.persons:
            import numpy as np

            labels = with_masks(labels, masker.segment(image, np.array([person.box for person in labels.persons])))
        return labels

    return annotate


def _detector(path: Path, min_score: float) -> Detector:
    from neuropose_ray.models import OnnxDetector

    return OnnxDetector(path, min_score=min_score)


def _segmenter(name: str) -> Segmenter:
    from neuropose_ray.models import SelfieSegmenter, WeightStore, download_progress
    from neuropose_ray.service import load_settings

    if name != SELFIE:
        raise SettingsError(f"there is no {name!r}", where="--segmenter", hint=f"there is {SELFIE}")
    with download_progress("selfie_segmentation") as progress:
        weights = WeightStore.from_settings(load_settings(None, {}).weights).path(
            "selfie_segmentation", progress=progress
        )
    return SelfieSegmenter(weights)
