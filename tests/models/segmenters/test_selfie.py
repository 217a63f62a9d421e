"""The real segmenter on real people."""

import numpy as np
import pytest

from neuropose_ray.errors import ModelError, WeightsUnavailableError
from neuropose_ray.models import SelfieSegmenter, Weights, WeightSettings, WeightStore
from neuropose_ray.video import decode_image


@pytest.fixture(scope="module")
def segmenter():
    try:
        return SelfieSegmenter(WeightStore(WeightSettings().cache_dir).path("selfie_segmentation"))
    except WeightsUnavailableError as error:
        pytest.skip(f"no weights of the segmenter: {error}")


@pytest.fixture(scope="module")
def portrait(test_data):
    return decode_image(np.fromfile(test_data / "images" / "tfjs_portrait_upper_body.jpg", np.uint8), "portrait")


def test_a_person_is_most_of_the_box_and_little_of_what_is_around_it(segmenter, test_data):
    picture = decode_image(np.fromfile(test_data / "images" / "tfjs_pose.jpg", np.uint8), "pose")
    height, width = picture.shape[:2]
    (mask,) = segmenter.segment(picture, np.array([[0.25 * width, 0.05 * height, 0.5 * width, 0.9 * height]]))
    assert mask.shape == (height, width)
    assert 0.05 < mask.mean() < 0.6


def test_no_person_has_no_mask_and_every_box_has_its_own(segmenter, portrait):
    assert segmenter.segment(portrait, np.zeros((0, 4))).shape == (0, *portrait.shape[:2])
    grey = np.full_like(portrait, 128)
    height, width = grey.shape[:2]
    assert segmenter.segment(grey, np.array([[0, 0, width, height]])).mean() < 0.05
    masks = segmenter.segment(portrait, np.array([[0, 0, width, height], [-50, -50, 20, 20]]))
    assert masks[0].mean() > 0.1
    assert not masks[1].any()


def test_a_mask_does_not_change_when_the_frame_is_moved(segmenter, portrait):
    height, width = portrait.shape[:2]
    box = np.array([[0.1 * width, 0.1 * height, 0.8 * width, 0.8 * height]])
    wider = np.pad(portrait, ((40, 40), (60, 60), (0, 0)))
    first = segmenter.segment(np.pad(portrait, ((500, 500), (500, 500), (0, 0))), box + [[500, 500, 0, 0]])
    second = segmenter.segment(np.pad(wider, ((500, 500), (500, 500), (0, 0))), box + [[560, 540, 0, 0]])
    same = first[0, 500 : 500 + height, 500 : 500 + width] == second[0, 540 : 540 + height, 560 : 560 + width]
    assert same.mean() > 0.999


def test_weights_that_are_not_there_are_named(tmp_path):
    with pytest.raises(ModelError, match=r"selfie_segmentation\.tflite"):
        SelfieSegmenter(Weights(tmp_path, "0" * 64, "f", "selfie_segmentation"))
