"""The search over bands finds what comparing with every leader finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation.leaders import leaders_of


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


@pytest.mark.parametrize("kind", ["random", "drifting", "alike"])
def test_two_thousand_hashes_are_grouped_as_by_brute_force(kind):
    rng = np.random.default_rng(1)
    if kind == "random":
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
