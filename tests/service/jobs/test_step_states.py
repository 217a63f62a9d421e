"""The steps of a job: what clients see of them is in order, whatever moment a process died at."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.schemas.jobs import JobError, JobStep
from neuropose_ray.service.jobs.step_states import StepStates, read_steps, steps_of_job

KINDS = ("pose", "analyze", "overlay", "report")
ERROR = JobError(code="engine", message="lost", step="analyze")
STATES = st.sampled_from(("waiting", "running", "retrying", "completed", "failed", "cancelled", "skipped"))
JOB_STATES = st.sampled_from(("queued", "running", "completed", "failed", "cancelled"))


def states(steps):
    return [step.state for step in steps]


def test_a_step_goes_from_waiting_over_its_tries_to_its_end():
    written = []
    steps = StepStates(KINDS, written.append)
    steps.enter(0, ())
    steps.leave(0, "completed")
    steps.enter(1, ())
    steps.note_failure(1, ERROR)
    assert states(steps.now) == ["completed", "retrying", "waiting", "waiting"]
    steps.try_again(1)
    steps.leave(1, "completed")
    done = steps.now[1]
    assert (done.state, done.attempts, done.last_error) == ("completed", 2, ERROR)
    assert done.started_at <= done.ended_at
    assert written[-1] == steps.now, "each change is written down"
    assert [states(each)[1] for each in written[2:]] == ["running", "retrying", "running", "completed"]


def test_an_execution_that_goes_on_keeps_what_an_earlier_one_did():
    first = StepStates(KINDS, lambda _steps: None)
    first.enter(0, ())
    first.leave(0, "completed")
    second = StepStates(KINDS, lambda _steps: None)
    second.enter(1, first.now)
    assert second.now[0] == first.now[0]
    assert states(second.now) == ["completed", "running", "waiting", "waiting"]


def test_what_was_written_of_other_steps_or_by_another_version_counts_as_nothing():
    waiting = tuple(JobStep(kind=kind) for kind in KINDS)
    kept = tuple(step.model_copy(update={"state": "completed"}) for step in waiting)
    as_json = [step.model_dump(mode="json") for step in kept]
    assert read_steps(KINDS, as_json) == kept
    for written in (None, "steps", as_json[:2], [*as_json[1:], as_json[0]], [{"kind": "pose", "state": "melted"}]):
        assert read_steps(KINDS, written) == waiting


@given(st.lists(STATES, min_size=4, max_size=4), JOB_STATES, st.sampled_from((None, *KINDS)))
def test_no_ended_job_has_a_step_at_work_and_no_completed_one_an_unfinished_step(told, job_state, failed):
    steps = tuple(JobStep(kind=kind, state=state) for kind, state in zip(KINDS, told, strict=True))
    shown = states(steps_of_job(steps, job_state, failed))
    assert len(shown) == len(KINDS)
    if job_state == "completed":
        assert set(shown) == {"completed"}
    if job_state == "queued":
        assert set(shown) <= {"completed", "waiting"}
    if job_state in ("failed", "cancelled"):
        assert set(shown) <= {"completed", job_state, "skipped"}
        assert shown.count(job_state) <= 1


def test_every_moment_at_which_a_job_may_end_is_shown_in_the_order_of_its_steps():
    order = {"completed": 0, "failed": 1, "cancelled": 1, "skipped": 2}
    for at, state, ended in itertools.product(range(4), ("running", "retrying"), ("failed", "cancelled")):
        told = ["completed"] * at + [state] + ["waiting"] * (3 - at)
        steps = tuple(JobStep(kind=kind, state=each) for kind, each in zip(KINDS, told, strict=True))
        shown = states(steps_of_job(steps, ended, None))
        assert shown[at] == ended
        assert [order[each] for each in shown] == sorted(order[each] for each in shown)


def test_a_failed_job_of_an_older_version_says_by_its_error_where_it_was():
    steps = read_steps(KINDS, None)
    assert states(steps_of_job(steps, "failed", "overlay")) == ["completed", "completed", "failed", "skipped"]
    assert states(steps_of_job(steps, "failed", None)) == ["skipped"] * 4
