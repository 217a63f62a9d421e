"""Which job a request is about, and whether it shows people: of every route that there is."""

import pytest

from neuropose_ray.service.http.request_paths import job_of, only_reads, shows_results

JOB = "0f" * 16


@pytest.mark.parametrize(
    "path", [f"/v1/jobs/{JOB}", f"/v1/jobs/{JOB}/log", f"/tasks/{JOB}", f"/results/{JOB}", f"/v1/jobs/{JOB}/results"]
)
def test_a_path_names_its_job(path: str):
    assert job_of({"path": path}, "") == JOB


@pytest.mark.parametrize("path", ["/v1/jobs", f"/v1/batches/{JOB}", f"/v1/jobs/{JOB}0", "/v1/jobs/walk"])
def test_what_names_no_job_is_about_the_one_that_was_made(path: str):
    assert job_of({"path": path}, "") is None
    assert job_of({"path": path}, f"/v1/jobs/{JOB}") == JOB


@pytest.mark.parametrize(
    ("path", "shows"),
    [
        (f"/v1/jobs/{JOB}/results", True),
        (f"/v1/jobs/{JOB}/artifacts/walk/overlay.mp4", True),
        (f"/results/{JOB}", True),
        ("/v1/streams/door/frame.jpg", True),
        ("/camera/7/image", True),
        (f"/v1/jobs/{JOB}", False),
        (f"/v1/jobs/{JOB}/log", False),
        (f"/tasks/{JOB}", False),
        ("/v1/streams/door", False),
        ("/v1/streams/door/frame-jpg", False),
    ],
)
def test_poses_files_and_pictures_show_people(path: str, shows: bool):
    assert shows_results({"path": path}) is shows


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_websocket_is_no_read(method: str):
    assert only_reads({"method": method})
    assert not only_reads({"method": "POST"})
    assert not only_reads({})
