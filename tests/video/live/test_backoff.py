"""Attempts to connect: ever later after failures, and soon again only after a stable while."""

from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.video.live.backoff import Backoff


def backoff(random: float = 0.0, **options) -> Backoff:
    return Backoff(SourceOptions(**options), lambda: random)


def test_the_time_doubles_six_times_up_to_the_cap():
    failing = backoff(reconnect_interval_s=0.5)
    assert [failing.failed().delay_s for _ in range(10)] == [0.5, 1, 2, 4, 8, 16, 32, 32, 32, 32]
    capped = backoff(reconnect_cap_s=5)
    assert [capped.failed().delay_s for _ in range(5)] == [1, 2, 4, 5, 5]


@given(st.floats(0, 1), st.floats(0.01, 100), st.floats(0.01, 100), st.integers(1, 30))
def test_the_jitter_never_makes_it_longer_and_never_much_shorter(random, interval_s, cap_s, failures):
    failing = backoff(random, reconnect_interval_s=interval_s, reconnect_cap_s=cap_s)
    for _ in range(failures):
        delay_s = failing.failed().delay_s
    whole_s = min(interval_s * 2 ** min(failures - 1, 6), cap_s)
    assert 0.75 * whole_s <= delay_s * 1.0001
    assert delay_s <= whole_s


def test_a_camera_that_flaps_is_asked_ever_less_often():
    flapping, now = backoff(stable_s=30), 0.0
    delays = []
    for _ in range(4):
        for _ in range(20):
            now += 1
            flapping.frame(now)
        delays.append(flapping.failed().delay_s)
    assert delays == [1, 2, 4, 8]


def test_a_stable_while_makes_all_failures_forgotten():
    steady = backoff(stable_s=30)
    steady.failed(), steady.failed()
    for now in range(31):
        steady.frame(now)
    assert steady.failures == 0
    assert steady.failed().delay_s == 1


def test_a_gap_begins_the_stable_while_anew():
    broken = backoff(stable_s=30)
    broken.failed()
    broken.frame(0)
    broken.gap()
    broken.frame(29)
    broken.frame(31)
    assert broken.failures == 1


def test_a_refused_password_is_tried_slowly():
    refused = backoff(denied_retry_s=300)
    assert refused.failed(denied=True).delay_s == 300
    assert backoff(denied_retry_s=2, reconnect_interval_s=10).failed(denied=True).delay_s == 10


@given(st.integers(0, 20))
def test_after_so_many_retries_it_is_given_up(retries):
    limited = backoff(max_retries=retries)
    delays = [limited.failed().delay_s for _ in range(retries + 1)]
    assert None not in delays[:-1]
    assert delays[-1] is None
