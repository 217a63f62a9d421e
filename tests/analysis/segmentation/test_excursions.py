"""Departures from rest and back, in signals of which it is known what happens in them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from neuropose_ray.analysis.segmentation.excursions import ExcursionSettings, find_excursions

RATE_HZ = 30
SETTINGS = ExcursionSettings()


def bumps(*peaks_s, seconds=10.0, width_s=1.6, height=90.0, rest=5.0, rate_hz=RATE_HZ):
    """A signal at rest that rises by ``height`` and falls again, half a cosine wide, around each of some times."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    values = np.full(len(times), rest)
    for peak in peaks_s:
        phase = np.clip((times - peak) / width_s, -0.5, 0.5)
        values += height * (0.5 + 0.5 * np.cos(2 * np.pi * phase))
    return values, times


def found(values, times, **options):
    return find_excursions(values, times, SETTINGS, min_height=20.0, **options)


@settings(max_examples=30)
@given(st.lists(st.floats(2.2, 4.0), min_size=1, max_size=5), st.sampled_from([15, 30, 60]), st.floats(40, 150))
def test_every_excursion_is_found_at_its_peak_and_with_its_height(gaps_s, rate_hz, height):
    peaks_s = np.cumsum(gaps_s)
    values, times = bumps(*peaks_s, seconds=peaks_s[-1] + 2, height=height, rate_hz=rate_hz)
    excursions = found(values, times)
    assert [times[one.peak] for one in excursions] == pytest.approx(peaks_s, abs=2 / rate_hz)
    assert [one.height for one in excursions] == pytest.approx([height] * len(peaks_s), rel=0.1)
    assert all(one.complete and one.start < one.peak < one.end for one in excursions)


def test_excursions_that_go_down_from_rest_are_excursions_too():
    values, times = bumps(2.5, 5.5)
    up, down = found(values, times), found(100 - values, times)
    assert [(one.start, one.peak, one.end) for one in down] == [(one.start, one.peak, one.end) for one in up]
    assert [one.height for one in down] == pytest.approx([one.height for one in up])


def test_one_that_begins_before_the_recording_is_not_complete():
    values, times = bumps(0.3, 4.0)
    first, second = found(values, times, rest_is_low=True)
    assert (first.complete, second.complete) == (False, True)
    assert first.start == 0


def test_a_hold_at_the_peak_has_its_peak_in_the_middle():
    values, times = bumps(3.0, 6.0, width_s=1.0)
    held = np.concatenate([values[times < 3.0], np.full(60, values.max()), values[times >= 3.0]])
    first, _ = found(held, np.arange(len(held)) / RATE_HZ)
    assert first.peak / RATE_HZ == pytest.approx(4.0, abs=0.1)


def test_half_of_the_usual_height_counts_and_a_fifth_does_not():
    whole, times = bumps(2.0, 5.0)
    for height, count in ((0.6 * 90, 3), (0.2 * 90, 2)):
        extra, _ = bumps(8.0, height=height, rest=0.0)
        assert len(found(whole + extra, times)) == count


def test_a_short_gap_is_bridged_and_a_long_one_ends_a_stretch():
    values, times = bumps(2.5, 5.5)
    peak = round(2.5 * RATE_HZ)
    short, long = values.copy(), values.copy()
    short[peak - 4 : peak + 4] = np.nan
    long[peak - 12 : peak + 12] = np.nan
    assert len(found(short, times)) == 2
    assert [times[one.peak] for one in found(long, times)] == pytest.approx([5.5], abs=0.1)


def test_uneven_times_are_respected():
    values, times = bumps(2.5, 5.5)
    kept = np.sort(np.random.default_rng(0).choice(len(times), 200, replace=False))
    assert [times[kept][one.peak] for one in found(values[kept], times[kept])] == pytest.approx([2.5, 5.5], abs=0.1)


@pytest.mark.parametrize("values", [
    np.full(90, 5.0), np.full(90, np.nan), np.zeros(0), np.linspace(0, 100, 90),
    np.random.default_rng(1).normal(0, 3, 90),
])  # fmt: skip
def test_rest_noise_nothing_and_a_one_way_movement_hold_no_excursion(values):
    assert found(values, np.arange(len(values)) / RATE_HZ) == []


def test_what_is_lower_or_shorter_than_asked_for_is_none():
    values, times = bumps(2.5, 5.5, width_s=1.6)
    assert find_excursions(values, times, SETTINGS, min_height=100.0) == []
    patient = SETTINGS.model_copy(update={"min_duration_s": 3.0})
    assert find_excursions(values, times, patient, min_height=20.0) == []


def test_a_share_lies_between_rest_and_peak():
    for name in ("enter_share", "leave_share", "moving_share"):
        with pytest.raises(ValidationError, match=name):
            ExcursionSettings(**{name: 1.0})
