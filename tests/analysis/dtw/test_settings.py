import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from neuropose_ray.analysis.dtw.settings import WarpingSettings, warping_settings
from neuropose_ray.errors import SequenceError


def test_the_defaults_are_neuroposes():
    settings = WarpingSettings()
    assert (settings.band, settings.z_normalise, settings.path_normalise) == (None, False, False)
    assert (settings.open_begin, settings.open_end) == (0, 0)


@given(st.integers(0, 10_000) | st.floats(0, 1))
def test_an_extent_is_whole_frames_or_a_fraction(extent):
    settings = WarpingSettings(band=extent, open_begin=extent, open_end=extent)
    assert settings.band == settings.open_begin == settings.open_end == extent


@pytest.mark.parametrize("field", ["band", "open_begin", "open_end"])
@pytest.mark.parametrize("extent", [-1, -0.1, 1.5, True, "0.1"])
def test_any_other_extent_is_refused(field, extent):
    with pytest.raises(ValidationError, match="a whole number of frames or a fraction"):
        WarpingSettings(**{field: extent})


@pytest.mark.parametrize("options", [{"band": 0.1}, {"open_begin": 3}, {"open_end": 0.2}])
def test_the_approximation_has_neither_band_nor_open_ends(options):
    with pytest.raises(ValidationError, match="use method exact"):
        WarpingSettings(method="fastdtw", **options)
    assert WarpingSettings(method="fastdtw", z_normalise=True).method == "fastdtw"


@pytest.mark.parametrize(("options", "message"), [
    ({"bnad": 0.1}, "bnad: no such setting; did you mean band"),
    ({"band": -1}, "band: must be a whole number of frames"),
    ({"method": "fastdtw", "band": 2}, "method: fastdtw has neither a band"),
])  # fmt: skip
def test_keywords_of_a_function_are_refused_by_name_in_one_line(options, message):
    with pytest.raises(SequenceError, match=message) as caught:
        warping_settings(options)
    assert "\n" not in str(caught.value)


def test_keywords_are_the_settings_that_they_describe():
    assert warping_settings({"band": 0.1, "path_normalise": True}) == WarpingSettings(band=0.1, path_normalise=True)
