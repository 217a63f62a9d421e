"""What `curate export` adds to labels on request: people whom a detector finds, and masks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.errors import SettingsError

if TYPE_CHECKING:
    from neuropose_ray.models import Detector, Segmenter
    from neuropose_ray.pipeline import RunPictures
    from neuropose_ray.schemas.labels import FrameLabels

#: The detector and the segmenter that are known by name.
POSE_BOXES, SELFIE = "pose", "selfie"


@dataclass(frozen=True, slots=True)
class Labelling:
    """What is labelled besides the poses.

    Attributes:
        detector: an ONNX file; None for the boxes of the poses alone.
        segmenter: ``selfie``; None for no masks.
        min_score: below it people and keypoints are not labelled.
    """

    detector: Path | None
    segmenter: str | None
    min_score: float


def labelling(config: str | None, detector: Path | None, segmenter: str | None, min_score: float | None) -> Labelling:
    """What is to be labelled by the settings of a file and by what was typed, which wins.

    Args:
        config: YAML file, or ``FILE.py:NAME``, with the settings of curation.
        detector: as typed.
        segmenter: as typed.
        min_score: as typed.

    Raises:
        SettingsError: the file cannot be read, or a setting in it is wrong.
    """
    from neuropose_ray.curation import AnnotationSettings, read_config
    from neuropose_ray.service import load_settings

    given = AnnotationSettings()
    if config is not None:
        given = load_settings(None, read_config(config).settings).curation.annotation
    if given.enabled:
        detector = detector or (None if given.detector == POSE_BOXES else Path(given.detector))
        segmenter = segmenter or given.segmenter
    return Labelling(detector, segmenter, given.min_score if min_score is None else min_score)


def annotator(pictures: RunPictures, labelling: Labelling) -> Callable[[FrameLabels], FrameLabels] | None:
    """A function that adds to the labels of a frame what models find in its picture; None without any model.

    Args:
        pictures: of the run.
        labelling: what is to be found.

    Raises:
        SettingsError: there is no such segmenter.
        ModelError: a model cannot be loaded.
    """
    min_score = labelling.min_score
    finder = None if labelling.detector is None else _detector(labelling.detector, min_score)
    masker = None if labelling.segmenter is None else _segmenter(labelling.segmenter)
    if finder is None and masker is None:
        return None

    def annotate(labels: FrameLabels) -> FrameLabels:
        from neuropose_ray.formats import with_detections, with_masks

        image = pictures.image(labels)
        if finder is not None:
            detections = finder.detect(image, labels.frame_idx)
            labels = with_detections(labels, detections.boxes, detections.scores, min_score)
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
