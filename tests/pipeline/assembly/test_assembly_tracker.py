"""The videos of a run between their last chunk and their row: who waits, who is put together, and what ends it."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from neuropose_ray.errors import EngineError, OutputError
from neuropose_ray.pipeline.assembly.assembly_tracker import AssemblyTracker
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow, ManifestWriter
from neuropose_ray.pipeline.state.manifest_results import with_result
from neuropose_ray.pipeline.state.run_state import ProgressRecorder, read_run_state
from neuropose_ray.pipeline.state.summary import VideoResult

BROKEN = ErrorRecord(stage="decode", type="DecodeError", message="it is broken")


def planned(name: str, chunks: int = 1) -> ManifestRow:
    return ManifestRow(name, f"/in/{name}.mp4", "planned", chunks=chunks, frames=chunks)


def outcome(video: str, index: int = 0, error: ErrorRecord | None = None) -> ChunkOutcome:
    state = "done" if error is None else "failed"
    return ChunkOutcome(video=video, index=index, state=state, error=error, began_s=0.0, ended_s=1.0)


@dataclass
class Assembler:
    """Notes what it is asked for, in the order in which it does it; ``failure`` is raised in the place of ``b``."""

    failure: Exception | None = None
    asked: list[tuple[str, tuple[ErrorRecord, ...]]] = field(default_factory=list)

    def __call__(self, row: ManifestRow, failed: tuple[ErrorRecord, ...] = ()) -> ManifestRow:
        self.asked.append((row.name, failed))
        if row.name == "b" and self.failure is not None:
            raise self.failure
        state = "partial" if failed else "completed"
        return with_result(row, VideoResult(input=row.path, name=row.name, state=state, frames=1))


class Late(Future):
    """Work that is done when somebody waits for it, and not before, or at once."""

    def __init__(self, work: Callable[[], Any], at_once: bool) -> None:
        super().__init__()
        self._work = work
        if at_once:
            self.set_result(work())

    def result(self, timeout: float | None = None) -> Any:
        return super().result() if self.done() else self._work()


class Engine:
    """Does nothing by itself; ``pool`` does what is submitted, where there is one.

    ``is_closed`` is set when its work on chunks or files is closed.
    """

    name, workers = "test", 1

    def __init__(self, pool: ThreadPoolExecutor | None = None) -> None:
        self.pool, self.at_once, self.is_closed = pool, False, threading.Event()
        self.processed, self.submitted, self.closed = [], [], []

    def process(self, context: object, chunks: list[ChunkOutcome]) -> Iterator[ChunkOutcome]:
        self.processed.append(context)
        yield from self._until_closed("process", chunks)

    def map(self, function: Callable[[Any], Any], items: Any, name: str) -> Iterator[Any]:
        yield from self._until_closed(name, (self._one(function, item) for item in items))

    def _one(self, function: Callable[[Any], Any], item: Any) -> Any:
        try:
            return function(item)
        except EngineError as error:
            return error

    def _until_closed(self, name: str, items: Any) -> Iterator[Any]:
        try:
            yield from items
        finally:
            self.closed.append(name)
            self.is_closed.set()

    def submit(self, function: Callable[..., Any], row: ManifestRow, failed: object) -> Future:
        self.submitted.append(row.name)
        if self.pool is None:
            return Late(lambda: function(row, failed), self.at_once)
        return self.pool.submit(function, row, failed)


@pytest.fixture
def track(tmp_path: Path) -> Callable[..., AssemblyTracker]:
    """A tracker of some rows with a real manifest and a real record of progress below ``tmp_path``."""

    def make(rows: list[ManifestRow], assembler: Any, engine: Engine | None = None) -> AssemblyTracker:
        plan = Manifest.of(rows)
        recorder = ProgressRecorder(tmp_path, model="m", engine="test", workers=1, inputs=len(rows))
        recorder.planned(rows)
        recorder.computing(plan, int(plan.total("chunks", "planned")))
        return AssemblyTracker(plan, assembler, engine or Engine(), ManifestWriter(tmp_path / "manifest"), recorder)

    return make


@pytest.fixture
def on_interrupt() -> Iterator[Callable[..., None]]:
    """What Ctrl-C does in this test outside of what holds it back."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    yield interrupt
    signal.signal(signal.SIGINT, before)


def test_a_video_is_put_together_after_its_last_chunk(track: Callable[..., AssemblyTracker]):
    engine = Engine()
    with track([planned("a", 3), planned("b")], Assembler(), engine) as tracker:
        for index in (2, 0):
            tracker.record(outcome("a", index))
        tracker.record(outcome("b"))
        assert engine.submitted == ["b"]
        tracker.record(outcome("a", 1))
        assert engine.submitted == ["b", "a"]
        assert [result.name for result in tracker.results()] == ["a", "b"]


def test_what_is_known_of_missing_chunks_goes_with_their_video_alone(track: Callable[..., AssemblyTracker]):
    assembler = Assembler()
    with track([planned("a", 2), planned("b")], assembler) as tracker:
        tracker.record(outcome("a", 0, BROKEN))
        tracker.record(outcome("b"))
        tracker.record(outcome("a", 1))
        assert [result.state for result in tracker.results()] == ["partial", "completed"]
    assert assembler.asked == [("b", ()), ("a", (BROKEN,))]


