"""How chunks are portioned out."""

from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.pipeline.engines.ray_data import guided_chunks


@given(chunks=st.integers(0, 5000), workers=st.integers(1, 40))
def test_every_chunk_is_in_one_portion_and_portions_shrink_to_one(chunks, workers):
    shares = list(guided_chunks(chunks, workers))
    assert [place for share in shares for place in share] == list(range(chunks))
    sizes = [len(share) for share in shares]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1:] in ([], [1])


def test_few_chunks_go_one_by_one():
    assert {len(share) for share in guided_chunks(31, 2)} == {1}


def test_a_million_chunks_are_some_ten_thousand_portions():
    shares = list(guided_chunks(1_000_000, 100))
    assert len(shares) < 25_000
    assert max(map(len, shares)) == 64
