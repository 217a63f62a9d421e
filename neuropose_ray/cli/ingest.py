"""`neuropose-ray ingest`: an archive or a folder of videos into the service's inbox."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuropose_ray.cli.service_options import Config, Data, data_folder, service_settings

if TYPE_CHECKING:
    from neuropose_ray.service import IngestResult

#: Without need for a bar: copied in about a second.
_SMALL_BYTES = 50_000_000


def ingest(
    archive: Annotated[Path, typer.Argument(help="A zip, a tar (gz, bz2, xz), or a folder of videos.")],
    data: Data = None,
    config: Config = None,
    force: Annotated[
        bool, typer.Option("--force", help="Put the new jobs in the place of those of the same name.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make a job of each video in an archive or folder; the service takes them now, or when it starts.

    All jobs appear in the inbox or none. Exit code 2 if the archive is refused.

    Example: neuropose-ray ingest trials.zip
    """
    from neuropose_ray.service import ingest as place_in_inbox

    settings = service_settings(config, data)
    with _progress(archive.name) as on_progress:
        result = place_in_inbox(
            archive, data_folder(settings), limits=settings.archives, force=force, on_progress=on_progress
        )
    typer.echo(json.dumps(_record(result), indent=2) if as_json else "\n".join(_lines(result)))


def _lines(result: IngestResult) -> list[str]:
    skipped = f", {len(result.skipped_non_videos)} non-video member(s) skipped" if result.skipped_non_videos else ""
    megabytes = result.total_uncompressed_bytes / 1e6
    head = f"ingested {result.job_count} job(s) from {result.archive}: {megabytes:.1f} MB{skipped}"
    return [head, *(f"{job.job_name}: {job.video_filename}" for job in result.ingested)]


def _record(result: IngestResult) -> dict[str, object]:
    jobs = [{**asdict(job), "job_dir": str(job.job_dir)} for job in result.ingested]
    return {"archive": str(result.archive), "jobs": jobs, "skipped_non_videos": result.skipped_non_videos}


@contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, for what takes long enough to need one."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _done, _total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(name, total=None, visible=False)
        yield lambda done, total: bar.update(task, completed=done, total=total, visible=total > _SMALL_BYTES)
