"""A worker tries a chunk, commits it, and says what came of it, whatever the data and the model do."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import psutil
import pytest
from support.grey_model import BREAKS, FAILS, GreySpec
from support.grey_pictures import grey_plan, grey_video

from neuropose_ray.errors import DecodeError, EngineError, OutputError
from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts, CancelledError
from neuropose_ray.pipeline.chunks.commit import AttemptHistory
from neuropose_ray.pipeline.chunks.frames import LocalFrames
from neuropose_ray.pipeline.chunks.stalls import record_stall, revert_attempt
from neuropose_ray.pipeline.chunks.worker import (
    ChunkWorker,
    RunContext,
    peak_rss_mb,
)
from neuropose_ray.pipeline.planning.plan import ChunkRef, ChunkTask
from neuropose_ray.pipeline.planning.plan_file import write_plan

CHUNK_FRAMES, MAX_ATTEMPTS = 8, 3
GOOD, FAILING, BREAKING, LAST = range(4)


class Bench:
    """A run of one video with four chunks: two are good, at one the model fails, at one it breaks."""

    def __init__(self, tmp_path):
        self.spec = GreySpec(batch_size=4)
        greys = np.repeat([40, FAILS, BREAKS, 60], CHUNK_FRAMES)
        self.plan = grey_plan(grey_video(tmp_path / "greys", greys), self.spec, CHUNK_FRAMES)
        assert len(self.plan.chunks) == 4
        self.context = RunContext(self.spec, tmp_path / "out", 1, MAX_ATTEMPTS)
        write_plan(self.context.plan_path("greys"), self.plan)
        self.store = self.context.store("greys")

    def worker(self, **options):
        self.in_flight = ActiveAttempts(2)
        return ChunkWorker(self.context, self.in_flight, **options)

    @property
    def calls(self):
        return len(self.spec.log.calls)

    def attempts(self, index):
        return self.store.attempts(self.plan.keys[index])


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path)


def test_a_chunk_is_done_once_and_found_afterwards(bench):
    worker = bench.worker()
    done = worker(ChunkRef("greys", GOOD))
    assert (done.state, done.frames, done.persons, done.error) == ("done", CHUNK_FRAMES, CHUNK_FRAMES, None)
    assert done.began_s <= done.ended_s
    table, _ = bench.store.read(bench.plan.keys[GOOD])
    assert table.poses.poses2d[:, 0, 0].tolist() == [40] * CHUNK_FRAMES
    calls = bench.calls
    for again in (worker, bench.worker()):
        found = again(ChunkRef("greys", GOOD))
        assert (found.state, found.frames, found.persons) == ("found", CHUNK_FRAMES, CHUNK_FRAMES)
    assert bench.calls == calls


def test_the_marker_says_what_was_seen_on_the_way(bench):
    bench.worker()(ChunkRef("greys", GOOD))
    marker = bench.store.committed(bench.plan.keys[GOOD])
    assert marker.call_frames == (4, 4)
    assert len(marker.call_s) == 2
    assert sum(marker.call_s) + marker.wait_s <= marker.seconds
    assert (marker.device, marker.runtime, marker.errors) == ("cpu", "none", ())
    assert marker.peak_rss_mb == pytest.approx(peak_rss_mb(), rel=0.2)


def test_the_time_of_loading_is_counted_with_the_first_chunk_alone(bench):
    worker = bench.worker()
    for index in (GOOD, LAST):
        worker(ChunkRef("greys", index))
    loads = [bench.store.committed(bench.plan.keys[index]).model_load_s for index in (GOOD, LAST)]
    assert loads[0] >= 0
    assert loads[1] is None


def test_what_would_fail_the_same_again_is_tried_once(bench):
    outcome = bench.worker()(ChunkRef("greys", FAILING))
    assert (outcome.state, outcome.frames) == ("failed", 0)
    assert (outcome.error.stage, outcome.error.type, outcome.error.attempts) == ("model", "ModelError", 1)
    assert "too grey" in outcome.error.message
    assert bench.calls == 1


def test_what_nobody_foresaw_is_tried_as_often_as_is_set_and_ends_no_run(bench):
    worker = bench.worker()
    outcome = worker(ChunkRef("greys", BREAKING))
    assert (outcome.state, outcome.error.type, outcome.error.attempts) == ("failed", "KeyError", MAX_ATTEMPTS)
    assert bench.calls == MAX_ATTEMPTS
    assert worker(ChunkRef("greys", GOOD)).state == "done"


@pytest.mark.parametrize(("error", "tries"), [(EngineError("lost"), MAX_ATTEMPTS), (DecodeError("damaged"), 1)])
def test_what_may_go_better_is_tried_again(bench, error, tries):
    begun = []

    class Frames(LocalFrames):
        def batches(self, size, *, lead_in=0):
            begun.append(size)
            raise error

    outcome = bench.worker(frames=lambda task: Frames(task, threads=1))(ChunkRef("greys", GOOD))
    assert (outcome.state, outcome.error.type) == ("failed", type(error).__name__)
    assert outcome.error.attempts == len(begun) == tries


def test_tries_are_remembered_on_the_disk(bench):
    bench.worker()(ChunkRef("greys", BREAKING))
    calls = bench.calls
    outcome = bench.worker()(ChunkRef("greys", BREAKING))
    assert (outcome.state, outcome.error.type, outcome.error.attempts) == ("failed", "KeyError", MAX_ATTEMPTS)
    assert bench.calls == calls


def test_a_try_is_on_the_disk_before_it_starts(bench):
    """Should it end the process, the next one knows of it."""
    noted = []

    class Frames(LocalFrames):
        def batches(self, size, *, lead_in=0):
            noted.append(bench.attempts(GOOD).open)
            return super().batches(size, lead_in=lead_in)

    bench.worker(run="this run", frames=lambda task: Frames(task, threads=1))(ChunkRef("greys", GOOD))
    assert [(attempt.alone, attempt.run) for attempt in noted] == [(False, "this run")]
    assert bench.attempts(GOOD) == AttemptHistory()


def test_results_that_are_damaged_later_are_made_again_and_their_first_try_is_no_death(bench):
    """Also by a run that tries once."""
    context = replace(bench.context, max_attempts=1)
    for _ in range(2):
        outcome = ChunkWorker(context, ActiveAttempts(1))(ChunkRef("greys", GOOD))
        assert (outcome.state, outcome.error) == ("done", None)
        next(bench.store.folder.glob("*.parquet")).write_bytes(b"damaged")


def test_deaths_of_earlier_processes_count(bench):
    for _ in range(MAX_ATTEMPTS):
        before = bench.attempts(GOOD).resolve("this run")
        bench.store.note(bench.plan.keys[GOOD], before.start(alone=True, run="this run"))
    outcome = bench.worker(run="this run")(ChunkRef("greys", GOOD))
    assert (outcome.state, outcome.error.type, outcome.error.attempts) == ("failed", "WorkerDiedError", MAX_ATTEMPTS)
    assert bench.calls == 0


@pytest.mark.parametrize("plan", [None, b"", b"no plan"])
def test_a_plan_that_cannot_be_read_fails_its_chunk_alone(bench, plan):
    path = bench.context.plan_path("lost")
    if plan is not None:
        path.parent.mkdir(parents=True)
        path.write_bytes(plan)
    worker = bench.worker()
    outcome = worker(ChunkRef("lost", 0))
    assert (outcome.video, outcome.index, outcome.state) == ("lost", 0, "failed")
    assert outcome.error.message
    assert worker(ChunkRef("greys", GOOD)).state == "done"


@pytest.mark.parametrize("error", [OutputError("no space left", where="out"), CancelledError()])
def test_what_is_no_fault_of_the_chunk_is_raised_and_its_try_is_taken_back(bench, error):
    class Frames(LocalFrames):
        def batches(self, size, *, lead_in=0):
            raise error

    worker = bench.worker(frames=lambda task: Frames(task, threads=1))
    with pytest.raises(type(error)):
        worker(ChunkRef("greys", GOOD))
    assert bench.attempts(GOOD) == AttemptHistory()
    assert bench.worker()(ChunkRef("greys", GOOD)).state == "done"


def test_an_abandoned_try_neither_commits_nor_counts(bench):
    """Whoever gave it up has written down why."""

    class Frames(LocalFrames):
        def batches(self, size, *, lead_in=0):
            assert bench.in_flight.abandon(bench.in_flight.others()[0])
            return super().batches(size, lead_in=lead_in)

    worker = bench.worker(frames=lambda task: Frames(task, threads=1))
    with pytest.raises(CancelledError):
        worker(ChunkRef("greys", GOOD))
    assert bench.store.committed(bench.plan.keys[GOOD]) is None


def test_an_abandoned_try_that_fails_later_does_not_count_again(bench):
    class Frames(LocalFrames):
        def batches(self, size, *, lead_in=0):
            attempt = bench.in_flight.others()[0]
            record_stall(bench.context, attempt, 30)
            assert bench.in_flight.abandon(attempt)
            raise EngineError("late")

    worker = bench.worker(frames=lambda task: Frames(task, threads=1))
    with pytest.raises(CancelledError):
        worker(ChunkRef("greys", GOOD))
    assert bench.attempts(GOOD).count == 1
    assert bench.attempts(GOOD).last_error.type == "StalledError"


class Watch:
    """Stands for the model's lock, and notes something whenever it is taken and left."""

    def __init__(self, look):
        self._look, self.seen = look, []

    def __enter__(self):
        self.seen.append(self._look())

    def __exit__(self, *error):
        self.seen.append(self._look())


