"""The two people of the phantom can be told apart, and every one of their colours can be drawn."""

from dataclasses import astuple

import cv2
import numpy as np
import pytest

from neuropose_ray.phantom.appearance import ORANGE, TEAL


def lab(*colours):
    """CIE 1976 L, a, b of colours ``(n, 3)`` of 0 to 255."""
    return cv2.cvtColor(np.array([colours], np.float32) / 255, cv2.COLOR_RGB2LAB)[0]


@pytest.mark.parametrize("appearance", [TEAL, ORANGE], ids=["teal", "orange"])
def test_colours_are_whole_numbers_of_eight_bits(appearance):
    channels = np.array(astuple(appearance))
    assert channels.dtype.kind == "i"
    assert channels.shape == (9, 3)
    assert channels.min() >= 0
    assert channels.max() <= 255


def test_the_tracker_sees_two_people_in_different_clothes():
    """From a difference of 15 on, the mean of trunk and thighs, colours speak against one person."""
    shirts = np.linalg.norm(np.diff(lab(TEAL.shirt, ORANGE.shirt), axis=0))
    trousers = np.linalg.norm(np.diff(lab(TEAL.trousers, ORANGE.trousers), axis=0))
    assert (shirts + trousers) / 2 > 15
    assert TEAL.skin != ORANGE.skin


@pytest.mark.parametrize("appearance", [TEAL, ORANGE], ids=["teal", "orange"])
def test_a_pose_model_finds_the_contrast_of_a_face(appearance):
    skin, hair, white, iris = lab(appearance.skin, appearance.hair, appearance.eye_white, appearance.iris)[:, 0]
    assert skin > hair + 25
    assert white > skin > iris
