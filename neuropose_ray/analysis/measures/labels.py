"""What measures are called and which unit they have, the same in every table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from neuropose_ray.schemas.immutable import ReadOnlyMapping


@dataclass(frozen=True, slots=True)
class Label:
    """How a measure is shown.

    Attributes:
        text: its name in lower case ("peak velocity out").
        unit: "s", "deg/s", "%"; empty where it has none.
        decimals: worth showing.
    """

    text: str
    unit: str
    decimals: int


#: The measures of a repetition; the signal's unit stands for ``{}``. Each name is a field of
#: :class:`.repetition.RepetitionMeasures`.
_REPETITION: Mapping[str, Label] = ReadOnlyMapping(
    {
        "duration_s": Label("duration", "s", 2),
        "out_s": Label("out", "s", 2),
        "hold_s": Label("hold", "s", 2),
        "back_s": Label("back", "s", 2),
        "range_of_motion": Label("range of motion", "{}", 1),
        "peak_velocity_out": Label("peak velocity out", "{}/s", 0),
        "peak_velocity_back": Label("peak velocity back", "{}/s", 0),
        "sparc_out": Label("SPARC out", "", 2),
        "sparc_back": Label("SPARC back", "", 2),
        "ldlj_out": Label("LDLJ out", "", 2),
        "ldlj_back": Label("LDLJ back", "", 2),
        "symmetry_percent": Label("symmetry index", "%", 1),
    }
)
#: Ending of a name -> unit and decimals; the longer ending first.
_ENDINGS: Mapping[str, tuple[str, int]] = ReadOnlyMapping(
    {
        "_steps_per_min": ("steps/min", 1), "_j_per_kg": ("J/kg", 2), "_m_per_s": ("m/s", 2), "_percent": ("%", 1),
        "_m": ("m", 2), "_s": ("s", 2),
    }
)  # fmt: skip


def repetition_label(name: str, unit: str) -> Label:
    """The label of a measure of a repetition.

    Args:
        name: of :data:`.repetition.MEASURES`.
        unit: of the signal that repeats ("deg", "mm").

    Raises:
        KeyError: there is no such measure.
    """
    label = _REPETITION[name]
    return Label(label.text, label.unit.format(unit), label.decimals)


def gait_label(name: str) -> Label:
    """The label of a gait parameter, whose name ends with its unit ("step_length_m").

    Raises:
        StopIteration: the name ends with no unit that is known.
    """
    ending = next(ending for ending in _ENDINGS if name.endswith(ending))
    unit, decimals = _ENDINGS[ending]
    return Label(name.removesuffix(ending).replace("_", " "), unit, decimals)


#: What is not measured in a unit.
_PLAIN: Mapping[str, str] = ReadOnlyMapping({"sparc": "SPARC", "ldlj": "LDLJ"})


def body_label(name: str) -> Label:
    """The label of a number of the whole body ("centre_path_length_m", "sparc").

    Raises:
        StopIteration: the name ends with no unit that is known, and needs one.
    """
    return Label(_PLAIN[name], "", 2) if name in _PLAIN else gait_label(name)


def column_unit(unit: str) -> str:
    """A unit as the end of a column's name: "deg/s" is "deg_per_s", "%" is "percent", "/" is per."""
    return unit.replace("%", "percent").replace("/", "_per_").lower()