def test_the_lock_is_held_for_every_call_of_the_model_and_for_nothing_else(bench):
    lock = Watch(lambda: bench.calls)
    assert bench.worker(model_lock=lock)(ChunkRef("greys", GOOD)).state == "done"
    assert lock.seen == [0, 1, 1, 2]


def test_a_chunk_says_what_it_is_at(bench):
    """One that waits for its turn at the model is not taken for hung."""
    lock = Watch(lambda: bench.in_flight.others()[0].stage)
    decoding = []

    class Frames(LocalFrames):
        def batches(self, size, *, lead_in=0):
            for batch in super().batches(size, lead_in=lead_in):
                decoding.append(bench.in_flight.others()[0].stage)
                yield batch

    bench.worker(frames=lambda task: Frames(task, threads=1), model_lock=lock)(ChunkRef("greys", GOOD))
    assert decoding == ["decode", "decode"]
    assert lock.seen == ["wait", "model", "wait", "model"]


@pytest.mark.parametrize(("stage", "doing"), [("decode", "the decoder"), ("model", "the pose model")])
def test_a_stall_counts_and_says_who_does_not_return(bench, stage, doing):
    task = ChunkTask(bench.plan, GOOD)
    with ActiveAttempts(1).enter(task, AttemptHistory(count=1)) as attempt:
        attempt.at(stage)
        record_stall(bench.context, attempt, 45)
    history = bench.attempts(GOOD)
    assert history.count == 2
    assert (history.last_error.type, history.last_error.stage, history.last_error.attempts) == (
        "StalledError", stage, 2,
    )  # fmt: skip
    assert f"45 s ({doing} does not return)" in history.last_error.message
    assert "engine.stall_limit_s" in history.last_error.message


