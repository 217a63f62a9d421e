"""Configurations of curation: a YAML file, or a name in a Python file, which may bring metrics of its own."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from neuropose_ray.curation.metrics.protocol import FrameMetric
from neuropose_ray.curation.settings import CurationSettings
from neuropose_ray.errors import SettingsError
from neuropose_ray.faults import nearest_of
from neuropose_ray.yaml_files import yaml_mapping

#: The key of curation in a file that has settings of other kinds too.
SECTION = "curation"


@dataclass(frozen=True)
class CurationConfig:
    """What a Python file may give instead of settings alone.

    Attributes:
        settings: of curation.
        metrics: that are measured besides the built-in ones.
    """

    settings: CurationSettings = field(default_factory=CurationSettings)
    metrics: tuple[FrameMetric, ...] = ()


@dataclass(frozen=True)
class GivenConfig:
    """A configuration as it was read.

    Attributes:
        settings: nested as settings are; only what was given.
        metrics: that are measured besides the built-in ones.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[FrameMetric, ...] = ()


def read_config(text: str) -> GivenConfig:
    """The configuration that ``FILE.yaml`` or ``FILE.py:NAME`` names.

    A YAML file holds the settings of curation, or all settings with those below ``curation``. The Python file is run;
    the name in it is a :class:`CurationSettings`, a mapping, or a :class:`CurationConfig`.

    Raises:
        SettingsError: the file cannot be read or run, or there is nothing of this name in it.
    """
    path, _, name = text.rpartition(":")
    if path.endswith(".py") and name.isidentifier():
        return _from_python(Path(path), name)
    return GivenConfig(_from_yaml(Path(text)))


def _from_yaml(path: Path) -> dict[str, Any]:
    content = yaml_mapping(path)
    sections = list(CurationSettings.model_fields)
    is_of_curation = any(key in sections or nearest_of(str(key), sections) for key in content)
    if is_of_curation and SECTION not in content:  # also of a section that is misspelt
        return {SECTION: content}
    return content


def _from_python(path: Path, name: str) -> GivenConfig:
    module = _module(path)
    if not hasattr(module, name):
        raise SettingsError(f"there is no {name} in the file", where=str(path), hint="give FILE.py:NAME")
    value = getattr(module, name)
    if isinstance(value, CurationConfig):
        return GivenConfig({SECTION: value.settings.model_dump(exclude_unset=True)}, value.metrics)
    if isinstance(value, CurationSettings):
        return GivenConfig({SECTION: value.model_dump(exclude_unset=True)})
    if isinstance(value, Mapping):
        return GivenConfig({SECTION: dict(value)})
    what = f"{name} is a {type(value).__name__}, not CurationSettings, CurationConfig or a mapping"
    raise SettingsError(what, where=str(path))


def _module(path: Path) -> ModuleType:
    """The file as a module that processes of a cluster get by its content: they may not have the file."""
    spec = importlib.util.spec_from_file_location(f"curation_config_{path.stem}", path)
    if spec is None or spec.loader is None or not path.is_file():
        raise SettingsError("there is no such Python file", where=str(path), hint="check --config")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module  # dataclasses look for their module while it is run
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise SettingsError(f"{type(error).__name__}: {error}", where=str(path)) from error
    finally:
        del sys.modules[module.__name__]
    return module
