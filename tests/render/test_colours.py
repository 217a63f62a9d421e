from itertools import combinations

import numpy as np
import pytest

from neuropose_ray.render.colours import SIDE_COLOURS, text_colour, track_colour

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
