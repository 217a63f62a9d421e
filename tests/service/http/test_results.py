"""Results of jobs: JSON that is never in memory whole, and tables of which nothing is left."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from support.jobs_in_memory import Interface, JobsInMemory

from neuropose_ray.errors import StorageFullError
from neuropose_ray.schemas.jobs import Job, JobProgress
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http.results import joined_results

JOB = "0f" * 16


def test_the_results_of_several_videos_are_one_object_with_each_under_its_name(tmp_path: Path):
    frames = {
        f"frame_{number:06}": {"boxes": [], "poses3d": [[[0.5] * 3] * 33], "poses2d": []} for number in range(2000)
    }
    videos = {
        "walk.mp4": {"schema_version": 2, "frames": frames},  # some blocks long
        "a}{b.mp4": {"schema_version": 2, "frames": {}},
        "none.mp4": {},
    }
    for name, predictions in videos.items():
        folder = tmp_path / Path(name).stem
        folder.mkdir()
        (folder / "results.json").write_text(json.dumps({name: predictions}, indent=1) + "\n")
    blocks = list(joined_results(tmp_path, [Path(name).stem for name in videos]))
    assert json.loads(b"".join(blocks)) == videos
    assert max(map(len, blocks)) <= 2**18 < sum(map(len, blocks))


@pytest.fixture
def service(tmp_path: Path) -> Interface:
    data = DataFolder(tmp_path)
    data.create()
    (data.job(JOB).results / "walk").mkdir(parents=True)
    (data.job(JOB).results / "walk" / "predictions.parquet").touch()
    jobs = JobsInMemory()
    jobs.known[JOB] = Job(
        id=JOB, state="completed", workflow="standard", inputs=("walk.mp4",), priority=5, labels={}, source="http",
        attempts=1, progress=JobProgress(), submitted_at=datetime(2026, 1, 31, tzinfo=UTC),
    )  # fmt: skip
    return Interface(tmp_path, jobs)


class Task:
    """Stands for a Ray task that writes half of a table, and then ends as it is told."""

    def __init__(self, ends: asyncio.Event | Exception | None) -> None:
        self.ends, self.began, self.cancelled = ends, asyncio.Event(), []

    def __call__(self, _function: object) -> "Task":
        return self

    def options(self, **_options: object) -> "Task":
        return self

    async def remote(self, _predictions: str, table: str) -> None:
        Path(table).write_text("frame,person\n")
        self.began.set()
        if isinstance(self.ends, asyncio.Event):
            await self.ends.wait()
        elif self.ends is not None:
            raise self.ends

    def cancel(self, task: object, *, force: bool) -> None:
        self.cancelled.append((task, force))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_nothing_is_left_of_a_table_that_was_sent_or_asked_for_by_its_head_alone(
    service: Interface, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
):
    monkeypatch.setattr("ray.remote", Task(None))
    answer = service.one(method, f"/v1/jobs/{JOB}/results?format=csv")
    assert (answer.status_code, answer.text) == (200, "frame,person\n" if method == "GET" else "")
    assert list(DataFolder(tmp_path).incoming.iterdir()) == []


def test_a_table_that_nobody_waits_for_is_not_made_to_its_end(
    service: Interface, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def leave() -> Task:
        task = Task(asyncio.Event())
        monkeypatch.setattr("ray.remote", task)
        monkeypatch.setattr("ray.cancel", task.cancel)
        transport = httpx.ASGITransport(service.app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            asking = asyncio.create_task(client.get(f"/v1/jobs/{JOB}/results?format=csv"))
            await asyncio.wait({asking, asyncio.ensure_future(task.began.wait())}, return_when="FIRST_COMPLETED")
            assert task.began.is_set()
            asking.cancel()
            await asyncio.wait({asking})
        return task

    task = asyncio.run(leave())
    assert [force for _, force in task.cancelled] == [True]
    assert list(DataFolder(tmp_path).incoming.iterdir()) == []


def test_a_table_that_cannot_be_made_leaves_nothing(
    service: Interface, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ray.remote", Task(StorageFullError("the disk is full")))
    assert service.one("GET", f"/v1/jobs/{JOB}/results?format=csv").status_code == 507
    assert list(DataFolder(tmp_path).incoming.iterdir()) == []
