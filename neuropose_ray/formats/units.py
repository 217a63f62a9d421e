"""Units of length as files of other programs spell them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_MILLIMETRES: Mapping[str, float] = MappingProxyType(
    {
        **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), 1.0),
        **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), 10.0),
        **dict.fromkeys(("dm", "decimeter", "decimeters", "decimetre", "decimetres"), 100.0),
        **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1000.0),
        **dict.fromkeys(("in", "inch", "inches"), 25.4),
        **dict.fromkeys(("ft", "foot", "feet"), 304.8),
    }
)
_PIXELS = frozenset(["px", "pixel", "pixels"])


def millimetres_per(unit: str) -> float:
    """The length of a unit in mm, in any case: "mm", "MM", "meters", "Inches".

    Raises:
        ValueError: it is no unit of length.
    """
    length = _MILLIMETRES.get(unit.strip().strip("[]()").lower())
    if length is None:
        raise ValueError(f"unknown units {unit!r}; mm, cm, dm, m, in and ft are known")
    return length


def is_pixels(unit: str) -> bool:
    """Whether a unit is that of a picture."""
    return unit.strip().lower() in _PIXELS
