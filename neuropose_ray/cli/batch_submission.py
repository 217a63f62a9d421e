"""A job for each of several videos, as one batch."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from neuropose_ray.cli.batch_text import batch_exit_code, batch_lines
from neuropose_ray.cli.job_inputs import SubmittedInput
from neuropose_ray.cli.job_progress import bytes_bar, fetch, watched_batch
from neuropose_ray.errors import (
    InputError,
    NeuroposeRayError,
    RequestError,
    ServiceError,
    SettingsError,
)

if TYPE_CHECKING:
    from neuropose_ray.schemas.jobs import Job
    from neuropose_ray.service import Progress, ServiceClient

#: Submits one input as a job of the batch: of the input, the batch, the Idempotency-Key, and who is told of bytes.
SubmitOne = Callable[[SubmittedInput, str, str, "Progress"], "Job"]


def new_batch_id() -> str:
    """An id that no other batch has."""
    return secrets.token_hex(16)


def submit_batch(inputs: Sequence[SubmittedInput], batch: str, submit_one: SubmitOne) -> dict[str, SubmittedInput]:
    """Submit a job for each input; one that is refused is named, and stops none of the others.

    Sent again with the same batch, an input that has a job gets no second one.

    Args:
        inputs: at least one.
        batch: its id.
        submit_one: submits one.

    Returns:
        The inputs by their jobs' ids.

    Raises:
        ServiceError: the service takes no more jobs, or is gone; what was taken until then stays.
        NeuroposeRayError: none was taken: the first one's fault.
    """
    taken: dict[str, SubmittedInput] = {}
    faults: list[NeuroposeRayError] = []
    for number, given in enumerate(inputs, 1):
        key = hashlib.sha256(f"{batch}\n{given.shown}".encode("utf-8", "surrogateescape")).hexdigest()
        try:
            with bytes_bar(f"upload {number} of {len(inputs)}") as on_progress:
                taken[submit_one(given, batch, key, on_progress).id] = given
        except (InputError, RequestError) as error:  # of this input; others may be good
            faults.append(error)
            typer.echo(f"not submitted: {given.shown}: {error}", err=True)
        except ServiceError as error:
            if not taken:
                raise
            hint = f"{len(taken)} of {len(inputs)} were taken; type it again with --batch {batch}"
            raise type(error)(error.what, where=given.shown, hint=hint) from error
    if not taken:
        raise faults[0]
    return taken


def finish_batch(
    service: ServiceClient,
    batch: str,
    taken: dict[str, SubmittedInput],
    *,
    refused: int,
    wait: bool,
    out: Path | None,
    as_json: bool,
) -> int:
    """Wait for a batch and fetch its results where that is wanted, and print it; the exit code.

    Args:
        service: that has it.
        batch: its id.
        taken: the inputs by their jobs' ids.
        refused: how many inputs were not taken.
        wait: until all jobs have ended.
        out: the folder that gets a folder for each completed job; it waits as well.
        as_json: print JSON.
    """
    if wait or out is not None:
        if not as_json:
            typer.echo(f"batch {batch}", err=True)
        watched_batch(service, batch)
    if out is not None:
        for job in service.jobs(state="completed", batch=batch, limit=len(taken)):
            given = taken.get(job.id)
            fetch(service, service.job(job.id), out / (job.id if given is None else given.name))
    shown = service.batch(batch)
    if as_json:
        typer.echo(shown.model_dump_json(indent=2))
    else:
        typer.echo("\n".join(batch_lines(shown)) if wait or out is not None else batch)
    return max(batch_exit_code(shown), 1 if refused else 0)


def batch_of_option(given: str | None) -> str:
    """The batch that is meant, a new one where none is.

    Raises:
        SettingsError: it is no id of a batch.
    """
    if given is None:
        return new_batch_id()
    if len(given) != 32 or set(given) - set("0123456789abcdef"):
        raise SettingsError(
            f"{given!r} is not 32 hexadecimal digits", where="--batch", hint="see `jobs batches list`"
        )
    return given
