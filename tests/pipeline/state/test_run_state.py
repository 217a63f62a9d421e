from pathlib import Path

import pytest

from neuropose_ray.errors import RunLockedError
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome
from neuropose_ray.pipeline.planning.plan import ChunkRef
from neuropose_ray.pipeline.planning.planner import ChunkQueue
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow
from neuropose_ray.pipeline.state.manifest_results import with_result
from neuropose_ray.pipeline.state.run_state import ProgressRecorder, RunState, read_run_state
from neuropose_ray.pipeline.state.summary import VideoResult

BROKEN = ErrorRecord(stage="decode", type="DecodeError", message="it is broken", attempts=2)


def row(name: str, state: str = "planned", **more: object) -> ManifestRow:
    return ManifestRow(name, f"/in/{name}.mp4", state, **more)  # type: ignore[arg-type]


def outcome(video: str, index: int, state: str = "done", frames: int = 0) -> ChunkOutcome:
    error = BROKEN if state == "failed" else None
    return ChunkOutcome(video=video, index=index, state=state, frames=frames, error=error, began_s=0.0, ended_s=1.0)


def recorder(folder: Path, inputs: int = 3) -> ProgressRecorder:
    return ProgressRecorder(folder, model="m", engine="local", workers=2, inputs=inputs)


def state(folder: Path) -> RunState:
    read = read_run_state(folder)
    assert read is not None
    return read


def test_the_percent_is_of_all_frames_and_never_goes_back(tmp_path: Path):
    rows = [
        row("done", "completed", frames=100),
        row("half", frames=60, chunks=2, frames_marked=30),
        row("lies", frames=40, chunks=4),
    ]
    with recorder(tmp_path) as counts:
        counts.planned(rows)
        assert state(tmp_path).percent is None
        counts.computing(Manifest.of(rows), 6)
        seen = [state(tmp_path).percent]
        # A chunk that was found, chunks of fewer frames than promised, one that failed.
        for done in [
            outcome("half", 0, "found", 30), outcome("half", 1, frames=30), outcome("lies", 0, frames=3),
            outcome("lies", 1, "failed"), outcome("lies", 2), outcome("lies", 3, frames=1),
        ]:  # fmt: skip
            counts.chunk(done)
            counts.write()
            seen.append(state(tmp_path).percent)
    assert seen[0] == 65.0
    assert seen == sorted(seen)
    assert seen[-1] == 100.0
    last = state(tmp_path)
    assert (last.phase, last.chunks, last.chunks_done, last.chunks_failed) == ("finished", 6, 5, 1)
    assert (last.frames_computed, last.frames_done, last.frames) == (34, 200, 200)
    assert [(failure.video, failure.chunk, failure.message) for failure in last.failures] == [
        ("lies", 1, "it is broken")
    ]


def test_videos_are_counted_by_state_and_failures_told_with_their_reason(tmp_path: Path):
    unreadable = with_result(row("bad"), VideoResult.failure("bad", "/in/bad.mp4", [BROKEN]))
    rows = [row("good", "completed"), row("todo", frames=1, chunks=1), unreadable]
    with recorder(tmp_path) as counts:
        counts.planned(rows)
        counts.computing(Manifest.of(rows), 1)
        now = state(tmp_path)
        assert (now.completed, now.failed, now.waiting, now.planned) == (1, 1, 1, 3)
        counts.chunk(outcome("todo", 0, frames=1))
        counts.finished(row("todo", "completed"))
    now = state(tmp_path)
    assert (now.completed, now.failed, now.waiting) == (2, 1, 0)
    assert [(failure.video, failure.stage, failure.attempts) for failure in now.failures] == [("bad", "decode", 2)]


def test_the_rate_is_that_of_computing_and_gives_the_time_left(tmp_path: Path):
    rows = [row("a", frames=100, chunks=2)]
    with recorder(tmp_path, 1) as counts:
        counts.computing(Manifest.of(rows), 2)
        assert state(tmp_path).remaining_s is None
        counts.chunk(outcome("a", 0, frames=50))
        counts.write()
        now = state(tmp_path)
        assert now.remaining_s == pytest.approx(now.computing_s)
    assert state(tmp_path).remaining_s is None


@pytest.mark.parametrize(
    ("error", "said"), [(KeyboardInterrupt(), "interrupted"), (ValueError("no\nsuch thing"), "no such thing")]
)
def test_what_stopped_a_run_is_written_down(tmp_path: Path, error: BaseException, said: str):
    with pytest.raises(type(error)), recorder(tmp_path):
        raise error
    assert (state(tmp_path).phase, state(tmp_path).error) == ("stopped", said)


def test_a_run_that_lost_its_folder_does_not_write_into_it(tmp_path: Path):
    with pytest.raises(RunLockedError), recorder(tmp_path):
        raise RunLockedError("taken over")
    assert state(tmp_path).phase == "planning"


def test_the_chunks_of_a_run_are_named_when_asked_for():
    queue = ChunkQueue([row("a", chunks=2), row("b", "completed", chunks=5), row("c", chunks=1)])
    assert list(queue) == [ChunkRef("a", 0), ChunkRef("a", 1), ChunkRef("c", 0)]
    assert queue[1:] == [ChunkRef("a", 1), ChunkRef("c", 0)]
    assert len(ChunkQueue([])) == 0
    with pytest.raises(IndexError):
        queue[3]
