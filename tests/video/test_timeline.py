from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.video.timeline import REPEAT_STEP_S, PacketClock, Timeline, strictly_after

TIMELINE = Timeline(origin=9000, time_base=Fraction(1, 90_000), rate=Fraction(25), by_order=False)


def packet(decoding: int | None, presentation: int | None) -> av.Packet:
    made = av.Packet(8)
    made.dts, made.pts = decoding, presentation
    return made


@given(st.integers(-(10**9), 10**9))
def test_ticks_and_seconds_are_each_others_inverse(ticks: int) -> None:
    assert TIMELINE.ticks(TIMELINE.seconds(ticks)) == ticks


def test_seconds_may_count_from_a_frame_before_the_streams_start() -> None:
    assert TIMELINE.seconds(9000) == 0
    earlier = TIMELINE.starting_at(1800)
    assert (earlier.seconds(1800), earlier.seconds(9000)) == (0, pytest.approx(0.08))
    assert earlier.ticks(0.08) == 9000


def test_without_presentation_times_the_order_gives_them() -> None:
    assert TIMELINE.seconds_at_position(50) == 2
    assert TIMELINE.frame_ticks == 3600


def test_a_packet_without_a_time_gets_one_from_its_decoding_or_its_order() -> None:
    clock = PacketClock(TIMELINE)
    stamps = [clock.stamp(packet(*times)) for times in [(None, None), (12600, None), (16200, 16200), (None, None)]]
    assert stamps == [9000, 12600, 16200, 19800]
    assert (clock.missing, clock.restarts) == (3, 0)


def test_a_clock_that_starts_anew_goes_on_behind_the_last_frame() -> None:
    clock = PacketClock(TIMELINE)
    first = [clock.stamp(packet(tick, tick)) for tick in range(9000, 9000 + 30 * 3600, 3600)]
    second = [clock.stamp(packet(tick, tick)) for tick in range(9000, 9000 + 30 * 3600, 3600)]
    assert second[0] == first[-1] + 3600
    assert clock.restarts == 1


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_times_ascend_strictly(time_s: float, last_s: float) -> None:
    later = strictly_after(time_s, last_s)
    assert later > last_s
    assert later == time_s or later == last_s + REPEAT_STEP_S
