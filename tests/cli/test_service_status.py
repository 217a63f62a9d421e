"""The state of the service in a few lines."""

from datetime import UTC, datetime, timedelta

import pytest

from neuropose_ray.cli.service_status import STALE_S, service_lines
from neuropose_ray.schemas.jobs import Job, JobProgress, JobsStatus, QueueStatus
from neuropose_ray.schemas.service_status import GpuMemory, PoseRequests, SlowestStep
from neuropose_ray.service.client import ServiceReport

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def report(silent_s: float) -> ServiceReport:
    job = Job(
        id="ab" * 16, state="running", workflow="standard", inputs=("walk.mp4", "run.mp4"), priority=5, labels={},
        source="http", attempts=1, submitted_at=NOW - timedelta(hours=1), started_at=NOW - timedelta(minutes=10),
        progress=JobProgress(
            percent=45, stage="pose", input="run.mp4", inputs_done=1, updated_at=NOW - timedelta(seconds=silent_s)
        ),
    )  # fmt: skip
    jobs = JobsStatus(
        mode="paused", active=1, queued=3, processed=7, errors=2, cancelled=0, uptime_s=3700,
        queues={"jobs": QueueStatus(depth=3, oldest_s=90)}, current=(job,), disk_free_bytes=12_300_000_000,
    )  # fmt: skip
    replicas = {"PoseModel": {"RUNNING": 2, "STARTING": 0}, "LiveHub": {}}
    return ServiceReport(version="1.0", ready=True, waits_for=(), replicas=replicas, jobs=jobs)


def test_what_a_person_wants_to_know():
    assert service_lines(report(5), NOW) == [
        "ready, paused; version 1.0, up for 1 h 1 min",
        "paused: jobs are taken, and wait; `neuropose-ray service resume` ends that",
        "jobs: 1 active, 3 queued, 7 processed, 2 errors, 0 cancelled",
        "queue jobs: 3 waiting, the oldest for 1 min 30 s",
        "PoseModel: 2 running",
        "LiveHub: starts when it is needed",
        "disk: 12.3 GB free",
        "abababab [#########-----------]  45 % pose run.mp4 (1 of 2 videos done)",
    ]


def test_requests_for_poses_slow_steps_and_gpus_are_told_where_there_are_some():
    plain = report(5)
    full = plain.model_copy(
        update={
            "pose": PoseRequests(ongoing=1, answered=20, pictures=40, mean_ms=45.2, errors={"overloaded": 3}),
            "gpus": (GpuMemory(name="NVIDIA X", used_bytes=3_200_000_000, total_bytes=16_000_000_000),),
            "jobs": plain.jobs.model_copy(
                update={"slowest_step": SlowestStep(kind="pose", ended=12, mean_s=34.0, longest_s=80.0)}
            ),
        }
    )
    assert [line for line in service_lines(full, NOW) if line not in service_lines(plain, NOW)] == [
        "pose requests: 1 ongoing, 20 answered, 45 ms on average, 40 pictures, 3 overloaded",
        "slowest step: pose, 34 s on average of 12, at most 1 min 20 s",
        "GPU NVIDIA X: 3.2 of 16.0 GB in use",
    ]


@pytest.mark.parametrize(("silent_s", "stale"), [(STALE_S, False), (STALE_S + 1, True)])
def test_a_job_that_has_not_moved_for_a_minute_is_pointed_out(silent_s: float, stale: bool):
    assert any("stale: no progress" in line for line in service_lines(report(silent_s), NOW)) == stale
