"""Whether the service takes jobs and starts them: the last order, kept in ``mode.json`` over its restarts."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationError

from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.service.data_folder import DataFolder

Mode = Literal["running", "paused", "draining"]


class _ModeFile(FrozenModel):
    mode: Mode


def read_mode(data: DataFolder) -> Mode:
    """The mode of the last order, also of an earlier process; ``running`` where there is no readable one."""
    try:
        return _ModeFile.model_validate_json(data.mode.read_bytes()).mode
    except (OSError, ValidationError):
        return "running"


def write_mode(data: DataFolder, mode: Mode) -> None:
    """Keep the mode for this process and the next ones.

    Raises:
        OutputError: the data folder cannot be written.
    """
    atomic_write_bytes(data.mode, _ModeFile(mode=mode).model_dump_json().encode())
