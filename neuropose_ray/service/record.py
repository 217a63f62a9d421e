"""What the running service says of itself in its data folder, so that commands find it."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from neuropose_ray.pipeline import LeaseRecord, own_record, process_is_gone
from neuropose_ray.schemas.atomic import atomic_write_bytes
from neuropose_ray.schemas.immutable import FrozenModel


class ServiceRecord(FrozenModel):
    """The service of a data folder: where it answers, and the process whose end is its end."""

    url: str
    process: LeaseRecord

    @property
    def is_alive(self) -> bool:
        """Whether the process may still be there; a later one of the same number is not taken for it."""
        return not process_is_gone(self.process)


def write_record(path: Path, url: str) -> ServiceRecord:
    """Say that this process is the service at ``url``.

    Raises:
        OutputError: the file system refuses.
    """
    record = ServiceRecord(url=url, process=own_record())
    atomic_write_bytes(path, record.model_dump_json(indent=2).encode())
    return record


def read_record(path: Path) -> ServiceRecord | None:
    """What the last service of a data folder said, None where there is nothing that can be read."""
    try:
        return ServiceRecord.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
