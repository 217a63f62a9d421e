"""Which layer each setting comes from, and all that is wrong with a file and an environment, a line each."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from neuropose_ray.errors import SettingsError
from neuropose_ray.faults import faults
from neuropose_ray.settings import (
    ENVIRONMENT_PREFIX,
    OTHER_VARIABLES,
    LayeredSettings,
    combined_layers,
    environment_layer,
    file_layer,
    merged_layers,
)
from neuropose_ray.yaml_files import settings_text

DEFAULT = "default"
#: What a URL says of who logs in.
_LOGIN = re.compile(r"(://)[^/@\s]+@")

Kind = TypeVar("Kind", bound=LayeredSettings)


@dataclass(frozen=True, slots=True)
class SettingOrigin:
    """One setting as it counts.

    Attributes:
        name: with dots between the levels.
        value: as JSON has it; secrets are hidden.
        origin: ``default``, a file with the line, an environment variable, or ``flag``.
    """

    name: str
    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class _Layer:
    origin: str
    values: Mapping[str, Any]
    lines: Mapping[tuple[str, ...], int]

    def says(self, path: tuple[str, ...]) -> str | None:
        """Where it has a setting from, or one above or below that decides about it; None where it has none."""
        level: Any = self.values
        for depth, part in enumerate(path):
            if not isinstance(level, Mapping):
                return self._at(path[:depth])
            if part not in level:
                return None
            level = level[part]
        return self._at(path)

    def _at(self, path: tuple[str, ...]) -> str:
        known = (self.lines[path[:depth]] for depth in range(len(path), 0, -1) if path[:depth] in self.lines)
        line = next(known, None)
        return self.origin if line is None else f"{self.origin}, line {line}"


@dataclass(frozen=True, slots=True)
class Examination:
    """What a file and an environment amount to.

    Attributes:
        settings: None where something is wrong.
        faults: all that is wrong, a line each, with where it was written.
    """

    settings: LayeredSettings | None
    faults: tuple[str, ...]


def setting_origins(
    settings: LayeredSettings,
    file: Path | None = None,
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> tuple[SettingOrigin, ...]:
    """Every setting with its value and where it came from.

    Args:
        settings: what :func:`~neuropose_ray.settings.load_layers` made of the following.
        file: YAML with their nesting.
        flags: the same nesting; values that are None were not given.
        environment: instead of the process's own.
    """
    layers, _ = _layers(type(settings), file, os.environ if environment is None else environment)
    layers.append(_Layer("flag", merged_layers(flags or {}), {}))
    dumped = settings.model_dump(mode="json", by_alias=True)
    return tuple(
        SettingOrigin(".".join(path), _shown(_at(dumped, path)), _origin(layers, path)) for path in _paths(settings)
    )


def examined(kind: type[Kind], file: Path | None = None, environment: Mapping[str, str] | None = None) -> Examination:
    """The settings of a file and an environment, or all that is wrong with them.

    Args:
        kind: the settings.
        file: YAML with their nesting.
        environment: instead of the process's own.
    """
    layers, complaints = _layers(kind, file, os.environ if environment is None else environment)
    settings = None
    try:
        settings = kind(**combined_layers(*(layer.values for layer in layers), file=file))
    except SettingsError as error:
        complaints.append(f"{error.where}: {error.what}")
    except ValidationError as error:
        for fault in faults(error, kind):
            path = tuple(re.findall(r"[^.\[\]]+", fault.partition(":")[0]))
            complaints.append(f"{_origin(layers, path)}: {fault}")
    return Examination(None if complaints else settings, tuple(complaints))


def _layers(
    kind: type[LayeredSettings], file: Path | None, variables: Mapping[str, str]
) -> tuple[list[_Layer], list[str]]:
    """The file's layer and one of each variable, lowest first; and what cannot be read of them."""
    layers, complaints = [], []
    if file is not None:
        try:
            layers.append(_Layer(str(file), file_layer(file), _lines(file)))
        except SettingsError as error:
            complaints.append(f"{error.where}: {error.what}")
    for name in sorted(variables):
        if name.startswith(ENVIRONMENT_PREFIX) and name not in OTHER_VARIABLES:
            try:
                layers.append(_Layer(f"environment, {name}", environment_layer(kind, {name: variables[name]}), {}))
            except SettingsError as error:
                complaints.append(f"environment, {name}: {error.what}")
    return layers, complaints


def _lines(file: Path) -> dict[tuple[str, ...], int]:
    """The line of each key of a YAML file, by the keys above it."""
    import yaml

    lines: dict[tuple[str, ...], int] = {}

    def walk(node: yaml.Node | None, above: tuple[str, ...]) -> None:
        if not isinstance(node, yaml.MappingNode):
            return
        for key, value in node.value:
            path = (*above, str(key.value))
            lines[path] = key.start_mark.line + 1
            walk(value, path)

    walk(yaml.compose(settings_text(file), yaml.SafeLoader), ())
    return lines


def _paths(settings: BaseModel, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The names of all settings; groups that are there are entered."""
    for name, field in type(settings).model_fields.items():
        value, path = getattr(settings, name), (*above, field.alias or name)
        if isinstance(value, BaseModel):
            yield from _paths(value, path)
        else:
            yield path


def _at(dumped: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        dumped = dumped[part]
    return dumped


def _origin(layers: list[_Layer], path: tuple[str, ...]) -> str:
    origins = (layer.says(path) for layer in reversed(layers))
    return next((origin for origin in origins if origin is not None), DEFAULT)


def _shown(value: Any) -> Any:
    """A value without what would let somebody else log in."""
    if isinstance(value, str):
        return _LOGIN.sub(r"\1**********@", value)
    if isinstance(value, Mapping):
        return {name: _shown(below) for name, below in value.items()}
    return [_shown(below) for below in value] if isinstance(value, list | tuple) else value
