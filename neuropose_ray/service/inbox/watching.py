"""The inbox alone, in this process: folders in, results out, with neither HTTP nor Ray."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from neuropose_ray.models import PoseModelSpec
from neuropose_ray.pipeline import Engine, started_engine
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.inbox.inbox import Inbox
from neuropose_ray.service.inbox.local_jobs import LocalJobs, uploaded
from neuropose_ray.service.inbox.lock import held_lock
from neuropose_ray.service.jobs.steps.pose import Engines, PoseStep
from neuropose_ray.service.settings import Settings


def watch_inbox(data: DataFolder, settings: Settings, spec: PoseModelSpec, stop: threading.Event) -> None:
    """Do the jobs that are dropped into the inbox, until told to stop.

    A job at hand is left after its chunk of frames; the next process goes on from there.

    Args:
        data: the folder.
        settings: of the inbox and of runs.
        spec: the pose model, which is loaded once.
        stop: set to end.

    Raises:
        ServiceRunningError: another process works in the folder.
        ModelError: the pose model cannot be loaded.
        OutputError: the folder cannot be written.
    """
    data.create()
    with (
        held_lock(data.lock),
        started_engine(settings.engine, spec, run_name="jobs of the inbox") as engine,
        closing(LocalJobs(data, settings, PoseStep(spec, _engines(engine), uploaded))) as jobs,
    ):
        jobs.start()
        inbox = Inbox(data, settings.service.inbox, jobs)
        threading.Thread(target=inbox.run, name="inbox", daemon=True).start()
        stop.wait()
        inbox.stop()


def _engines(engine: Engine) -> Engines:
    @contextmanager
    def the_same(_should_stop: object, _log: object) -> Iterator[Engine]:
        yield engine

    return the_same
