"""Exposure: every number is that of the pixels themselves."""

import numpy as np
import pytest
from curation.pictures import letterboxed, scene
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neuropose_ray.curation.metrics.exposure import ExposureMetric, histogram, percentiles
from neuropose_ray.curation.metrics.protocol import FrameContext

PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20)))


def exposure(luma):
    return ExposureMetric().observe(FrameContext(luma, 0, 0.0))


@given(PICTURES.filter(lambda luma: luma.min() > 16))
@settings(max_examples=25)
def test_the_numbers_are_those_of_the_pixels(luma):
    values = exposure(luma)
    assert values["luma_mean"] == pytest.approx(luma.mean())
    assert values["under"] == pytest.approx((luma < 25).mean())
    assert values["over"] == pytest.approx((luma > 230).mean())
    assert values["clipped_low"] == pytest.approx((luma <= 1).mean())
    assert values["clipped_high"] == pytest.approx((luma >= 254).mean())


@given(PICTURES)
@settings(max_examples=25)
def test_percentiles_are_levels_that_pixels_have(luma):
    levels = percentiles(np.cumsum(histogram(luma)))
    expected = np.percentile(luma, range(101), method="inverted_cdf")
    np.testing.assert_array_equal(levels, expected)


def test_black_bars_do_not_make_a_picture_dark():
    picture = scene()
    assert exposure(letterboxed(picture))["clipped_low"] == 0
    assert exposure(letterboxed(picture))["luma_mean"] == pytest.approx(picture.mean(), abs=3)


@pytest.mark.parametrize(
    ("level", "column"), [(0, "clipped_low"), (255, "clipped_high"), (20, "under"), (240, "over")]
)
def test_a_picture_of_one_level_is_wholly_what_it_is(level, column):
    assert exposure(np.full((30, 40), level, np.uint8))[column] == 1
