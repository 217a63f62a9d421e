"""A job as it is followed, and files as they come: lines where nobody looks, a bar on a terminal."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from neuropose_ray.cli.job_progress import bytes_bar, fetch, watched, watched_batch
from neuropose_ray.errors import OutputError
from neuropose_ray.schemas.batches import Batch
from neuropose_ray.schemas.jobs import Artifact, Job, JobProgress

ID = "0123456789abcdef0123456789abcdef"
#: Of one job asked for by its id, and not in events.
FILES = (Artifact(path="walk/overlay.mp4", size_bytes=1),)


def job(state: str, percent: float = 0.0, **progress: Any) -> Job:
    return Job(
        id=ID, state=state, workflow="standard", inputs=("walk.mp4",), priority=5, labels={}, source="http",
        attempts=1, progress=JobProgress(percent=percent, **progress), submitted_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


class Service:
    """Tells the events of a job, then how the job ended, and hands out a file in parts."""

    def __init__(self, *events: Job) -> None:
        self._events = events

    def events(self, job_id: str) -> Iterator[Job]:
        assert job_id == ID
        yield from self._events

    def job(self, job_id: str) -> Job:
        assert job_id == ID
        return self._events[-1].model_copy(update={"artifacts": FILES})

    def download(self, job: Job, out: Path, on_progress: Callable[[int, int], None]) -> list[Path]:
        if out.name == "full":
            raise OutputError("no space left", where=str(out))
        for done in range(0, 101, 10):
            on_progress(done, 100)
        return [out / job.id]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


def without_colours(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


EVENTS = (
    job("queued"),
    job("running", 10.4, stage="pose", input="walk.mp4"),
    job("running", 55.5, stage="pose", input="walk.mp4"),
    job("running", 60, stage="overlay", input="[bold]run.mp4", waits_for="space on the disk"),
    job("completed", 100),
)


@pytest.mark.usefixtures("script")
def test_a_script_gets_a_line_when_something_else_is_done_and_the_job_as_it_ended(capsys: pytest.CaptureFixture):
    assert watched(Service(*EVENTS), ID) == EVENTS[-1].model_copy(update={"artifacts": FILES})
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "0 % queued",
        "10 % running pose walk.mp4",
        "60 % running overlay [bold]run.mp4 waits for space on the disk",
        "100 % completed",
    ]


@pytest.mark.usefixtures("terminal")
def test_a_person_sees_one_bar_that_is_gone_at_the_end(capsys: pytest.CaptureFixture):
    assert watched(Service(*EVENTS), ID) == EVENTS[-1].model_copy(update={"artifacts": FILES})
    printed = capsys.readouterr()
    assert printed.out == ""
    shown = without_colours(printed.err)
    assert "100%" in shown
    assert "0 % queued" not in shown
    assert printed.err.rstrip("\n").endswith("\x1b[2K")  # the line is erased


@pytest.mark.usefixtures("terminal")
def test_what_the_bar_says_of_a_video_is_no_markup(capsys: pytest.CaptureFixture):
    watched(Service(EVENTS[3]), ID)
    assert "[bold]run.mp4 waits for space" in capsys.readouterr().err


@pytest.mark.usefixtures("script")
def test_files_come_into_the_folder_without_a_word(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert fetch(Service(), EVENTS[-1], tmp_path) == [tmp_path / ID]
    assert capsys.readouterr() == ("", "")


@pytest.mark.usefixtures("terminal")
def test_on_a_terminal_the_bytes_are_counted_to_the_last(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert fetch(Service(), EVENTS[-1], tmp_path) == [tmp_path / ID]
    shown = without_colours(capsys.readouterr().err)
    assert "results" in shown
    assert "100/100 bytes" in shown


@pytest.mark.usefixtures("terminal")
def test_a_fault_ends_the_bar_and_comes_through(tmp_path: Path, capsys: pytest.CaptureFixture):
    with pytest.raises(OutputError, match="no space left"):
        fetch(Service(), EVENTS[-1], tmp_path / "full")
    assert capsys.readouterr().err.endswith("\x1b[2K")


@pytest.mark.usefixtures("terminal")
def test_a_bar_is_drawn_again_after_a_tenth_of_a_second_at_the_soonest(monkeypatch: pytest.MonkeyPatch):
    """A fast transfer tells of itself a thousand times as often."""
    from rich.progress import Progress

    clock, drawn = [100.0], []
    monkeypatch.setattr("neuropose_ray.cli.job_progress.time.monotonic", lambda: clock[0])
    monkeypatch.setattr(Progress, "update", lambda self, task, **what: drawn.append((clock[0], what["completed"])))
    with bytes_bar("upload") as on_progress:
        for done in range(1001):
            clock[0] += 0.003
            on_progress(done, 1000)
    assert drawn[-1][1] == 1000
    assert len(drawn) > 20
    assert all(later[0] - before[0] > 0.1 for before, later in pairwise(drawn[:-1]))


def test_a_batch_is_followed_to_the_end_of_its_last_job(capsys: pytest.CaptureFixture[str]):
    def batch(state: str, percent: float, **counts: int) -> Batch:
        return Batch(
            id=ID, state=state, counts=counts, percent=percent, submitted_at=datetime(2026, 1, 1, tzinfo=UTC)
        )

    class Batches:
        def __init__(self) -> None:
            self.waits: list[float] = []
            self._answers = [
                batch("queued", 0, queued=2), batch("running", 20, queued=1, running=1),
                batch("running", 30, queued=1, running=1), batch("failed", 100, completed=1, failed=1),
            ]  # fmt: skip

        def batch(self, batch_id: str, wait_s: float) -> Batch:
            self.waits.append(wait_s)
            return self._answers.pop(0)

    service = Batches()
    assert watched_batch(service, ID).state == "failed"
    assert service.waits[0] == 0.0, "the first line comes at once"
    assert min(service.waits[1:]) > 0, "the service is not asked all the time"
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["0 % 2 queued", "20 % 1 queued, 1 running", "100 % 1 completed, 1 failed"]
