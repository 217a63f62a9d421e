"""Each caller has a rate of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import OverloadedError
from neuropose_ray.service.http.rates import RateLimit


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_what_is_beyond_the_burst_waits_as_long_as_it_is_told():
    clock = Clock()
    rate = RateLimit(2.0, burst=3, clock=clock)
    for _ in range(3):
        rate.count("a")
    with pytest.raises(OverloadedError, match="2 requests a second") as refused:
        rate.count("a")
    rate.count("b")  # another one's burst
    clock.now_s += refused.value.retry_after_s
    rate.count("a")
    with pytest.raises(OverloadedError):
        rate.count("a")


@given(st.lists(st.floats(0, 2), max_size=200), st.floats(0.5, 20), st.integers(1, 10))
def test_no_caller_ever_has_more_than_burst_and_rate(pauses_s, requests_per_s, burst):
    clock = Clock()
    rate, granted = RateLimit(requests_per_s, burst, clock), 0
    for pause_s in pauses_s:
        clock.now_s += pause_s
        try:
            rate.count("a")
            granted += 1
        except OverloadedError:
            continue
        assert granted <= burst + requests_per_s * clock.now_s + 1e-6
