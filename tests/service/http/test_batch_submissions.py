"""A batch in one request: a job for each video, and a bad one stops none of the others."""

from pathlib import Path

import pytest
from support.jobs_in_memory import Interface, JobsInMemory

from neuropose_ray.benchmark.synthetic import write_synthetic_video
from neuropose_ray.errors import StorageFullError
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.http import job_intake
from neuropose_ray.service.http.probing import measures, require_within


async def probed_here(folder: Path, names: list[str], limits, archives) -> None:
    """A look at the uploads, in this process."""
    for name in names:
        require_within(limits, name, *measures(str(folder / name), archives))


@pytest.fixture
def jobs() -> JobsInMemory:
    return JobsInMemory()


@pytest.fixture
def service(tmp_path: Path, jobs: JobsInMemory, monkeypatch: pytest.MonkeyPatch) -> Interface:
    monkeypatch.setattr(job_intake, "check_videos", probed_here)
    DataFolder(tmp_path / "data").create()
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).touch()
    return Interface(
        tmp_path / "data", jobs, uploads={"roots": [str(tmp_path)]}, jobs={"queued": 5, "min_free_bytes": 0}
    )


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("videos") / "v.mp4"
    write_synthetic_video(path, 1)
    return path.read_bytes()


def form(*files: tuple[str, bytes]) -> list:
    return [("file", (name, content)) for name, content in files]


def test_each_upload_is_a_job_with_its_file_and_a_broken_one_is_named(
    service: Interface, jobs: JobsInMemory, video: bytes, tmp_path: Path
):
    files = form(("sit.mp4", video), ("broken.mp4", b"no video"), ("walk.mp4", video))
    answer = service.one("POST", "/v1/batches", files=files, data={"labels": '{"study": "s"}', "deadline_s": "60"})
    assert answer.status_code == 202, answer.text
    batch = answer.json()
    assert answer.headers["location"] == f"/v1/batches/{batch['id']}"
    assert batch["counts"] == {"queued": 2}
    assert [(each["input"], each["code"]) for each in batch["refused"]] == [("broken.mp4", "video_unreadable")]
    assert {job.inputs for job in jobs.known.values()} == {("sit.mp4",), ("walk.mp4",)}
    assert {request.deadline_s for request in jobs.requests.values()} == {60.0}
    data = DataFolder(tmp_path / "data")
    for job in jobs.known.values():
        assert [path.name for path in data.job(job.id).uploads.iterdir()] == list(job.inputs)
        assert job.labels == {"study": "s"}
    assert list(data.incoming.iterdir()) == []


def test_sent_again_with_its_key_a_batch_is_the_same_and_nothing_is_doubled(
    service: Interface, jobs: JobsInMemory, video: bytes, tmp_path: Path
):
    body = {"inputs": [{"uri": str(tmp_path / "a.mp4")}, {"uri": str(tmp_path / "b.mp4")}]}
    ids = {
        service.one("POST", "/v1/batches", json=body, headers={"Idempotency-Key": "one"}).json()["id"]
        for _ in range(2)
    }
    assert len(ids) == 1
    assert len(jobs.known) == 2
    other = service.one("POST", "/v1/batches", json={**body, "priority": 1}, headers={"Idempotency-Key": "one"})
    assert other.status_code == 409


def test_a_batch_that_breaks_off_goes_on_with_its_key(service: Interface, jobs: JobsInMemory, video: bytes):
    files, key = form(("a.mp4", video), ("b.mp4", video)), {"Idempotency-Key": "two"}
    jobs.refusal = lambda request: StorageFullError("full") if request.inputs[0].name == "b.mp4" else None
    assert service.one("POST", "/v1/batches", files=files, headers=key).status_code == 507
    jobs.refusal = lambda _request: None
    answer = service.one("POST", "/v1/batches", files=form(("a.mp4", video), ("b.mp4", video)), headers=key)
    assert answer.json()["counts"] == {"queued": 2}
    assert len(jobs.known) == 2


def test_what_makes_no_job_is_a_problem_and_leaves_nothing(
    service: Interface, jobs: JobsInMemory, video: bytes, tmp_path: Path
):
    for body, status in (({"inputs": []}, 422), ({"inputs": [{"uri": "/etc/passwd"}]}, 403)):
        assert service.one("POST", "/v1/batches", json=body).status_code == status
    assert service.one("POST", "/v1/batches", files=form(("x.mp4", b"no video"))).status_code == 422
    many = form(*((f"{number}.mp4", video) for number in range(6)))
    assert service.one("POST", "/v1/batches", files=many).status_code == 429
    assert not jobs.known
    assert list(DataFolder(tmp_path / "data").incoming.iterdir()) == []
