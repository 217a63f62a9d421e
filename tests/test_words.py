"""Numbers in sentences."""

import pytest

from neuropose_ray.words import counted


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [
        (0, ("frame",), "0 frames"),
        (1, ("frame",), "1 frame"),
        (2, ("frame",), "2 frames"),
        (1, ("person", "people"), "1 person"),
        (3, ("person", "people"), "3 people"),
    ],
)
def test_one_thing_is_singular_and_every_other_number_plural(number, words, text):
    assert counted(number, *words) == text
