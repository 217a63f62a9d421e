"""What a metric may look at."""

import numpy as np
import pytest
from curation.pictures import letterboxed, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation.metrics.protocol import FrameContext, at_most


@given(st.integers(1, 900), st.integers(1, 900), st.integers(1, 700))
@settings(max_examples=40)
def test_a_picture_is_made_smaller_and_never_larger(height, width, size):
    picture = at_most(np.zeros((height, width), np.uint8), size)
    assert max(picture.shape) == min(size, max(height, width))
    assert min(picture.shape) >= 1


def test_the_thumbnail_is_of_the_whole_frame_with_its_bars():
    context = FrameContext(letterboxed(scene()), 0, 0.0)
    assert context.thumbnail.shape == (64, 64)
    assert context.thumbnail[0].max() == 0
    assert context.content.crop(context.luma).shape[0] < context.luma.shape[0]


@pytest.mark.parametrize("shape", [(1, 1), (2, 1000), (1000, 2), (63, 65)])
def test_a_frame_of_any_shape_has_a_thumbnail(shape):
    assert FrameContext(np.full(shape, 9, np.uint8), 0, 0.0).thumbnail.tolist() == [[9] * 64] * 64


def test_sampled_pixels_are_the_frames_own():
    picture = np.random.default_rng(0).choice([0, 255], (1080, 1920)).astype(np.uint8)
    sampled = FrameContext(picture, 0, 0.0).sampled
    assert sampled.shape == (120, 1920)
    assert set(np.unique(sampled)) == {0, 255}
