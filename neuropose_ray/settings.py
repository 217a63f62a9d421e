"""All settings in one place: defaults, then a file, then the environment, then flags; the last one wins."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from neuropose_ray.errors import SettingsError
from neuropose_ray.fitting.settings import FittingSettings
from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.models.metrabs.settings import MetrabsSettings
from neuropose_ray.models.weights import WeightSettings
from neuropose_ray.pipeline.settings import CameraSettings, EngineSettings
from neuropose_ray.service.settings import ServiceSettings
from neuropose_ray.tracking.settings import TrackingSettings
from neuropose_ray.video.settings import VideoSettings

ENVIRONMENT_PREFIX = "NEUROPOSE_"
#: Variables with the prefix that are no settings.
OTHER_VARIABLES = {"NEUROPOSE_TEST_DATA", "NEUROPOSE_URL", "NEUROPOSE_TOKEN"}


class Settings(BaseSettings):
    """Everything that can be set. In the environment: ``NEUROPOSE_MODEL``, ``NEUROPOSE_ENGINE__WORKERS``, ..."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    model: str = Field(default="blazepose", description="pose model: a name of the catalogue, a path, or a URL")
    engine: EngineSettings = EngineSettings()
    camera: CameraSettings = CameraSettings()
    video: VideoSettings = VideoSettings()
    blazepose: BlazePoseSettings = BlazePoseSettings()
    metrabs: MetrabsSettings = MetrabsSettings()
    tracking: TrackingSettings = TrackingSettings()
    fit: bool | None = Field(
        default=None,
        description="fit a skeleton of constant bones to each track; empty: for blazepose, whose depth needs it, "
        "and not for models whose 3D is better already",
    )
    fitting: FittingSettings = FittingSettings()
    weights: WeightSettings = Field(default_factory=WeightSettings)
    service: ServiceSettings = Field(default_factory=ServiceSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  the signature is the library's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing but what :func:`load_settings` puts together."""
        return (init_settings,)


def load_settings(
    file: Path | None = None, flags: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """Defaults < ``file`` < environment < ``flags``.

    Args:
        file: YAML with the nesting of :class:`Settings`.
        flags: the same nesting; values that are None were not given.
        environment: instead of the process's own.

    Raises:
        SettingsError: the file cannot be read, or a value or key is wrong; every one of them is named.
    """
    variables = os.environ if environment is None else environment
    layers = (_from_file(file), _from_environment(variables), _given(flags or {}))
    merged: dict[str, Any] = {}
    for layer in layers:
        merged = _merged(merged, layer)
    try:
        return Settings(**merged)
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        where = None if file is None else str(file)
        raise SettingsError("; ".join(faults), where=where, hint="see neuropose-ray process --help") from error


def _from_file(file: Path | None) -> dict[str, Any]:
    import yaml

    if file is None:
        return {}
    try:
        content = yaml.safe_load(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(error.strerror or str(error), where=str(file), hint="check --config") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SettingsError(f"not YAML ({error})", where=str(file)) from error
    if content is not None and not isinstance(content, dict):
        raise SettingsError("not a YAML mapping", where=str(file), hint="write settings as 'name: value'")
    return content or {}


def _from_environment(variables: Mapping[str, str]) -> dict[str, Any]:
    names = [name for name in variables if name.startswith(ENVIRONMENT_PREFIX) and name not in OTHER_VARIABLES]
    unknown = [name for name in names if not _is_setting(name)]
    if unknown:
        raise SettingsError(f"unknown setting {', '.join(unknown)}", where="environment", hint="unset it")
    source = EnvSettingsSource(Settings, case_sensitive=False)
    source.env_vars = {name.lower(): variables[name] for name in names}
    try:
        return source()
    except ValueError as error:
        raise SettingsError(str(error), where="environment") from error


def _is_setting(variable: str) -> bool:
    fields: Any = Settings
    for part in variable.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"):
        known = getattr(fields, "model_fields", {})
        if part not in known:
            return False
        fields = known[part].annotation
    return True


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
