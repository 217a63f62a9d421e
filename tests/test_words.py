"""Numbers in sentences."""

import pytest

from neuropose_ray.words import counted


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, ("0 frames", "0 people")), (1, ("1 frame", "1 person")), (2, ("2 frames", "2 people"))],
)
def test_a_noun_agrees_with_its_number(number: int, words: tuple[str, str]):
    assert (counted(number, "frame"), counted(number, "person", "people")) == words
