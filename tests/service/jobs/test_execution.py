"""What a job goes through from its first step to its last."""

import itertools
import time
from pathlib import Path

import pytest
from support.job_manager import SCENES, DirectTasks, Faults, Gate, request_for

from neuropose_ray.benchmark.synthetic import SCENE_FRAMES
from neuropose_ray.errors import (
    EngineError,
    JobStateError,
    ModelError,
    OutputError,
    RequestError,
)
from neuropose_ray.schemas.jobs import JobOptions
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.service.durable_work import Pauses


@pytest.mark.slow
def test_a_slowed_down_video_says_how_fast_it_was_taken(start, data: Path, video: Path):
    manager = start()
    request = request_for(data, video, workflow="poses", options=JobOptions(capture_fps=240.0))
    manager("submit", request)
    assert manager.ended(request.id)[0].state == "completed"
    _, header = read_predictions(data / "jobs" / request.id / "results" / "v" / "predictions.parquet")
    assert header.metadata.capture_fps == 240.0


def test_the_standard_workflow_leaves_poses_analysis_overlay_and_report(start, data: Path, video: Path):
    manager = start()
    request = request_for(data, video)
    first = manager("submit", request)
    (job,) = manager.ended(request.id)
    assert first.state in ("queued", "running")
    assert (job.state, job.error, job.progress.percent, job.progress.stage) == ("completed", None, 100, None)
    assert job.submitted_at <= job.started_at <= job.ended_at
    assert {artifact.path for artifact in job.artifacts} >= {
        "summary.json", "v/predictions.parquet", "v/results.json", "v/analysis.json", "v/overlay.mp4", "v/report.html"
    }  # fmt: skip
    table, _ = read_predictions(data / "jobs" / request.id / "results" / "v" / "predictions.parquet")
    assert table.frame_count == SCENES * SCENE_FRAMES
    results = data / "jobs" / request.id / "results"
    for name in ("summary.json", "v/analysis.json", "v/results.json", "v/report.html"):
        assert str(data) not in (results / name).read_text("utf-8"), "a place of this machine"
    for line, expected in zip(manager("log", request.id), ("submitted", "started", "step 1, pose"), strict=False):
        assert expected in line


