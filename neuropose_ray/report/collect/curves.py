"""The clinical angles over time and over the cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from neuropose_ray.analysis import ANGLE_DEFINITIONS, AngleTable, Window, time_normalise
from neuropose_ray.render import Curve, CycleCurve, Side

_SIDES = {"right": Side.RIGHT, "left": Side.LEFT}


def angle_curves(raw: AngleTable, cleaned: AngleTable, first: str = "") -> tuple[Curve, ...]:
    """Every angle as a curve with its written definition, in the order of the definitions.

    Args:
        raw: as the pose model said, NaN where not known.
        cleaned: fitted and cleaned, at the same times.
        first: the part of both sides' names that comes before all others ("knee_flexion").
    """
    names = sorted(cleaned.names, key=lambda name: _sided(name)[0] != first)
    return tuple(_curve(name, raw, cleaned) for name in names)


def cycle_curves(angles: AngleTable, windows: Mapping[Side, Sequence[Window]], points: int) -> tuple[CycleCurve, ...]:
    """Every angle over the repetitions or strides of its side, each stretched to 0 to 100 per cent.

    Args:
        angles: NaN where not known; what is not known is not filled in.
        windows: frames of ``angles`` for each side; a side without any has no curves.
        points: of every curve.
    """
    curves = []
    for side, cut in windows.items():
        names = [name for name in angles.names if _sided(name)[1] is side]
        if not cut or not names:
            continue
        values = np.stack([angles.angle(name) for name in names], axis=1)
        cycles = time_normalise(values, angles.timestamps_s, cut, points=points)
        for column, name in enumerate(names):
            part, _ = _sided(name)
            curves.append(CycleCurve(part, label_of(part), "deg", side, cycles.percent, cycles.values[..., column]))
    return tuple(curves)


def label_of(name: str) -> str:
    """A name as people write it: "knee_flexion" is "Knee flexion"."""
    return name.replace("_", " ").capitalize()


def _curve(name: str, raw: AngleTable, cleaned: AngleTable) -> Curve:
    part, side = _sided(name)
    written = ANGLE_DEFINITIONS[name]
    return Curve(
        name=part,
        label=label_of(part),
        unit="deg",
        side=side,
        raw=raw.angle(name),
        cleaned=cleaned.angle(name),
        definition=f"{written.definition[0].upper()}{written.definition[1:]}. Positive: {written.positive}.",
    )


def _sided(name: str) -> tuple[str, Side]:
    """The part of an angle's name that both sides share, and its side."""
    side, _, part = name.partition("_")
    return (part, _SIDES[side]) if side in _SIDES else (name, Side.MIDDLE)
