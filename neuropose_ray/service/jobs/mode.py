"""Whether the service takes jobs and starts them: the last order, kept in ``mode.json`` over its restarts."""

from __future__ import annotations

from pydantic import ValidationError

from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.jobs import Mode
from neuropose_ray.service.data_folder import DataFolder

#: In which no new jobs are taken.
CLOSED: frozenset[Mode] = frozenset({"draining", "ending", "ended"})
#: In which jobs of the queue are left there.
STARTS_NONE: frozenset[Mode] = frozenset({"paused", "ending", "ended"})


class _ModeFile(FrozenModel):
    mode: Mode
    #: Of a service that is to end: what the next one begins with.
    before: Mode = "running"


def read_mode(data: DataFolder) -> Mode:
    """The mode of the last order, also of an earlier process; ``running`` where there is no readable one."""
    return _read(data).mode


def write_mode(data: DataFolder, mode: Mode) -> None:
    """Keep the mode for this process and the next ones; ``ending`` and ``ended`` hold for this deployment alone.

    Raises:
        OutputError: the data folder cannot be written.
    """
    known = _read(data)
    before = known.before if known.mode in ("ending", "ended") else known.mode
    kept = _ModeFile(mode=mode, before=before) if mode in ("ending", "ended") else _ModeFile(mode=mode)
    atomic_write_bytes(data.mode, kept.model_dump_json().encode())


def begin_mode(data: DataFolder) -> Mode:
    """The mode that a new deployment begins with: of one before that was to end, what had held until then.

    Raises:
        OutputError: the data folder cannot be written.
    """
    known = _read(data)
    if known.mode in ("ending", "ended"):
        write_mode(data, known.before)
        return known.before
    return known.mode


def _read(data: DataFolder) -> _ModeFile:
    try:
        return _ModeFile.model_validate_json(data.mode.read_bytes())
    except (OSError, ValidationError):
        return _ModeFile(mode="running")