@pytest.mark.slow
def test_a_bad_video_is_a_warning_and_the_rest_is_done(start, data: Path, video: Path, tmp_path: Path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    manager = start()
    request = request_for(data, video, broken, workflow="quick")
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert job.state == "completed"
    assert [(warning.code, warning.step, warning.input) for warning in job.warnings] == [
        ("video_unreadable", "pose", "broken.mp4")
    ]
    assert "/" not in job.warnings[0].message
    assert (data / "jobs" / request.id / "results" / "v" / "exports" / "predictions.trc").is_file()


def test_a_job_without_a_good_video_fails_says_why_and_keeps_its_inputs(start, data: Path, tmp_path: Path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    manager = start()
    request = request_for(data, broken)
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert (job.state, job.error.code, job.error.step, job.error.input) == (
        "failed", "video_unreadable", "pose", "broken.mp4"
    )  # fmt: skip
    assert job.progress.percent < 100
    assert (data / "jobs" / request.id / "uploads" / "broken.mp4").is_file()


def test_errors_that_may_go_away_are_tried_again_until_they_do(start, data: Path, video: Path):
    faults = Faults(EngineError("a worker was lost"), RuntimeError("nobody foresaw this"))
    manager = start({"engines": faults})
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert (job.state, faults.tries) == ("completed", 3)
    assert sum("tried again" in line for line in manager("log", request.id)) == 2


@pytest.mark.parametrize(
    ("errors", "tries", "code"),
    [([ModelError("has no such output")] * 5, 1, "model"), ([EngineError("lost")] * 5, 3, "engine"),
     ([RuntimeError("/secret/place")] * 5, 3, "internal")],
)  # fmt: skip
def test_other_errors_end_the_job_at_once_and_passing_ones_after_the_last_try(
    start, data: Path, video: Path, errors, tries: int, code: str
):
    faults = Faults(*errors)
    manager = start({"engines": faults})
    request = request_for(data, video, workflow="poses")
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert (job.state, job.error.code, faults.tries) == ("failed", code, tries)
    assert "secret" not in job.error.message


def test_a_failed_job_goes_on_with_the_step_that_failed(start, data: Path, video: Path):
    class Failing(DirectTasks):
        broken = True

        def run(self, kind, function, videos, should_stop):
            for place in videos:
                yield place, EngineError("lost") if self.broken else function(place)

    faults, tasks = Faults(), Failing()
    manager = start({"engines": faults, "tasks": tasks})
    request = request_for(data, video, workflow="two")
    manager("submit", request)
    (failed,) = manager.ended(request.id)
    assert (failed.state, failed.error.step) == ("failed", "export")
    tasks.broken = False
    assert manager("retry", request.id).progress.percent >= failed.progress.percent
    (job,) = manager.ended(request.id)
    assert (job.state, job.attempts, faults.tries) == ("completed", 2, 1)
    with pytest.raises(JobStateError):
        manager("retry", request.id)


@pytest.mark.slow
def test_one_step_of_a_completed_job_is_done_again_with_those_after_it(start, data: Path, video: Path):
    faults = Faults()
    manager = start({"engines": faults})
    request = request_for(data, video, workflow="quick")
    manager("submit", request)
    manager.ended(request.id)
    results = data / "jobs" / request.id / "results" / "v"
    poses = (results / "predictions.parquet").read_bytes()
    for name in ("analysis.json", "exports/predictions.csv"):
        (results / name).unlink()
    with pytest.raises(JobStateError, match="name the step"):
        manager("retry", request.id)
    with pytest.raises(RequestError, match=r"'overlay'.*its steps: pose, analyze, export"):
        manager("retry", request.id, "overlay")
    assert manager("retry", request.id, "analyze").progress.percent < 100
    (job,) = manager.ended(request.id)
    assert (job.state, job.attempts, faults.tries) == ("completed", 2, 1)
    assert (results / "analysis.json").is_file()
    assert (results / "exports" / "predictions.csv").is_file()
    assert (results / "predictions.parquet").read_bytes() == poses


@pytest.mark.slow
def test_a_step_that_could_do_no_video_fails_its_job_and_one_that_could_do_some_says_which(
    start, data: Path, video: Path, tmp_path: Path
):
    class Refusing(DirectTasks):
        def run(self, kind, function, videos, should_stop):
            for number, place in enumerate(videos):
                refused = number == 0 and kind == "export"
                yield place, OutputError("no permission", where="/secret") if refused else function(place)

    second = tmp_path / "w.mp4"
    second.hardlink_to(video)
    manager = start({"tasks": Refusing()})
    alone, with_another = request_for(data, video, workflow="two"), request_for(data, video, second, workflow="two")
    for request in (alone, with_another):
        manager("submit", request)
    failed, completed = manager.ended(alone.id, with_another.id)
    assert (failed.state, failed.error.code, failed.error.step, failed.error.input) == (
        "failed", "output", "export", "v.mp4"
    )  # fmt: skip
    assert "secret" not in failed.error.message
    assert completed.state == "completed"
    assert [(warning.code, warning.input) for warning in completed.warnings] == [("output", "v.mp4")]


def test_a_running_job_is_cancelled_at_once_its_step_soon_and_it_can_be_tried_again(start, data: Path, video: Path):
    gate = Gate()
    manager = start({"engines": gate}, running=1)
    first, second = (request_for(data, video, workflow="poses") for _ in range(2))
    for request in (first, second):
        manager("submit", request)
    manager.when(first.id, lambda job: job.state == "running" and gate.asked == 1)
    assert manager("cancel", first.id).state == "cancelled"
    assert manager("cancel", second.id).state == "cancelled"
    until = time.monotonic() + 10
    while manager.manager._executor.running(first.id) is not None:
        assert time.monotonic() < until
        time.sleep(0.01)
    gate.open.set()
    manager("retry", first.id)
    (job,) = manager.ended(first.id)
    assert job.state == "completed"
    assert manager("job", second.id).state == "cancelled"
    with pytest.raises(JobStateError):
        manager("cancel", first.id)


def test_a_step_that_takes_too_long_is_given_up(start, data: Path, video: Path):
    hasty = {"steps": [{"kind": "pose", "timeout_s": 0.2, "max_attempts": 2}]}
    gate = Gate()
    manager = start({"engines": gate}, workflows={"hasty": hasty})
    request = request_for(data, video, workflow="hasty")
    manager("submit", request)
    (job,) = manager.ended(request.id)
    assert (job.state, job.error.code, gate.asked) == ("failed", "step_timeout", 2)


@pytest.mark.slow
def test_no_more_jobs_run_at_once_than_allowed_and_the_most_urgent_is_next(start, data: Path, video: Path):
    gate = Gate()
    manager = start({"engines": gate}, running=1)
    order = [request_for(data, video, workflow="poses", priority=priority) for priority in (5, 2, 10, 5)]
    manager("submit", order[0])
    manager.when(order[0].id, lambda job: job.state == "running" and gate.asked == 1)
    for request in order[1:]:
        manager("submit", request)
    assert manager("status").queued == 3
    gate.open.set()
    jobs = manager.ended(*(request.id for request in order))
    by_start = sorted(jobs, key=lambda job: job.started_at)
    assert [job.priority for job in by_start] == [5, 10, 5, 2]
    assert all(one.ended_at <= other.started_at for one, other in itertools.pairwise(by_start))


def test_progress_never_goes_back_and_is_whole_only_at_the_end(start, data: Path, video: Path):
    manager = start()
    request = request_for(data, video, workflow="quick")
    manager("submit", request)
    seen = []
    while (job := manager("job", request.id)).state in ("queued", "running"):
        seen.append(job.progress.percent)
        time.sleep(0.005)
    assert job.progress.percent == 100
    assert seen == sorted(seen)
    assert max(seen) < 100


@pytest.mark.slow
def test_a_job_that_is_tried_again_says_its_last_error_until_it_goes_well(start, data: Path, video: Path):
    manager = start({"engines": Faults(EngineError("a worker was lost")), "pauses": Pauses(first_s=1.0)})
    request = request_for(data, video, workflow="two")
    manager("submit", request)
    again = manager.when(request.id, lambda job: job.last_error is not None)
    assert (again.state, again.last_error.code, again.last_error.step) == ("running", "engine", "pose")
    assert [step.state for step in again.steps] == ["retrying", "waiting"]
    (job,) = manager.ended(request.id)
    assert (job.state, job.last_error) == ("completed", None)
    pose, export = job.steps
    assert (pose.state, pose.attempts, pose.last_error.message) == ("completed", 2, "a worker was lost")
    assert (export.state, export.attempts, export.last_error) == ("completed", 1, None)
    assert pose.started_at <= pose.ended_at <= export.ended_at
    assert job.progress.eta is None


@pytest.mark.slow
def test_the_steps_of_a_job_never_go_back_and_are_known_after_a_restart(start, data: Path, video: Path):
    rank = {"waiting": 0, "running": 1, "retrying": 1, "completed": 2}
    manager = start()
    request = request_for(data, video, workflow="quick")
    manager("submit", request)
    seen = []
    while (job := manager("job", request.id)).state in ("queued", "running"):
        seen.append([rank[step.state] for step in job.steps])
        time.sleep(0.005)
    for before, after in itertools.pairwise(seen):
        assert all(earlier <= later for earlier, later in zip(before, after, strict=True))
    manager = start()
    assert manager("job", request.id).steps == job.steps


@pytest.mark.slow
def test_a_step_that_is_done_again_can_be_asked_for_again_wherever_it_was_stopped(start, data: Path, video: Path):
    request = request_for(data, video, workflow="quick")
    manager = start()
    manager("submit", request)
    assert manager.ended(request.id)[0].state == "completed"
    for _ in range(2):
        manager("retry", request.id, "pose")
        manager("cancel", request.id)
        manager.ended(request.id)
    for step in ("export", "overlay"):
        with pytest.raises(RequestError, match="has not come to"):
            manager("retry", request.id, step)
    manager("retry", request.id, "pose")
    (job,) = manager.ended(request.id)
    assert (job.state, [step.state for step in job.steps]) == ("completed", ["completed"] * 3)
