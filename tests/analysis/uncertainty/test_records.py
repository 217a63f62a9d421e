"""Error bands and remarks as data."""

import math

import pytest
from pydantic import ValidationError

from neuropose_ray.analysis.uncertainty.records import BAND_COVERAGE, ErrorBand, Remark


def test_an_asymmetry_within_its_band_is_no_finding():
    assert not ErrorBand(low=-4.0, high=16.0, unit="%").is_finding
    assert not ErrorBand(low=0.0, high=16.0, unit="%").is_finding
    assert ErrorBand(low=2.0, high=22.0, unit="%").is_finding
    assert ErrorBand(low=-22.0, high=-2.0, unit="%").is_finding


def test_what_cannot_be_relied_on_is_no_finding():
    band = ErrorBand(low=2.0, high=22.0, unit="%", reliable=False, reason="one side is hidden")
    assert band.holds(10.0)
    assert not band.is_finding


def test_a_band_that_is_not_known_holds_nothing_and_finds_nothing():
    band = ErrorBand(low=math.nan, high=math.inf, unit="deg")
    assert (band.low, band.high) == (None, None)
    assert not band.holds(0.0)
    assert not band.is_finding
    assert ErrorBand.model_validate_json(band.model_dump_json()) == band


def test_a_band_says_how_often_it_holds():
    assert ErrorBand(low=0.0, high=1.0, unit="s").coverage == BAND_COVERAGE
    with pytest.raises(ValidationError):
        ErrorBand(low=0.0, high=1.0, unit="s", coverage=1.5)


def test_a_remark_of_an_unknown_kind_is_refused():
    Remark(kind="implausible", concerns="left_hip_flexion", sentence="No hip bends so far.")
    with pytest.raises(ValidationError):
        Remark(kind="surprising", concerns="gait", sentence="")
