"""What `curate export` adds to labels: masks of the real segmenter, and one line where there is none."""

from pathlib import Path

import cv2
import pytest
from support.pose_runs import write_run

from neuropose_ray.cli.curate_labels import Labelling, annotator, labelling
from neuropose_ray.errors import SettingsError, WeightsUnavailableError
from neuropose_ray.formats.datasets.annotating import mask_of
from neuropose_ray.pipeline import RunPictures
from neuropose_ray.schemas.labels import FrameLabels, PersonLabel


def test_a_mask_is_added_to_every_person(test_data: Path, tmp_path: Path):
    (tmp_path / "cam").mkdir()
    portrait = cv2.imread(str(test_data / "images" / "tfjs_portrait_upper_body.jpg"))
    cv2.imwrite(str(tmp_path / "cam" / "image_0.png"), portrait)
    height, width = portrait.shape[:2]
    person = PersonLabel(
        box=(0.25 * width, 0.05 * height, 0.5 * width, 0.9 * height), keypoints=((0.0, 0.0, 0),) * 17
    )
    labels = FrameLabels(
        video="cam", frame_idx=0, timestamp_s=0, file_name="cam/image_0.png", width=width, height=height,
        persons=(person,),
    )  # fmt: skip
    pictures = RunPictures(write_run(tmp_path / "cam", tmp_path / "out", {}))
    try:
        annotate = annotator(pictures, Labelling(None, "selfie", 0.25))
    except WeightsUnavailableError as error:
        pytest.skip(f"no weights of the segmenter: {error}")
    mask = mask_of(annotate(labels).persons[0].mask, height, width)
    assert 0.1 < mask.mean() < 0.9
    assert annotate(labels.model_copy(update={"persons": ()})).persons == ()


def test_without_a_model_nothing_is_added(tmp_path: Path):
    assert annotator(RunPictures(tmp_path), Labelling(None, None, 0.25)) is None
    with pytest.raises(SettingsError, match="there is selfie"):
        annotator(RunPictures(tmp_path), Labelling(None, "sam", 0.25))


def test_a_file_of_settings_says_what_is_labelled_and_what_is_typed_wins(tmp_path: Path):
    config = tmp_path / "curation.yaml"
    config.write_text("annotation: {enabled: true, detector: people.onnx, segmenter: selfie, min_score: 0.4}")
    assert labelling(str(config), None, None, None) == Labelling(Path("people.onnx"), "selfie", 0.4)
    assert labelling(str(config), Path("a.onnx"), "sam", 0.1) == Labelling(Path("a.onnx"), "sam", 0.1)
    config.write_text("annotation: {detector: people.onnx, segmenter: selfie, min_score: 0.4}")
    assert labelling(str(config), None, None, None) == Labelling(None, None, 0.4)
    config.write_text("annotation: {enabled: true}")
    assert (
        labelling(str(config), None, None, None) == labelling(None, None, None, None) == Labelling(None, None, 0.25)
    )
