"""Thumbnails are compared as NumPy does, without its rounding."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation.likeness import correlations


@given(st.integers(0, 2**32), st.integers(1, 40))
@settings(max_examples=40)
def test_the_correlation_is_that_of_numpy(seed, frames):
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 256, (frames, 1024))
    thumbnails = np.clip(base // 2 + rng.integers(0, 128, (1, 1024)), 0, 255).astype(np.uint8)
    representative = rng.integers(-1, frames, frames)
    found = correlations(thumbnails, representative)
    for frame, lead in enumerate(representative.tolist()):
        if lead < 0:
            assert np.isnan(found[frame])
        else:
            expected = np.corrcoef(thumbnails[frame], thumbnails[lead])[0, 1]
            np.testing.assert_allclose(found[frame], expected, rtol=0, atol=2e-7)


def test_the_brightest_thumbnails_do_not_overflow():
    thumbnails = np.full((2, 65536), 255, np.uint8)
    thumbnails[:, ::2] = 254
    assert correlations(thumbnails, np.array([1, 1])).tolist() == [1, 1]


def test_uniform_thumbnails_count_as_alike():
    thumbnails = np.array([[5] * 16, [5] * 16, list(range(16))], np.uint8)
    assert correlations(thumbnails, np.array([1, 1, 0])).tolist() == [1, 1, 1]