def test_a_stall_in_a_call_that_chunks_share_does_not_count_and_the_next_try_is_made_alone(bench):
    task, began_s = ChunkTask(bench.plan, GOOD), time.monotonic()
    with ActiveAttempts(2).enter(task, AttemptHistory(count=1)) as attempt, attempt.in_call(began_s, shared=True):
        record_stall(bench.context, attempt, 45)
    assert bench.attempts(GOOD) == AttemptHistory(count=1, isolate_next=True)
    with ActiveAttempts(2).enter(task, bench.attempts(GOOD)) as attempt, attempt.in_call(began_s, shared=False):
        assert attempt.alone
        record_stall(bench.context, attempt, 45)
    assert (bench.attempts(GOOD).count, bench.attempts(GOOD).last_error.stage) == (2, "model")


def test_calls_are_shared_with_other_videos_where_the_model_sees_frames_alone(bench, tmp_path, monkeypatch):
    monkeypatch.setattr("neuropose_ray.pipeline.chunks.shared_calls._GRACE_S", 2.0)
    spec = replace(bench.spec, frames_alone=True, batch_size=12)
    context = replace(bench.context, spec=spec)
    for name, grey in (("one", 40), ("other", 60)):
        plan = grey_plan(grey_video(tmp_path / name, [grey] * CHUNK_FRAMES), spec, CHUNK_FRAMES, name)
        write_plan(context.plan_path(name), plan)
    in_flight = ActiveAttempts(2)
    worker = ChunkWorker(context, in_flight)
    worker.expect(2, 2)
    spec.log.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        outcomes = [pool.submit(worker, ChunkRef(name, 0)) for name in ("one", "other")]
        spec.log.gate.set()
        assert [outcome.result(60).frames for outcome in outcomes] == [CHUNK_FRAMES] * 2
    worker.close()
    assert sorted(len(greys) for _, greys in spec.log.calls) == [4, 12]


def test_a_try_that_ends_for_another_chunks_sake_is_taken_back(bench):
    before = AttemptHistory(count=1)
    with ActiveAttempts(2).enter(ChunkTask(bench.plan, GOOD), before) as attempt:
        bench.store.note(bench.plan.keys[GOOD], before.start(alone=False, run=None))
        revert_attempt(bench.context, attempt)
    assert bench.attempts(GOOD) == before


def test_two_threads_share_one_model(bench):
    worker, outcomes = bench.worker(), []
    threads = [
        threading.Thread(target=lambda index=index: outcomes.append(worker(ChunkRef("greys", index))))
        for index in (GOOD, FAILING)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(outcome.index, outcome.state) for outcome in outcomes} == {(GOOD, "done"), (FAILING, "failed")}


def test_the_peak_of_memory_is_in_mebibytes():
    now = psutil.Process().memory_info().rss / 2**20
    assert 0.9 * now < peak_rss_mb() < 100 * now
