"""Tasks beside the chunks: done once each, by whom a core is left to."""

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import closing, contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.pipeline.engines.side_tasks import SideTasks

PATIENCE_S = 30.0


def who() -> str:
    return threading.current_thread().name.split("_")[0]


class Worker:
    """A thread that works on a chunk until it is told to go on."""

    def __init__(self, tasks: SideTasks) -> None:
        self.tasks, self.chunks, self.begun = tasks, threading.Semaphore(0), threading.Event()
        self.thread = threading.Thread(target=self._work, name="pose", daemon=True)
        self.thread.start()
        assert self.begun.wait(PATIENCE_S)

    def _work(self) -> None:
        with self.tasks.worker():
            self.begun.set()
            self.chunks.acquire()
            while self.tasks.run_next():
                pass

    def end(self) -> None:
        self.chunks.release()
        self.thread.join(PATIENCE_S)


@contextmanager
def working(count: int = 1, cores: int = 1) -> Iterator[tuple[SideTasks, list[Worker]]]:
    with closing(SideTasks(cores)) as tasks:
        workers = [Worker(tasks) for _ in range(count)]
        yield tasks, workers
        for worker in workers:
            worker.end()


def test_without_a_worker_a_thread_of_their_own_does_them():
    with closing(SideTasks(1)) as tasks:
        assert tasks.submit(who).result(PATIENCE_S) == "assemble"
        assert tasks.submit(max, 3, 4).result(PATIENCE_S) == 4


def test_a_worker_does_them_after_its_chunk():
    with working() as (tasks, (worker,)):
        done = tasks.submit(who)
        worker.end()
        assert done.result(PATIENCE_S) == "pose"


def test_a_core_without_a_worker_does_them_at_once_and_workers_none():
    with working(2, cores=3) as (tasks, (first, _busy)):
        assert tasks.submit(who).result(PATIENCE_S) == "assemble"
        goes_on = threading.Event()
        done = [tasks.submit(goes_on.wait, PATIENCE_S), tasks.submit(who)]
        first.end()
        goes_on.set()
        assert done[1].result(PATIENCE_S) == "assemble"


def test_what_waits_when_a_worker_has_no_chunk_left_is_done_at_once():
    with closing(SideTasks(2)) as tasks:
        busy, ending = Worker(tasks), threading.Event()

        def end() -> None:
            with tasks.worker():
                ending.wait(PATIENCE_S)

        thread = threading.Thread(target=end)
        thread.start()
        done = tasks.submit(who)
        ending.set()
        thread.join(PATIENCE_S)
        assert done.result(PATIENCE_S) == "assemble"
        assert tasks.submit(who).result(PATIENCE_S) == "assemble"
        busy.end()


@pytest.mark.parametrize("workers", [1, 2])
def test_no_task_waits_for_ever_for_workers_that_hang(workers):
    with working(workers, cores=workers) as (tasks, _hanging):
        done = [tasks.submit(who) for _ in range(workers + 1)]
        assert done[0].result(PATIENCE_S) == "assemble"


def test_workers_that_were_given_up_are_not_waited_for():
    with working() as (tasks, (worker,)):
        done = tasks.submit(who)
        tasks.leave([worker.thread])
        assert done.result(PATIENCE_S) == "assemble"
        assert tasks.submit(who).result(PATIENCE_S) == "assemble"


def test_an_error_is_raised_where_the_result_is_taken_and_ends_nothing_else():
    with working() as (tasks, (worker,)):
        failing, other = tasks.submit(int, "x"), None
        worker.end()
        with pytest.raises(ValueError, match="x"):
            failing.result(PATIENCE_S)
        other = tasks.submit(who)
        assert other.result(PATIENCE_S) == "assemble"


def test_what_is_cancelled_or_closed_before_it_began_is_never_done():
    done = []
    with working() as (tasks, (worker,)):
        cancelled = tasks.submit(done.append, 1)
        assert cancelled.cancel()
        worker.end()
    with working() as (tasks, (worker,)):
        given_up = tasks.submit(done.append, 2)
        tasks.close()
        worker.end()
    assert not done
    for future in (cancelled, given_up):
        with pytest.raises(CancelledError):
            future.result(PATIENCE_S)


def test_two_are_never_done_at_once():
    """One of them restores what it has limited in the whole process while another one still counts on it."""
    at_once, most, lock = 0, 0, threading.Lock()

    def count() -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.005)
        with lock:
            at_once -= 1

    with working(3, cores=3) as (tasks, workers):
        done = [tasks.submit(count) for _ in range(12)]
        for worker in workers:
            worker.chunks.release()
        for future in done:
            future.result(PATIENCE_S)
    assert most == 1


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3), st.lists(st.sampled_from(["task", "worker", "end"]), max_size=25))
def test_every_task_is_done_exactly_once(cores, events):
    done: list[int] = []
    with closing(SideTasks(cores)) as tasks:
        futures, workers = [], []
        for number, event in enumerate(events):
            if event == "task":
                futures.append(tasks.submit(done.append, number))
            elif event == "worker":
                workers.append(Worker(tasks))
            elif workers:
                workers.pop().end()
        for worker in workers:
            worker.end()
        for future in futures:
            future.result(PATIENCE_S)
    assert sorted(done) == [number for number, event in enumerate(events) if event == "task"]
