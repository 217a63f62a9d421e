import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.analysis.body.flights import Flight
from neuropose_ray.analysis.body.jumps import jump_record
from neuropose_ray.analysis.body.settings import GRAVITY


def record(rise_m, duration_s, frame_s=1 / 30, lift_m=0.03):
    return jump_record(1, Flight(1.0, 1.0 + duration_s, "both", "both", rise_m), frame_s, lift_m)


@given(st.floats(0.01, 1), st.floats(0.1, 0.9))
@settings(max_examples=50)
def test_the_band_holds_both_heights_and_their_mean_and_grows_with_their_disagreement(rise_m, duration_s):
    jump = record(rise_m, duration_s)
    assert jump.height_by_flight_time_m == pytest.approx(GRAVITY * duration_s**2 / 8)
    assert all(map(jump.band.holds, (jump.height_by_centre_m, jump.height_by_flight_time_m, jump.height_m)))
    assert jump.band.high - jump.band.low >= abs(jump.height_by_centre_m - jump.height_by_flight_time_m)
    assert jump.flight_time_band.holds(duration_s)


def test_two_ways_that_contradict_each_other_say_so():
    assert record(0.30, 0.49).band.reliable
    doubted = record(0.60, 0.49).band
    assert not doubted.reliable
    assert "rises by 0.60 m" in doubted.reason
    assert record(0.03, 0.12).band.reliable  # 2 cm are no contradiction


def test_a_slower_camera_makes_a_wider_band():
    slow, fast = record(0.3, 0.49, 1 / 15).band, record(0.3, 0.49, 1 / 120).band
    assert slow.high - slow.low > fast.high - fast.low
