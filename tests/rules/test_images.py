"""Pictures that actions keep: encoded as asked for, in the right colours."""

import cv2
import numpy as np
import pytest
from rules.streams import IMAGE

from neuropose_ray.rules.images import encoded
from neuropose_ray.schemas.actions import SaveImage


def decoded(data):
    return cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def test_a_png_is_the_picture_and_a_jpeg_nearly():
    smooth = cv2.GaussianBlur(IMAGE, (0, 0), 9)
    np.testing.assert_array_equal(decoded(encoded(IMAGE, SaveImage(name="p", format="png"))), IMAGE)
    difference = decoded(encoded(smooth, SaveImage(name="p", quality=95))).astype(int) - smooth
    assert np.abs(difference).mean() < 4


def test_less_quality_takes_fewer_bytes():
    sizes = [len(encoded(IMAGE, SaveImage(name="p", quality=quality))) for quality in (20, 60, 95)]
    assert sizes == sorted(sizes)


@pytest.mark.parametrize("shape", [(0, 0, 3), (0, 5, 3), (70_000, 1, 3)])
def test_a_picture_that_cannot_be_encoded_is_a_value_error(shape):
    with pytest.raises(ValueError, match="cannot be encoded"):
        encoded(np.zeros(shape, np.uint8), SaveImage(name="p"))
