"""The inbox's process killed at any moment."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.inbox import drop, eventually, running, status
from support.jobs_in_files import JobsInFiles

from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.drops import TOKEN_FILE

WORKER = """
import sys, threading
sys.path.insert(0, {tests!r})
from pathlib import Path
from support.jobs_in_files import JobsInFiles
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.inbox import Inbox
from neuropose_ray.service.settings import InboxSettings
data = DataFolder(Path({root!r}))
Inbox(data, InboxSettings(poll_s=0.05, settle_s=0.02, unfinished_s=0.02), JobsInFiles(data)).run()
"""


@pytest.mark.parametrize(("folders", "kills"), [(3, 3), pytest.param(12, 60, marks=pytest.mark.endurance)])
@pytest.mark.slow
def test_kills_at_any_moment_leave_each_folder_exactly_one_job(
    data: DataFolder, jobs: JobsInFiles, folders: int, kills: int
):
    script = WORKER.format(tests=str(Path(__file__).parents[2]), root=str(data.root))
    names = [f"trial{number}" for number in range(folders)]
    for name in names:
        drop(data, name, "walk.mp4")
    for round_ in range(kills):
        process = subprocess.Popen([sys.executable, "-c", script], env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
        # Kills fall into the time in which folders are taken, submitted, delivered, or moved.
        before = _steps(data, jobs)
        try:
            eventually(lambda before=before: _steps(data, jobs) != before)
            time.sleep(0.003 * (round_ % 7))
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
        end_queued(jobs)
        done = {name for name, state in status(data).items() if state != "processing"}
        if done == set(names):
            break
    with running(data, jobs):
        eventually(lambda: end_queued(jobs) or (sorted(status(data)) == sorted(names) and all_ended(data)))
    assert sorted(str(job.folder) for job in jobs.all()) == sorted(names), "one job for each folder"
    failed = {name for name in names if int(name.removeprefix("trial")) % 3 == 0}
    assert {path.name for path in data.failed.iterdir()} == failed
    assert {path.name for path in data.outbox.iterdir()} == set(names) - failed | {"status.json"}
    assert not [path for path in (*data.drops.iterdir(), *data.outbox.iterdir()) if path.suffix == ".tmp"]


def end_queued(jobs: JobsInFiles) -> None:
    """Every third job fails."""
    for job in jobs.all():
        if job.state == "queued":
            failed = int(str(job.folder).removeprefix("trial")) % 3 == 0
            jobs.set(job, "failed" if failed else "completed")


def all_ended(data: DataFolder) -> bool:
    return all(state != "processing" for state in status(data).values())


def _steps(data: DataFolder, jobs: JobsInFiles) -> tuple[int, ...]:
    """How far all folders are together."""
    places = (data.drops, data.outbox, data.failed, data.inbox)
    tokens = len(list(data.inbox.glob(f"*/{TOKEN_FILE}")))
    ended = sum(b'"outcome":{' in path.read_bytes() for path in data.drops.glob("*.json"))
    shown = sum(state != "processing" for state in status(data).values())
    counts = (len(list(place.iterdir())) if place.exists() else 0 for place in places)
    return (*counts, tokens, len(jobs.all()), ended, shown)
