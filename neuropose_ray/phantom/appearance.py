"""Appearance of people: the colours of clothes, skin and hair."""

from __future__ import annotations

from dataclasses import dataclass

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255, in full light."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """Colours in full light; the renderer shades them."""

    shirt: Colour
    trousers: Colour
    shoes: Colour
    skin: Colour = (232, 186, 156)
    hair: Colour = (74, 50, 36)
    lips: Colour = (178, 92, 84)
    sole: Colour = (238, 236, 230)
    eye_white: Colour = (246, 244, 240)
    iris: Colour = (52, 40, 34)


TEAL = Appearance(shirt=(38, 150, 150), trousers=(62, 72, 98), shoes=(206, 84, 60))
ORANGE = Appearance(
    shirt=(226, 132, 52), trousers=(74, 66, 62), shoes=(70, 110, 190), skin=(150, 104, 78), hair=(28, 24, 24)
)
