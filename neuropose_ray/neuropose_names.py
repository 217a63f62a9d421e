"""NeuroPose's own settings, from its environment variables and its settings file, under this program's names."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

logger = logging.getLogger(__name__)

#: Where each of NeuroPose's settings is now; None where nothing needs to be set any more.
PLACES: Mapping[str, tuple[str, ...] | None] = MappingProxyType(
    {
        "data_dir": ("service", "data_dir"),
        "model_cache_dir": ("weights", "cache_dir"),
        "poll_interval_seconds": ("service", "inbox", "poll_s"),
        "default_fov_degrees": ("camera", "field_of_view_degrees"),
        "device": ("metrabs", "device"),
        "status_checkpoint_every_frames": None,
    }
)
_WITHOUT_EFFECT = MappingProxyType({"status_checkpoint_every_frames": "the status is written as the work goes on"})
#: TensorFlow's names of devices, /CPU:0 and /GPU:1.
_DEVICE = re.compile(r"/(?:(CPU):\d+|GPU:(\d+))")


def is_neuropose_variable(name: str) -> bool:
    """Whether an environment variable is one of NeuroPose's own settings."""
    return name.upper().removeprefix("NEUROPOSE_").lower() in PLACES


def from_neuropose_variables(variables: Mapping[str, str], prefix: str) -> tuple[dict[str, Any], frozenset[str]]:
    """NeuroPose's settings among environment variables.

    Args:
        variables: by name; case counts as it does for other settings, which is not at all.
        prefix: with which settings begin.

    Returns:
        The settings, nested as this program has them, and the names of the variables that they came from.
    """
    names = {name: name.removeprefix(prefix).lower() for name in variables if name.startswith(prefix)}
    own = {name: key for name, key in names.items() if key in PLACES}
    nested: dict[str, Any] = {}
    for name, key in own.items():
        if variables[name]:  # empty is not given, as for other settings
            place = PLACES[key]
            new = None if place is None else prefix + "__".join(place).upper()
            _take(nested, key, variables[name], old=name, new=new)
    return nested, frozenset(own)


def from_neuropose_file(content: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """NeuroPose's settings in the content of a settings file.

    Returns:
        The settings, nested as this program has them, and what else the file holds.
    """
    nested: dict[str, Any] = {}
    for key in sorted(PLACES.keys() & content.keys()):
        place = PLACES[key]
        _take(nested, key, content[key], old=key, new=None if place is None else ".".join(place))
    return nested, {key: value for key, value in content.items() if key not in PLACES}


def _take(nested: dict[str, Any], key: str, value: object, *, old: str, new: str | None) -> None:
    place = PLACES[key]
    if place is None or new is None:
        logger.warning("%s is left out: %s", old, _WITHOUT_EFFECT[key])
        return
    logger.warning("%s is NeuroPose's name of %s", old, new)
    *above, last = place
    level = nested
    for part in above:
        level = level.setdefault(part, {})
    level[last] = _device(value) if key == "device" else value


def _device(value: object) -> object:
    """This program's name of a device; what is none stays, and is refused with the other settings."""
    named = _DEVICE.fullmatch(str(value))
    if named is None:
        return value
    return "cpu" if named[1] else f"gpu:{named[2]}"
