"""`neuropose-ray reset`: the service's data folder made empty again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.cli.console import require_yes
from neuropose_ray.cli.service_options import AsJson, Config, Data, data_folder, service_settings
from neuropose_ray.errors import ServiceRunningError
from neuropose_ray.words import counted

if TYPE_CHECKING:
    from neuropose_ray.service import DataFolder, Removal


def reset(
    data: Data = None,
    config: Config = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only list what would be removed.")] = False,
    keep_failed: Annotated[bool, typer.Option("--keep-failed", help="Leave the folders of failed jobs.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="First end the running service.")] = False,
    force: Annotated[
        bool, typer.Option("--force", "--force-kill", help="With --stop: kill it if it does not end.")
    ] = False,
    grace: Annotated[
        float, typer.Option("--grace", "--grace-seconds", min=0, help="Seconds for the service to end.")
    ] = 60.0,
    as_json: AsJson = False,
) -> None:
    """Remove all jobs, videos, results and logs of the service: inbox, uploads, and the queue, also in PostgreSQL.

    Refuses while a service has the data folder, unless it is told to --stop it. Exit code 2 if you decline.

    Example: neuropose-ray reset --dry-run
    """
    from neuropose_ray.service import JobDatabase, held_lock, removals, remove, stop_service

    settings = service_settings(config, data)
    folder = data_folder(settings)
    removed, database = removals(folder, keep_failed=keep_failed), JobDatabase(settings)
    jobs = database.count()
    if not as_json:
        typer.echo("\n".join(_lines(removed, folder, jobs, dry_run=dry_run)))
    if dry_run or not (removed or jobs):
        if as_json:
            typer.echo(_record(removed, 0, jobs))
        return
    if not stop:
        _check_free(folder)
    require_yes("Remove all of this?", yes=yes)
    if stop and not _is_free(folder):
        stop_service(folder, grace_s=grace, force=force)
    with held_lock(folder.lock):
        removed = removals(folder, keep_failed=keep_failed)  # a service that ended may have written on
        jobs = database.clear()
        freed = remove(removed)
    done = f"removed {len(removed)} paths, {freed / 1e6:.1f} MB{_in_database(jobs)}"
    typer.echo(_record(removed, freed, jobs) if as_json else done)


def _check_free(folder: DataFolder) -> None:
    from neuropose_ray.service import FolderLock

    lock = FolderLock(folder.lock)
    try:
        lock.acquire()
    except ServiceRunningError as error:
        raise ServiceRunningError(error.what, where=error.where, hint="stop it, or give --stop") from error
    lock.release()


def _is_free(folder: DataFolder) -> bool:
    try:
        _check_free(folder)
    except ServiceRunningError:
        return False
    return True


def _lines(removed: tuple[Removal, ...], folder: DataFolder, jobs: int, *, dry_run: bool) -> list[str]:
    if not removed and not jobs:
        return [f"nothing to do: there is nothing to remove in {folder.root}"]
    total = sum(removal.size_bytes for removal in removed)
    lines = [f"would remove {removal.path} ({removal.size_bytes / 1e6:.1f} MB)" for removal in removed]
    end = ["(dry-run; no changes made)"] if dry_run else []
    return [*lines, f"{len(removed)} paths, {total / 1e6:.1f} MB{_in_database(jobs)}", *end]


def _in_database(jobs: int) -> str:
    return f", and {counted(jobs, 'job')} in the PostgreSQL database" if jobs else ""


def _record(removed: tuple[Removal, ...], freed: int, jobs: int) -> str:
    paths = [{"path": str(removal.path), "bytes": removal.size_bytes} for removal in removed]
    return json.dumps({"paths": paths, "bytes_freed": freed, "jobs_in_database": jobs}, indent=2)
