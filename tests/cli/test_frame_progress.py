import io

import pytest
from rich.console import Console

from neuropose_ray.cli import frame_progress as module
from neuropose_ray.cli.frame_progress import frame_progress


def test_a_line_is_printed_now_and_then_where_there_is_no_terminal(monkeypatch, capsys):
    now = 0.0
    monkeypatch.setattr(module.time, "perf_counter", lambda: now)
    with frame_progress() as progress_of:
        told = progress_of("overlay of [squat]")
        for now in (1.0, 100.0, 101.0, 200.0):
            told(int(now), 300)
    assert capsys.readouterr().err.splitlines() == [
        "overlay of [squat]: 100 of 300 frames", "overlay of [squat]: 200 of 300 frames",
    ]  # fmt: skip


@pytest.mark.parametrize("done", [2, 3])
def test_a_terminal_shows_a_bar_for_each_video_that_is_worked_on(monkeypatch, done):
    screen = io.StringIO()
    monkeypatch.setattr(module, "Console", lambda **_: Console(file=screen, force_terminal=True, width=120))
    with frame_progress() as progress_of:
        first, second = progress_of("overlay of a"), progress_of("overlay of b")
        first(1, 3)
        second(done, 3)
        screen.truncate(0)
    shown = screen.getvalue()
    assert "overlay of a" in shown
    assert ("overlay of b" in shown) == (done < 3), "what is finished stays"