def test_results_are_in_the_order_of_the_inputs_and_name_what_was_not_computed(
    track: Callable[..., AssemblyTracker], tmp_path: Path
):
    finished = with_result(planned("old", 0), VideoResult("elsewhere", "old", "completed", frames=7))
    broken = with_result(planned("bad", 0), VideoResult.failure("bad", "/in/bad.mp4", [BROKEN]))
    with track([planned("a"), finished, broken, planned("b")], Assembler()) as tracker:
        for name in ("b", "a"):
            tracker.record(outcome(name))
        results = list(tracker.results())
    assert [(result.name, result.state, result.computed) for result in results] == [
        ("a", "completed", True), ("old", "completed", False), ("bad", "failed", True), ("b", "completed", True),
    ]  # fmt: skip
    assert results[1].input == "/in/old.mp4"
    tracker.writer.flush()
    rows = list(Manifest.read(tmp_path / "manifest"))
    assert [(row.name, row.state) for row in rows] == [("b", "completed"), ("a", "completed")]
    tracker.recorder.write()
    state = read_run_state(tmp_path)
    assert state is not None
    assert (state.completed, state.failed, state.waiting) == (3, 1, 0)


def test_a_video_whose_process_died_fails_alone(track: Callable[..., AssemblyTracker]):
    dead = EngineError("its process died without a word")
    with track([planned("a"), planned("b"), planned("c")], Assembler(dead)) as tracker:
        for name in "abc":
            tracker.record(outcome(name))
        results = list(tracker.results())
    assert [result.state for result in results] == ["completed", "failed", "completed"]
    assert [error.message for error in results[1].errors] == ["its process died without a word"]


def test_a_full_disk_ends_the_run(track: Callable[..., AssemblyTracker]):
    with track([planned("a"), planned("b")], Assembler(OutputError("no space"))) as tracker:
        for name in "ab":
            tracker.record(outcome(name))
        with pytest.raises(OutputError, match="no space"):
            list(tracker.results())


def test_videos_that_come_faster_than_they_are_put_together_make_the_run_wait(track: Callable[..., AssemblyTracker]):
    """Four for each worker wait; the run itself waits for the oldest of more."""
    assembler, names = Assembler(), [f"v{number}" for number in range(9)]
    with track([planned(name) for name in names], assembler) as tracker:
        for name in names:
            tracker.record(outcome(name))
        assert [name for name, _ in assembler.asked] == names[:5]
        assert [result.name for result in tracker.results()] == names


def test_what_is_done_is_written_down_while_others_wait(track: Callable[..., AssemblyTracker], tmp_path: Path):
    engine = Engine()
    with track([planned("a"), planned("b", 2)], Assembler(), engine) as tracker:
        engine.at_once = True
        tracker.record(outcome("a"))
        tracker.writer.flush()
        assert [row.name for row in Manifest.read(tmp_path / "manifest")] == ["a"]


def test_files_are_made_again_from_kept_poses_and_a_death_among_them_fails_alone(
    track: Callable[..., AssemblyTracker], tmp_path: Path
):
    assembler = Assembler(EngineError("its process died without a word"))
    rows = [planned("a", 0), planned("new"), planned("b", 0), planned("c", 0)]
    engine = Engine()
    with track(rows, assembler, engine) as tracker:
        assert [row.name for row in tracker.kept] == ["a", "b", "c"]
        assert list(tracker.assemble_kept_poses()) == [1, 2, 3]
        tracker.record(outcome("new"))
        assert [result.state for result in tracker.results()] == ["completed", "completed", "failed", "completed"]
    assert [name for name, _ in assembler.asked] == ["a", "b", "c", "new"]
    assert engine.closed == ["assemble_video_again"]


def test_work_of_an_engine_ends_with_the_block_whatever_ends_it(track: Callable[..., AssemblyTracker]):
    engine = Engine()
    rows = [planned("a"), planned("b"), planned("kept", 0)]
    tracker = track(rows, Assembler(), engine)

    def interrupted() -> None:
        with tracker:
            next(tracker.process("where", [outcome("a"), outcome("b")]))
            next(tracker.assemble_kept_poses())
            assert engine.closed == []
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert engine.processed == ["where"]
    assert sorted(engine.closed) == ["assemble_video_again", "process"]


def test_an_engine_is_not_asked_for_no_chunks(track: Callable[..., AssemblyTracker]):
    engine = Engine()
    with track([planned("kept", 0)], Assembler(), engine) as tracker:
        assert list(tracker.process("where", [])) == []
    assert engine.processed == engine.closed == []


def test_what_waits_is_given_up_and_what_has_begun_is_waited_for_however_often_the_user_interrupts(
    track: Callable[..., AssemblyTracker], on_interrupt: Callable[..., None]
):
    begun, ended = threading.Event(), []
    with ThreadPoolExecutor(1) as pool:
        engine = Engine(pool)

        def slow(row: ManifestRow, failed: object) -> ManifestRow:
            begun.set()
            engine.is_closed.wait()
            os.kill(os.getpid(), signal.SIGINT)
            ended.append(row.name)
            return row

        with track([planned("a"), planned("b")], slow, engine) as tracker:
            next(tracker.process("where", [outcome("a"), outcome("b")]))
            tracker.record(outcome("a"))
            tracker.record(outcome("b"))
            begun.wait()
        assert ended == ["a"]
    assert signal.getsignal(signal.SIGINT) is on_interrupt


def test_a_run_in_a_thread_has_no_interrupts_to_hold_back(track: Callable[..., AssemblyTracker]):
    def run() -> list[str]:
        with track([planned("a")], Assembler()) as tracker:
            tracker.record(outcome("a"))
            return [result.name for result in tracker.results()]

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run).result() == ["a"]
