"""What commands print where there is no terminal: lines that a log can hold."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.cli.console import duration, plan_lines, print_error, print_summary
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.planning.dry_run import RunPlan
from neuropose_ray.pipeline.state.summary import RunSummary, VideoResult

ERROR = ErrorRecord(stage="decode", type="DecodeError", message="[red]it is broken", attempts=1)


def plan(**changes):
    fields = {
        "inputs": 3, "unreadable": (), "not_videos": 1, "not_fetched": 0, "not_fetched_bytes": 0, "videos": 3,
        "videos_done": 1, "chunks": 4, "frames": 1000, "frames_done": 400, "hours": 0.5, "hours_done": 0.2,
        "workers": 2, "frames_per_s": 20.0, "remaining_s": 30.0, "basis": "a guess", "videos_again": 0,
    }  # fmt: skip
    return RunPlan(**(fields | changes))


def test_a_summary_counts_every_input(capsys):
    videos = tuple(VideoResult(input=name, name=name, state=state, tracks=1) for name, state in (
        ("a", "completed"), ("b", "completed"), ("c", "failed"),
    ))  # fmt: skip
    summary = RunSummary(
        model="blazepose", model_sha256="", engine="local", started_at=datetime.now(UTC), seconds=2.0,
        frames_computed=50, videos=videos, not_videos=(),
    )  # fmt: skip
    print_summary(summary, "results/" + "long/" * 40)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "3 videos: 2 completed, 0 partial, 1 failed"
    assert lines[1] == "50 frames computed in 2.0 s (25/s, local engine)"
    assert lines[2] == "people found: 3"
    assert lines[3] == "results: results/" + "long/" * 40


def test_a_summary_names_what_was_made_and_counts_what_earlier_runs_left(capsys):
    video = VideoResult(input="a.mp4", name="a", state="completed", frames=5, tracks=2)
    summary = RunSummary(
        model="blazepose", model_sha256="", engine="local", started_at=datetime.now(UTC), seconds=2.0,
        frames_computed=5, videos=(video,), not_videos=(), notes=("[1] note",), earlier_videos=(video,) * 3,
    )  # fmt: skip
    print_summary(summary, "out", [f"out/{number}/report.html" for number in range(12)])
    assert capsys.readouterr().err.splitlines() == [
        "1 video: 1 completed, 0 partial, 0 failed",
        "5 frames computed in 2.0 s (2/s, local engine)",
        "people found: 2",
        "results: out",
        *(f"out/{number}/report.html" for number in range(10)),
        "and 2 more",
        "videos of earlier runs in the same folder: 3",
        "note: [1] note",
    ]


def test_a_plan_says_what_is_done_and_what_is_left():
    lines = plan_lines(plan())
    assert lines[0] == "3 inputs: 3 videos, 0 that cannot be read, 1 other file left out"
    assert "to do: 600 frames in 4 chunks, 2 workers" in lines
    assert lines[-1] == "time: about 30 s, by a guess"


def test_a_plan_names_what_cannot_be_read_and_what_is_not_here_yet():
    broken = VideoResult(input="x.mp4", name="x", state="failed", errors=(ERROR,))
    lines = plan_lines(plan(unreadable=(broken,), not_fetched=2, not_fetched_bytes=3_000_000_000, remaining_s=None))
    assert lines[-1] == "cannot be read: x: [red]it is broken"
    assert "time: unknown; a guess" in lines
    assert any("2 objects, 3.00 GB" in line for line in lines)


@given(st.floats(0, 1e7))
def test_a_time_is_its_two_largest_units_and_no_farther_off_than_the_smaller_one(seconds):
    units = {"d": 86400, "h": 3600, "min": 60, "s": 1}
    words = duration(seconds).split()
    amounts = [(int(count), units[unit]) for count, unit in zip(words[::2], words[1::2], strict=True)]
    assert len(amounts) in (1, 2)
    assert abs(sum(count * size for count, size in amounts) - seconds) <= amounts[-1][1]


@pytest.mark.parametrize("message", ["a [bold]b[/] c", "x" * 500])
def test_an_error_is_one_line_whatever_it_says(capsys, message):
    print_error(message)
    assert capsys.readouterr() == ("", f"error: {message}\n")


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (("a",), "nobody was found in a: look at the video"),
        (tuple("abcdefghijkl"), "nobody was found in a, b, c, d, e, f, g, h, i, j and 2 more: look at the video"),
        ((), None),
    ],
)
def test_videos_that_show_nobody_are_named_and_those_that_failed_are_not_among_them(capsys, names, line):
    videos = [VideoResult(input=name, name=name, state="completed") for name in names]
    videos += [
        VideoResult(input="x", name="x", state="failed"),
        VideoResult(input="y", name="y", state="completed", tracks=1),
    ]
    summary = RunSummary(
        model="blazepose", model_sha256="", engine="local", started_at=datetime.now(UTC), seconds=1.0,
        frames_computed=0, videos=tuple(videos), not_videos=(),
    )  # fmt: skip
    print_summary(summary, "out")
    found = [text for text in capsys.readouterr().err.splitlines() if "nobody" in text]
    assert found == ([] if line is None else [line])
