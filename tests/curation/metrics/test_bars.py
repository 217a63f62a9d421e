"""Black bars are found, and dark pictures have none."""

import cv2
import numpy as np
import pytest
from curation.pictures import letterboxed, scene
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation.metrics.bars import WHOLE, content_box


@given(*[st.integers(0, 25)] * 4)
@settings(max_examples=25)
def test_bars_of_any_width_at_any_edges_are_left_out(top, bottom, left, right):
    picture = scene(height=100, width=120)
    framed = np.pad(picture, ((top, bottom), (left, right)))
    content = content_box(framed).crop(framed)
    least = [0.02 * len(framed)] * 2 + [0.02 * framed.shape[1]] * 2
    kept = [bar if bar <= limit else 0 for bar, limit in zip((top, bottom, left, right), least, strict=True)]
    assert content.shape == (100 + kept[0] + kept[1], 120 + kept[2] + kept[3])


def test_the_noise_of_compression_in_bars_is_still_black():
    framed = letterboxed(scene())
    framed[framed == 0] += np.random.default_rng(0).integers(0, 12, (framed == 0).sum()).astype(np.uint8)
    assert len(content_box(framed).crop(framed)) == len(framed) - 2 * round(0.12 * len(framed))


@pytest.mark.parametrize("picture", [np.zeros((90, 160), np.uint8), np.full((90, 160), 12, np.uint8)])
def test_a_black_picture_is_all_content(picture):
    assert content_box(picture) == WHOLE


def test_one_lamp_in_the_night_is_no_picture_between_bars():
    night = np.zeros((90, 160), np.uint8)
    night[40:50, 70:90] = 255
    assert content_box(night) == WHOLE


def test_a_dark_floor_under_a_bright_wall_keeps_the_wall_and_the_floors_own_bright_spots():
    picture = scene()
    picture[-100:] = 10
    picture[-1, 5] = 60
    assert content_box(picture) == WHOLE


def test_one_pixel_is_a_picture():
    assert content_box(np.zeros((1, 1), np.uint8)) == WHOLE


@pytest.mark.parametrize("factor", [0.25, 0.5, 2, 3])
def test_the_box_of_one_size_holds_for_another(factor):
    framed = letterboxed(scene(), 0.125)
    box = content_box(framed)
    other = cv2.resize(framed, None, fx=factor, fy=factor, interpolation=cv2.INTER_NEAREST)
    content = box.crop(other)
    assert content.min() > 0
    assert 0 <= 0.75 * len(other) - len(content) < 2
    assert content.shape[1] == other.shape[1]
