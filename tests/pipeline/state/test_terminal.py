"""Progress where there is no terminal: lines that a log can hold."""

from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome
from neuropose_ray.pipeline.state.summary import VideoResult
from neuropose_ray.pipeline.state.terminal import TerminalReporter

ERROR = ErrorRecord(stage="decode", type="DecodeError", message="[red]it is broken", attempts=1)


def outcome(frames, state="done"):
    return ChunkOutcome(video="walk", index=0, state=state, frames=frames, began_s=0.0, ended_s=1.0)


def test_a_run_says_how_much_there_is_and_what_was_wrong(capsys):
    progress = TerminalReporter()
    progress.start(2, 100)
    progress.advance(outcome(50))
    broken = VideoResult(input="a.mp4", name="a", state="failed", errors=(ERROR,))
    assert list(progress.assembling([broken])) == [broken]
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == ["100 frames in 2 chunks", "failed a: [red]it is broken"]


def test_one_chunk_is_one_and_nothing_to_do_is_said(capsys):
    TerminalReporter().start(1, 10)
    TerminalReporter().start(0, 0)
    TerminalReporter(what="frames").start(0, 0)
    lines = ["10 frames in 1 chunk", "no frames to compute", "no frames to measure"]
    assert capsys.readouterr().err.splitlines() == lines


def test_a_second_run_counts_from_nothing(capsys, monkeypatch):
    monkeypatch.setattr("neuropose_ray.pipeline.state.terminal.LINE_EVERY_S", 0.0)
    progress = TerminalReporter()
    for _ in range(2):
        progress.start(2, 100)
        progress.advance(outcome(50))
    lines = [line.partition(",")[0] for line in capsys.readouterr().err.splitlines()]
    assert lines == ["100 frames in 2 chunks", "50 of 100 frames"] * 2


def test_a_quiet_run_prints_nothing(capsys):
    progress = TerminalReporter(quiet=True)
    for _ in range(3):
        progress.waiting("waiting for another run")
    progress.start(2, 100)
    progress.advance(outcome(100))
    progress.close()
    assert capsys.readouterr() == ("", "")


def test_lines_of_progress_come_with_the_speed_and_what_is_left(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("neuropose_ray.pipeline.state.terminal.time.perf_counter", lambda: now[0])
    progress = TerminalReporter()
    progress.start(3, 300)
    for seconds in (5.0, 20.0):
        now[0] = seconds
        progress.advance(outcome(100))
    assert capsys.readouterr().err.splitlines()[1:] == ["200 of 300 frames, 10/s, 10 s left"]
