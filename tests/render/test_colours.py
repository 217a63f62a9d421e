from itertools import combinations

import numpy as np
import pytest

from neuropose_ray.render.colours import RGB, SIDE_COLOURS, Ink, text_colour, track_colour
from neuropose_ray.video.yuv import PixelBuffer, YUVMatrix, planes_of_rgb

# How dichromats see linear RGB (F. Vienot, H. Brettel, J. D. Mollon, Color Research and Application 24, 1999).
DICHROMATS = {
    "protan": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
    "deutan": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
}


def luminance(colour):
    return float(np.dot((np.array(colour) / 255) ** 2.2, [0.2126, 0.7152, 0.0722]))


@pytest.mark.parametrize("kind", DICHROMATS)
def test_the_sides_stay_apart_for_the_colour_blind(kind):
    seen = [DICHROMATS[kind] @ (np.array(colour) / 255) ** 2.2 for colour in SIDE_COLOURS.values()]
    assert all(np.linalg.norm(one - other) > 0.3 for one, other in combinations(seen, 2))


def test_text_is_readable_on_every_label():
    for track in range(6):
        ground = track_colour(track)
        darker, lighter = sorted([luminance(ground), luminance(text_colour(ground))])
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, "less contrast than WCAG asks for"


def test_neighbouring_tracks_differ():
    assert len({track_colour(track) for track in range(5)}) == 5
    assert track_colour(0) == track_colour(5)


@pytest.mark.parametrize("matrix", list(YUVMatrix))
def test_ink_gives_the_pixels_that_a_picture_in_yuv_has_for_a_colour(matrix):
    colours = np.random.default_rng(0).integers(0, 256, (50, 3))
    planes = planes_of_rgb(np.repeat(np.repeat(colours[None].astype(np.uint8), 2, axis=0), 2, axis=1), matrix)
    expected = PixelBuffer(2, 100).filled(planes)[0, ::2].astype(int)
    assert np.abs(np.array(Ink(matrix).pixels(colours.astype(float))) - expected).max() <= 1
    for colour, pixel in zip(colours[:5].tolist(), expected.tolist(), strict=False):
        assert Ink(matrix)(tuple(colour)) == pytest.approx(tuple(pixel), abs=1)


def test_ink_of_rgb_is_the_colour_itself():
    assert RGB((1, 2, 3)) == (1, 2, 3)
    assert RGB.pixels(np.array([[1.4, 2.0, 254.6]])) == [[1, 2, 255]]
