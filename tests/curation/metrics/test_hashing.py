"""The hash is that of the package imagehash for the same pixels, and near for pictures that look alike."""

import imagehash
import numpy as np
import pytest
from curation.pictures import darkened, letterboxed, scene, with_noise
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from neuropose_ray.curation.metrics.hashing import HashMetric, perceptual_hash
from neuropose_ray.curation.metrics.protocol import FrameContext


def hashed(luma):
    return HashMetric().observe(FrameContext(luma, 0, 0.0))["phash"]


def distance(first, second):
    return (first ^ second).bit_count()


@given(st.integers(0, 2**32), st.integers(1, 32))
@settings(max_examples=40)
def test_it_equals_imagehash_on_its_own_input(seed, coarseness):
    coarse = np.random.default_rng(seed).integers(0, 256, (coarseness + 1, coarseness + 1)).astype(np.uint8)
    pixels = np.asarray(Image.fromarray(coarse).resize((32, 32), Image.Resampling.BICUBIC))
    assert f"{perceptual_hash(pixels):016x}" == str(imagehash.phash(Image.fromarray(pixels)))


def test_it_equals_imagehash_on_photographs(test_data):
    for photograph in sorted((test_data / "images").glob("*.jpg")):
        picture = Image.open(photograph).convert("L")
        pixels = np.asarray(picture.resize((32, 32), Image.Resampling.LANCZOS))
        assert f"{perceptual_hash(pixels):016x}" == str(imagehash.phash(picture)), photograph.name
        # Means over areas in place of imagehash's filter: another input, and nearly the same hash.
        assert distance(hashed(np.asarray(picture)), perceptual_hash(pixels)) <= 4, photograph.name


@pytest.mark.parametrize("seed", range(10))
def test_pictures_that_look_alike_are_near_and_others_are_not(seed):
    picture = scene(seed)
    assert distance(hashed(picture), hashed(with_noise(picture, seed))) <= 2
    assert distance(hashed(picture), hashed(darkened(picture, 0.6))) <= 4
    assert distance(hashed(picture), hashed(scene(seed + 100))) > 12


@pytest.mark.parametrize("level", [0, 3, 128, 255])
def test_uniform_pictures_have_no_hash(level):
    flat = np.full((90, 160), level, np.uint8)
    assert hashed(flat) is None
    assert hashed(with_noise(flat, 1, 3.0)) is None


def test_different_pictures_between_the_same_bars_are_different():
    distances = [distance(hashed(letterboxed(scene(a))), hashed(letterboxed(scene(a + 50)))) for a in range(20)]
    assert min(distances) > 12


def test_a_symmetric_picture_has_the_same_hash_whatever_rounding_does():
    half = scene(width=320)
    symmetric = np.hstack([half, half[:, ::-1]])
    assert distance(hashed(symmetric), hashed(symmetric[:, ::-1].copy())) == 0


def test_the_pixels_of_the_hash_are_kept():
    values = HashMetric().observe(FrameContext(scene(), 0, 0.0))
    pixels = np.frombuffer(values["thumb"], np.uint8).reshape(32, 32)
    assert perceptual_hash(pixels) == values["phash"]
