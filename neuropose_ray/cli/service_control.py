"""`neuropose-ray service pause`, `resume` and `drain`: orders to the queue of a running service."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.cli.service_options import AsJson, Config, Data, Url, data_folder, service_client, service_settings
from neuropose_ray.cli.service_status import mode_advice
from neuropose_ray.errors import NotReadyError, ServiceError, ServiceRunningError, ServiceUnreachableError

if TYPE_CHECKING:
    from neuropose_ray.schemas.jobs import Action, JobsStatus
    from neuropose_ray.service import DataFolder, ServiceClient, ServiceRecord

_LOOK_S = 1.0
#: A service whose jobs have ended is over within this time; what `serve deploy` has deployed never is.
_END_S = 150.0


def pause(url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Start no more jobs: new ones are taken, and wait, also after a restart. What runs is finished.

    Example: neuropose-ray service pause
    """
    _order("pause", url, data, config, as_json=as_json)


def resume(url: Url = None, data: Data = None, config: Config = None, as_json: AsJson = False) -> None:
    """Take and start jobs again, after `pause` or `drain`."""
    _order("resume", url, data, config, as_json=as_json)


def drain(
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Do not wait until the service has ended.")] = False,
    timeout: Annotated[
        float | None, typer.Option(min=0, help="Seconds to wait at most; the service drains on after them.")
    ] = None,
    url: Url = None,
    data: Data = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let the service finish the jobs that run, take no new ones, and end with exit code 0.

    Jobs that wait stay in the queue, for the next service of the data folder: `service drain && neuropose-ray serve`
    replaces a service by a newer one without a job lost or done twice. `service resume` takes the order back.

    Example: neuropose-ray service drain
    """
    from neuropose_ray.service import read_record

    folder = None if url is not None else data_folder(service_settings(config, data))
    record = None if folder is None else read_record(folder.record)
    with service_client(url, config, data) as service:
        status = service.control("drain", end=True)
        if not no_wait:
            await_end(service, folder, record, timeout)
    if as_json:
        typer.echo(status.model_dump_json(indent=2))
    else:
        typer.echo(_line(status) if no_wait else "the service has ended")


def _order(action: Action, url: Url, data: Data, config: Config, *, as_json: bool) -> None:
    with service_client(url, config, data) as service:
        status = service.control(action)
    typer.echo(status.model_dump_json(indent=2) if as_json else _line(status))


def _line(status: JobsStatus) -> str:
    numbers = f"{status.active} active, {status.queued} queued"
    return f"{mode_advice(status.mode) or 'running: jobs are taken and done'} ({numbers})"


def await_end(
    service: ServiceClient, folder: DataFolder | None, record: ServiceRecord | None, timeout_s: float | None
) -> None:
    """Wait until a service that drains is gone, and say what it still does.

    Args:
        service: that was told to end.
        folder: its data folder, where that is on this machine.
        record: what it has said of its process there.
        timeout_s: to wait at most; None without limit.

    Raises:
        ServiceError: it still runs after this time, was told otherwise, or went away before its jobs had ended.
    """
    began_s, ended_s, active, mode = time.monotonic(), None, None, "ending"
    while (status := _status(service)) is not None or not _is_gone(folder, record):
        now_s = time.monotonic()
        if status is not None:
            mode = status.mode
            if status.active != active:
                active = status.active
                typer.echo(f"{active} jobs run, {status.queued} are left to the next service", err=True)
        if mode not in ("ending", "ended"):
            raise ServiceError(f"the service was told otherwise meanwhile: it is {mode}")
        ended_s = now_s if mode == "ended" and ended_s is None else ended_s
        if timeout_s is not None and now_s - began_s >= timeout_s:
            raise ServiceError(f"the service has not ended in {timeout_s:g} s", hint="it drains on")
        if ended_s is not None and now_s - ended_s >= _END_S:
            hint = "end it where it was deployed, with `serve shutdown`, or deploy its next version"
            raise ServiceError("no job runs any more, but the service goes on", hint=hint)
        time.sleep(_LOOK_S)
    _require_ended(mode if folder is None else _last_mode(folder), active or 0)


def _status(service: ServiceClient) -> JobsStatus | None:
    """What the service says of its jobs, None where it does not answer."""
    try:
        return service.status().jobs
    except (NotReadyError, ServiceUnreachableError):  # its parts end one after the other
        return None


def _is_gone(folder: DataFolder | None, record: ServiceRecord | None) -> bool:
    """Whether the process of a service is over; of one elsewhere no more is known than that it does not answer."""
    from neuropose_ray.service import FolderLock

    if folder is None:
        return True
    if record is not None and record.is_alive:
        return False
    lock = FolderLock(folder.lock)
    try:
        lock.acquire()
    except ServiceRunningError:
        return False
    lock.release()
    return True


def _last_mode(folder: DataFolder) -> str:
    from neuropose_ray.service import read_mode

    return read_mode(folder)


def _require_ended(mode: str, active: int) -> None:
    if mode != "ended" and active:
        hint = "they go on where they were when it is started again"
        raise ServiceError(f"the service went away while {active} jobs ran", hint=hint)
