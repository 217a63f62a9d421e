"""Masses, centres and radii of gyration of the body's segments, as shares of the body and of their lengths.

De Leva, "Adjustments to Zatsiorsky-Seluyanov's segment inertia parameters", Journal of Biomechanics 29(9):1223-1230,
1996, table 4: 100 men and 15 women, young Caucasian adults. Lengths are between the centres of joints where there are
joints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Literal

from neuropose_ray.analysis.body.settings import MassDistribution
from neuropose_ray.schemas.immutable import ReadOnlyMapping

Part = Literal["head", "trunk", "upper_arm", "forearm", "hand", "thigh", "shank", "foot"]
#: How many there are of each.
COUNTS: Mapping[Part, int] = ReadOnlyMapping(
    {"head": 1, "trunk": 1, "upper_arm": 2, "forearm": 2, "hand": 2, "thigh": 2, "shank": 2, "foot": 2}
)


@dataclass(frozen=True, slots=True)
class Inertia:
    """One segment.

    Attributes:
        mass: a share of the body's.
        centre: of mass, from the proximal end, a share of the length; of the head from the vertex, of the foot from
            the heel.
        sagittal: radius of gyration about the axis from back to front, a share of the length.
        transverse: the same about the axis from side to side.
        longitudinal: the same about the long axis.
    """

    mass: float
    centre: float
    sagittal: float
    transverse: float
    longitudinal: float

    @property
    def across_squared(self) -> float:
        """The mean square of the two radii about axes that are square to the length."""
        return (self.sagittal**2 + self.transverse**2) / 2


@dataclass(frozen=True, slots=True)
class BodyInertia:
    """All segments of a body, and lengths that skeletons without a head or hands do not show.

    Attributes:
        parts: by name; masses add up to 1.
        hand: length from the wrist to the third knuckle, a share of the forearm's.
        neck: from the middle of the shoulders up to the seventh vertebra, a share of the trunk's.
        head: from the seventh vertebra up to the vertex, a share of the trunk's.
    """

    parts: Mapping[Part, Inertia]
    hand: float
    neck: float
    head: float


#: Mass, centre, and radii about the sagittal, transverse and longitudinal axis, in per cent; women, then men. Head
#: from vertex to cervicale, trunk from the middle of the shoulder joints to the middle of the hip joints.
_PER_CENT: Mapping[Part, tuple[Inertia, Inertia]] = ReadOnlyMapping(
    {
        "head": (Inertia(6.68, 48.41, 27.1, 29.5, 26.1), Inertia(6.94, 50.02, 30.3, 31.5, 26.1)),
        "trunk": (Inertia(42.57, 37.82, 37.9, 36.1, 18.2), Inertia(43.46, 43.10, 38.4, 35.8, 19.7)),
        "upper_arm": (Inertia(2.55, 57.54, 27.8, 26.0, 14.8), Inertia(2.71, 57.72, 28.5, 26.9, 15.8)),
        "forearm": (Inertia(1.38, 45.59, 26.1, 25.7, 9.4), Inertia(1.62, 45.74, 27.6, 26.5, 12.1)),
        "hand": (Inertia(0.56, 74.74, 53.1, 45.4, 33.5), Inertia(0.61, 79.00, 62.8, 51.3, 40.1)),
        "thigh": (Inertia(14.78, 36.12, 36.9, 36.4, 16.2), Inertia(14.16, 40.95, 32.9, 32.9, 14.9)),
        "shank": (Inertia(4.81, 43.52, 26.7, 26.3, 9.2), Inertia(4.33, 43.95, 25.1, 24.6, 10.2)),
        "foot": (Inertia(1.29, 40.14, 29.9, 27.9, 13.9), Inertia(1.37, 44.15, 25.7, 24.5, 12.4)),
    }
)
#: Mean lengths in mm, women and men: wrist to third knuckle, elbow to wrist; middle of the shoulders to middle of the
#: hips, cervicale to middle of the hips, vertex to cervicale.
_HAND, _FOREARM = (78.0, 86.2), (264.3, 268.9)
_TRUNK, _CERVICALE, _HEAD = (497.9, 515.5), (614.8, 603.3), (243.7, 242.9)
#: How much of the men's numbers goes into each distribution.
_MALE: Mapping[MassDistribution, float] = ReadOnlyMapping({"female": 0.0, "mean": 0.5, "male": 1.0})


def body_inertia(masses: MassDistribution) -> BodyInertia:
    """The segments of a body.

    Args:
        masses: whose; the mean is halfway between the women's numbers and the men's.
    """
    male = _MALE[masses]
    mixed = {
        part: Inertia(*(_between(*pair, male) / 100 for pair in zip(astuple(women), astuple(men), strict=True)))
        for part, (women, men) in _PER_CENT.items()
    }
    whole = sum(COUNTS[part] * inertia.mass for part, inertia in mixed.items())
    parts = {
        part: Inertia(inertia.mass / whole, *astuple(inertia)[1:]) for part, inertia in mixed.items()
    }  # the table is rounded
    trunk = _between(*_TRUNK, male)
    return BodyInertia(
        parts=ReadOnlyMapping(parts),
        hand=_between(*_HAND, male) / _between(*_FOREARM, male),
        neck=_between(*_CERVICALE, male) / trunk - 1,
        head=_between(*_HEAD, male) / trunk,
    )


def _between(female: float, male: float, share: float) -> float:
    return female + share * (male - female)
