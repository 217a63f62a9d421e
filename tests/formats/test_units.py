import pytest

from neuropose_ray.formats.units import is_pixels, millimetres_per


@pytest.mark.parametrize(
    ("unit", "length"),
    [("mm", 1), ("MM", 1), (" Millimeters ", 1), ("cm", 10), ("m", 1000), ("meters", 1000), ("Metres", 1000),
     ("[m]", 1000), ("inches", 25.4), ("ft", 304.8)],
)  # fmt: skip
def test_units_in_any_spelling(unit, length):
    assert millimetres_per(unit) == length


@pytest.mark.parametrize("unit", ["", "px", "deg", "Nmm", "furlong"])
def test_what_is_no_length_is_refused(unit):
    with pytest.raises(ValueError, match="unknown units"):
        millimetres_per(unit)


def test_pixels_are_no_length():
    assert is_pixels("PX")
    assert is_pixels("pixels")
    assert not is_pixels("mm")
