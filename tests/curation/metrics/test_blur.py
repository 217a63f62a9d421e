"""Blur is a number that falls where a picture loses its edges, whatever its size."""

import cv2
import numpy as np
import pytest
from curation.pictures import blurred, letterboxed, scene
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neuropose_ray.curation.metrics.blur import BlurMetric, variance_of_laplacian
from neuropose_ray.curation.metrics.protocol import FrameContext

PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def blur(luma, size=640):
    return BlurMetric(size).observe(FrameContext(luma, 0, 0.0))["blur"]


@given(PICTURES)
@settings(max_examples=25)
def test_it_is_the_variance_of_opencvs_laplacian(luma):
    assert variance_of_laplacian(luma) == pytest.approx(cv2.Laplacian(luma, cv2.CV_64F).var(), rel=1e-9, abs=1e-9)


def test_a_blurred_picture_has_less_the_more_it_is_blurred():
    picture = scene()
    values = [blur(picture), *(blur(blurred(picture, sigma)) for sigma in (0.5, 1, 2, 4, 8))]
    assert values == sorted(values, reverse=True)
    assert values[0] > 100 * values[-1]


@pytest.mark.parametrize(("enlarged", "within"), [(2, 1e-6), (3, 0.3), (4, 1e-6)])
def test_the_size_of_the_file_does_not_decide(enlarged, within):
    picture = scene()
    larger = cv2.resize(picture, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_NEAREST)
    assert blur(larger) == pytest.approx(blur(picture), rel=within)


def test_the_analysis_size_can_be_set():
    picture = scene(height=720, width=1280)
    assert blur(picture, 1280) != blur(picture)
    assert blur(picture, 1280) == pytest.approx(variance_of_laplacian(picture))


def test_the_edges_of_black_bars_make_nothing_sharp():
    unsharp = blurred(scene(), 8)
    assert blur(letterboxed(unsharp)) < 2 * blur(unsharp)


def test_a_uniform_picture_has_none():
    assert blur(np.full((20, 30), 77, np.uint8)) == 0
