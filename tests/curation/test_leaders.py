"""The search over bands finds what comparing with every leader finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation.leaders import _moved, _ones, _places, leaders_of


def brute_force(hashes, threshold):
    leaders, chosen = [], []
    for position, bits in enumerate(hashes.tolist()):
        near = (leader for leader in leaders if (int(hashes[leader]) ^ bits).bit_count() <= threshold)
        chosen.append(next(near, position))
        if chosen[-1] == position:
            leaders.append(position)
    return chosen


@given(st.data(), st.integers(0, 6))
@settings(max_examples=60)
def test_it_equals_the_comparison_with_every_leader(data, threshold):
    centres = data.draw(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=4))
    flips = st.lists(st.integers(0, 63), max_size=9)
    hashes = []
    for centre, bits in data.draw(st.lists(st.tuples(st.sampled_from(centres), flips), max_size=30)):
        for bit in bits:
            centre ^= 1 << bit
        hashes.append(centre)
    hashes = np.array(hashes, np.uint64)
    assert leaders_of(hashes, threshold).tolist() == brute_force(hashes, threshold)


@given(st.integers(0, 2**32), st.integers(0, 2**64 - 1), st.integers(2, 400), st.integers(0, 6))
@settings(max_examples=40)
def test_hashes_that_have_bits_in_common_are_grouped_as_by_brute_force(seed, varied, count, threshold):
    rng = np.random.default_rng(seed)
    common = rng.integers(0, 2**64, dtype=np.uint64) & ~np.uint64(varied)
    hashes = (rng.integers(0, 2**64, count, np.uint64) & np.uint64(varied)) | common
    assert leaders_of(hashes, threshold).tolist() == brute_force(hashes, threshold)


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=9))
@settings(max_examples=40)
def test_the_new_order_of_bits_is_an_order_and_keeps_distances(hashes):
    hashes = np.array(hashes, np.uint64)
    places = _places(_ones(hashes), len(hashes))
    assert sorted(places.tolist()) == list(range(64))
    moved = _moved(hashes, places)
    assert np.bitwise_count(moved[:, None] ^ moved).tolist() == np.bitwise_count(hashes[:, None] ^ hashes).tolist()


def test_bits_that_vary_are_dealt_out_to_all_bands():
    hashes = np.random.default_rng(2).integers(0, 2**14, 500, np.uint64) << np.uint64(20)
    varied = np.bitwise_or.reduce(_moved(hashes, _places(_ones(hashes), len(hashes))))
    per_band = [(int(varied) >> (9 * band) & (1023 if band == 6 else 511)).bit_count() for band in range(7)]
    assert per_band == [2] * 7


@pytest.mark.parametrize("kind", ["random", "drifting", "alike", "one_scene", "few_values"])
def test_two_thousand_hashes_are_grouped_as_by_brute_force(kind):
    rng = np.random.default_rng(1)
    if kind == "one_scene":  # all near each other, and few of them within the threshold
        hashes = rng.integers(0, 2**40, 2000, np.uint64) | np.uint64(0x9F3C5A << 40)
    elif kind == "few_values":  # every band tells only six kinds of hashes apart
        values = rng.integers(0, 512, (7, 6), np.uint64)
        bands = [values[band, rng.integers(0, 6, 2000)] << np.uint64(9 * band) for band in range(7)]
        hashes = np.bitwise_or.reduce(bands)
    elif kind == "random":
        hashes = rng.integers(0, 2**64, 2000, np.uint64)
        hashes[1000:] = hashes[rng.integers(0, 1000, 1000)] ^ (
            np.uint64(1) << rng.integers(0, 64, 1000).astype(np.uint64)
        )
    else:
        flips = np.where(
            rng.random(2000) < 0.5, np.uint64(1) << rng.integers(0, 64, 2000).astype(np.uint64), np.uint64(0)
        )
        hashes = np.bitwise_xor.accumulate(flips) if kind == "drifting" else flips
    assert leaders_of(hashes, 6).tolist() == brute_force(hashes, 6)
