"""Where settings come from: defaults, then a file, then the environment, then flags; the last one wins.

What can be set is said in the rooms: of a run in ``pipeline.settings``, of everything in ``service.settings``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from neuropose_ray.errors import SettingsError, first_line
from neuropose_ray.faults import faults, nearest_of
from neuropose_ray.neuropose_names import from_neuropose_file, from_neuropose_variables
from neuropose_ray.yaml_files import yaml_mapping

ENVIRONMENT_PREFIX = "NEUROPOSE_"
_NESTED = "write one variable for each setting, as NEUROPOSE_ENGINE__WORKERS=2"
#: Variables with the prefix that are no settings.
OTHER_VARIABLES = {"NEUROPOSE_TEST_DATA", "NEUROPOSE_URL", "NEUROPOSE_TOKEN"}


class LayeredSettings(BaseModel):
    """Settings that :func:`load_layers` puts together; in the environment ``NEUROPOSE_MODEL``, ``NEUROPOSE_A__B``."""

    # Processes that get settings from another one do not check them again: that is built where it is used.
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, defer_build=True)


Kind = TypeVar("Kind", bound=LayeredSettings)


def load_layers(
    kind: type[Kind],
    file: Path | None = None,
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Kind:
    """Defaults < ``file`` < environment < ``flags``.

    NeuroPose's own settings are taken under its names too, in the file and the environment, and a warning says the
    new one; where both are given in one place the new name counts.

    Args:
        kind: the settings.
        file: YAML with their nesting.
        flags: the same nesting; values that are None were not given.
        environment: instead of the process's own.

    Raises:
        SettingsError: the file cannot be read, or a value or key is wrong; every one of them is named.
    """
    variables = os.environ if environment is None else environment
    merged = combined_layers(file_layer(file), environment_layer(kind, variables), _given(flags or {}), file=file)
    try:
        return kind(**merged)
    except ValidationError as error:
        where = None if file is None else str(file)
        hint = "see neuropose-ray process --help"
        raise SettingsError("; ".join(faults(error, kind)), where=where, hint=hint) from error


def combined_layers(*layers: Mapping[str, Any], file: Path | None = None) -> dict[str, Any]:
    """Layers of nested settings as one; the last one wins, also with None.

    Args:
        layers: of the file, the environment and flags.
        file: that the first one is from.

    Raises:
        SettingsError: a name of a setting is no text.
    """
    combined: dict[str, Any] = {}
    for layer in layers:
        combined = _merged(combined, layer)
    if wrong := [key for key in combined if not isinstance(key, str)]:
        raise SettingsError(f"{wrong[0]!r}: no such setting", where=None if file is None else str(file))
    return combined


def file_layer(file: Path | None) -> dict[str, Any]:
    """The settings of a YAML file, NeuroPose's under this program's names; none of no file.

    Raises:
        SettingsError: it cannot be read, or is no mapping.
    """
    return {} if file is None else _merged(*from_neuropose_file(yaml_mapping(file)))


def environment_layer(kind: type[LayeredSettings], variables: Mapping[str, str]) -> dict[str, Any]:
    """The settings of environment variables, NeuroPose's under this program's names.

    Raises:
        SettingsError: one is no setting, or is not JSON where it has to be.
    """
    of_neuropose, old_names = from_neuropose_variables(variables, ENVIRONMENT_PREFIX)
    other_names = OTHER_VARIABLES | old_names
    names = [name for name in variables if name.startswith(ENVIRONMENT_PREFIX) and name not in other_names]
    unknown = [name for name in names if not _is_setting(kind, name)]
    if unknown:
        known = [f"{ENVIRONMENT_PREFIX}{name.upper()}" for name in _variables(kind)]
        nearest = "".join(dict.fromkeys(nearest_of(name, known) for name in unknown))
        raise SettingsError(f"unknown setting {', '.join(unknown)}{nearest}", where="environment", hint="unset it")
    if not names:
        return of_neuropose
    # Imported for variables alone: it takes a tenth of the time until the first frame of a run.
    from pydantic_settings import EnvSettingsSource

    source = EnvSettingsSource(
        kind,  # type: ignore[arg-type]  # of the class it asks for what every model has
        case_sensitive=False, env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", env_ignore_empty=True,
    )  # fmt: skip
    source.env_vars = {name.lower(): variables[name] for name in names}
    try:
        return _merged(of_neuropose, source())
    except ValueError as error:
        raise SettingsError(f"{first_line(error)}: not JSON", where="environment", hint=_NESTED) from error


def _variables(kind: type[BaseModel], above: str = "") -> Iterator[str]:
    """The names of all settings, nested as in the environment."""
    for name, field in kind.model_fields.items():
        yield above + name
        if (below := _model_of(field.annotation)) is not None:
            yield from _variables(below, f"{above}{name}__")


def _model_of(annotation: Any) -> type[BaseModel] | None:
    """The settings below a setting, also where there may be none of them."""
    kinds = [kind for kind in get_args(annotation) or (annotation,) if isinstance(kind, type)]
    models = [kind for kind in kinds if issubclass(kind, BaseModel)]
    return models[0] if len(models) == 1 else None


def _is_setting(kind: type[LayeredSettings], variable: str) -> bool:
    fields: type[BaseModel] | None = kind
    for part in variable.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"):
        known = {} if fields is None else fields.model_fields
        if part not in known:
            return False
        fields = _model_of(known[part].annotation)
    return True


def merged_layers(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Layers of nested settings as one; the last one wins, and what is None in it was not given."""
    together: dict[str, Any] = {}
    for layer in layers:
        together = _merged(together, _given(layer))
    return together


def _given(flags: Mapping[str, Any]) -> dict[str, Any]:
    nested = {key: _given(value) if isinstance(value, Mapping) else value for key, value in flags.items()}
    return {key: value for key, value in nested.items() if value is not None and value != {}}


def _merged(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(lower[key], upper[key])
        for key in lower.keys() & upper.keys()
        if isinstance(lower[key], Mapping) and isinstance(upper[key], Mapping)
    }
    return {**lower, **upper, **both}
