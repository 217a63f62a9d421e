"""The frames for a second look: least sure, and unlike each other."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation import SelectionSettings, Uncertainty, select_frames


def selected(confidence, hashes=None, flip=(), **changes):
    count = len(confidence)
    flips = np.zeros(count, bool)
    flips[list(flip)] = True
    uncertainty = Uncertainty(np.array(confidence, float), np.full(count, np.nan), flips)
    times = np.arange(count) / 30
    hashes = (
        np.random.default_rng(0).integers(0, 2**64, count, np.uint64)
        if hashes is None
        else np.array(hashes, np.uint64)
    )
    return select_frames(uncertainty, times, hashes, np.ones(count, bool), SelectionSettings(**changes))


def test_the_least_sure_come_first_with_their_reasons():
    chosen = selected([0.95, 0.2, 0.9, 0.4, 0.95], flip=[3])
    assert [(one.frame, one.reasons) for one in chosen] == [
        (3, ("low_confidence", "left_right_flip")),
        (1, ("low_confidence",)),
    ]


def test_no_more_than_asked_for():
    assert len(selected([0.1] * 50, frames=7)) == 7


def test_neighbours_that_look_alike_are_passed_over_until_time_has_gone_by():
    chosen = selected([0.3] * 90, hashes=[5] * 90, apart_s=1.0)
    assert [one.frame for one in chosen] == [0, 30, 60]


def test_different_pictures_are_chosen_side_by_side():
    assert len(selected([0.3] * 20)) == 20


def test_frames_without_a_hash_count_as_alike():
    uncertainty = Uncertainty(np.full(4, 0.1), np.full(4, np.nan), np.zeros(4, bool))
    hashes = np.array([0, 2**64 - 1, 2**32 - 1, 5], np.uint64)
    chosen = select_frames(uncertainty, np.arange(4) / 30, hashes, np.zeros(4, bool))
    assert [one.frame for one in chosen] == [0]


def test_nobody_and_sure_frames_are_not_chosen():
    assert selected([float("nan"), 0.99, 1.0]) == []
    assert selected([]) == []


@given(st.lists(st.floats(0, 1), max_size=40), st.integers(0, 20), st.floats(0.1, 2))
@settings(max_examples=40)
def test_chosen_frames_are_apart_and_every_other_is_near_one_or_too_sure(confidence, bits, seconds):
    hashes = [1 << (frame % 3) * 9 for frame in range(len(confidence))]
    chosen = [one.frame for one in selected(confidence, hashes, apart_bits=bits, apart_s=seconds)]

    def near(a, b):
        return abs(a / 30 - b / 30) < seconds and (hashes[a] ^ hashes[b]).bit_count() <= bits

    assert not any(near(a, b) for a in chosen for b in chosen if a < b)
    for frame, value in enumerate(confidence):
        assert frame in chosen or (1 - value) / 0.5 <= 0.5 or any(near(frame, other) for other in chosen)
