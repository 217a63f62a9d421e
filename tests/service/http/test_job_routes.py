"""Jobs over HTTP, from the upload to the results, by the whole service."""

import io
import json
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from support.service_memory import watched_growth

from neuropose_ray.schemas.jobs import Job

pytestmark = [pytest.mark.ray, pytest.mark.serve]
PATIENCE_S = 90
#: A step stops after the batch of frames that it is at; all frames of the cancelled job take longer.
STOPPED_S = 20


@pytest.fixture(scope="module")
def video(test_data: Path) -> Path:
    """A video of three frames."""
    return test_data / "odd" / "decord_video_0.mov"


@pytest.fixture(scope="module")
def finished(service, video: Path) -> Job:
    """A job that has ended well, with two videos: one uploaded, one by URI."""
    (service.roots / "second.mov").write_bytes(video.read_bytes())
    with service.client() as client:
        form = {"labels": json.dumps({"patient": "p07"}), "priority": "9", "uri": str(service.roots / "second.mov")}
        answer = client.post("/v1/jobs", data=form, files={"file": ("first.mov", video.read_bytes())})
        assert answer.status_code == 202, answer.text
        return ended(client, answer.headers["location"])


def eventually(condition: Callable[[], object], patience_s: float = PATIENCE_S) -> None:
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.1)


def ended(client: httpx.Client, location: str) -> Job:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        job = Job.model_validate_json(client.get(location).text)
        if job.state not in ("queued", "running"):
            return job
        time.sleep(0.3)
    pytest.fail(f"{location} did not end")


def refused(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.json()["message"]


def test_a_job_is_done_with_what_was_asked_for(finished):
    assert (finished.state, finished.inputs) == ("completed", ("first.mov", "second.mov"))
    assert (finished.priority, finished.labels, finished.source) == (9, {"patient": "p07"}, "http")
    assert finished.progress.percent == 100


def test_results_come_as_json_parquet_and_csv(service, finished):
    import pyarrow.parquet as pq

    url = f"/v1/jobs/{finished.id}/results"
    with service.client() as client:
        everything = client.get(url).json()
        assert sorted(everything) == ["first.mov", "second.mov"]
        for name in ("first", "first.mov"):
            assert client.get(url, params={"video": name}).json() == {"first.mov": everything["first.mov"]}
        refused(client.get(url, params={"format": "csv"}), 422)  # of which video?
        refused(client.get(url, params={"video": "../first"}), 404)
        table = pq.read_table(io.BytesIO(client.get(url, params={"format": "parquet", "video": "first"}).content))
        lines = client.get(url, params={"format": "csv", "video": "first"}).text.splitlines()
    assert table.num_rows == everything["first.mov"]["metadata"]["frame_count"] == 3
    assert lines[0].startswith("frame_index,timestamp_s,track_id,joint")
    assert list(service.data.incoming.iterdir()) == []


def test_artifacts_are_served_whole_and_in_parts(service, finished):
    assert "first/overlay.mp4" in {each.path for each in finished.artifacts}
    with service.client() as client:
        for artifact in finished.artifacts:
            answer = client.get(f"/v1/jobs/{finished.id}/artifacts/{artifact.path}")
            assert (answer.status_code, len(answer.content)) == (200, artifact.size_bytes)
        part = client.get(f"/v1/jobs/{finished.id}/artifacts/first/overlay.mp4", headers={"Range": "bytes=4-7"})
        assert (part.status_code, part.content) == (206, b"ftyp")
        assert "sandbox" in part.headers["content-security-policy"]


@pytest.mark.endurance
def test_a_client_that_reads_slowly_leaves_the_memory_of_the_service_flat(service, entrance, finished):
    size, end = 128 * 2**20, b"the last bytes"
    file = service.data.job(finished.id).results / "large.bin"
    with file.open("wb") as large:
        large.seek(size - len(end))
        large.write(end)
    received, last = 0, b""
    path = f"/v1/jobs/{finished.id}/artifacts/large.bin"
    with watched_growth() as growth, httpx.stream("GET", entrance + path, timeout=60) as answer:
        for block in answer.iter_raw():
            if not received:
                time.sleep(2)  # what nothing holds back is in the service's memory by then
            received, last = received + len(block), (last + block)[-len(end) :]
    file.unlink()
    assert (received, last) == (size, end)
    assert max(growth.values()) < 64


@pytest.mark.parametrize(
    "path",
    [
        "../job.log",
        "..%2f..%2fservice.sqlite",
        "%2e%2e/uploads/first.mov",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "",
        "first",
        "a%00b",
    ],
)
def test_nothing_else_is_served_as_an_artifact(service, finished, path):
    request = f"GET /v1/jobs/{finished.id}/artifacts/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2])), 30) as connection:
        connection.sendall(request.encode())
        answer = connection.makefile("rb").read()
    assert answer.split()[1] == b"404"


def test_a_link_among_the_results_is_not_followed(service, finished):
    link = service.data.job(finished.id).results / "first" / "link.json"
    link.symlink_to("/etc/hostname")
    try:
        with service.client() as client:
            refused(client.get(f"/v1/jobs/{finished.id}/artifacts/first/link.json"), 404)
    finally:
        link.unlink()


def test_the_events_of_an_ended_job_are_its_end(service, finished):
    with service.client() as client:
        answer = client.get(f"/v1/jobs/{finished.id}/events", headers={"Last-Event-ID": "7"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = answer.text.strip().split("\n")
    assert lines[:2] == ["id: 1", "event: job"]
    assert json.loads(lines[2].removeprefix("data: "))["state"] == "completed"


def test_events_follow_a_job_to_its_end_and_never_go_back(service, video):
    with service.client() as client:
        job = client.post("/v1/jobs", files={"file": ("followed.mov", video.read_bytes())}).json()
        refused(client.get(f"/v1/jobs/{job['id']}/results"), 409)
        with client.stream("GET", f"/v1/jobs/{job['id']}/events") as stream:
            seen = [
                json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line.startswith("data")
            ]
        percents = [each["progress"]["percent"] for each in seen]
        assert percents == sorted(percents)
        assert seen[-1]["state"] == "completed"
        refused(client.post(f"/v1/jobs/{job['id']}/cancel"), 409)
        assert client.delete(f"/v1/jobs/{job['id']}").status_code == 204
        refused(client.get(f"/v1/jobs/{job['id']}"), 404)
    assert not service.data.job(job["id"]).root.exists()


def test_the_same_key_is_the_same_job_and_other_work_is_refused(service, video):
    def submit(client: httpx.Client, content: bytes, **fields: str) -> httpx.Response:
        files = {"file": ("again.mov", content)}
        return client.post("/v1/jobs", files=files, data=fields, headers={"Idempotency-Key": "again"})

    with service.client() as client:
        first, second = submit(client, video.read_bytes()), submit(client, video.read_bytes())
        assert first.json()["id"] == second.json()["id"]
        refused(submit(client, video.read_bytes(), priority="1"), 409)
        assert ended(client, first.headers["location"]).state == "completed"
        assert len([each for each in client.get("/v1/jobs").json()["jobs"] if each["inputs"] == ["again.mov"]]) == 1
    assert list(service.data.incoming.iterdir()) == []


def test_a_cancelled_job_can_be_tried_again(service, video):
    with service.client() as client:
        assert client.post("/v1/control", json={"action": "pause"}).json()["mode"] == "paused"
        job = client.post("/v1/jobs", files={"file": ("late.mov", video.read_bytes())}).json()
        refused(client.post(f"/v1/jobs/{job['id']}/retry"), 409)
        assert client.post(f"/v1/jobs/{job['id']}/cancel").status_code == 202
        assert ended(client, f"/v1/jobs/{job['id']}").state == "cancelled"
        client.post("/v1/control", json={"action": "resume"})
        assert client.post(f"/v1/jobs/{job['id']}/retry").status_code == 202
        assert ended(client, f"/v1/jobs/{job['id']}").state == "completed"


def test_a_job_that_computes_poses_is_cancelled_and_makes_room_for_the_next(service, video, test_data):
    long = test_data / "opencap" / "squat.mp4"
    with service.client() as client, long.open("rb") as file:
        location = client.post("/v1/jobs", files={"file": (long.name, file)}).headers["location"]
        eventually(lambda: "frames in" in client.get(f"{location}/log").text)  # chunks are with the replica
        assert client.get(location).json()["progress"]["stage"] == "pose"
        refused(client.delete(location), 409)  # to remove it is not to stop it
        assert client.post(f"{location}/cancel").json()["state"] == "cancelled"
        assert client.post(f"{location}/cancel").json()["state"] == "cancelled"
        # Refused as long as the step has not ended.
        eventually(lambda: client.delete(location).status_code == 204, STOPPED_S)
        next_one = client.post("/v1/jobs", files={"file": ("next.mov", video.read_bytes())}).headers["location"]
        assert ended(client, next_one).state == "completed"


def test_lists_are_filtered_and_paged(service, finished):
    with service.client() as client:
        assert [each["id"] for each in client.get("/v1/jobs", params={"label": "patient=p07"}).json()["jobs"]] == [
            finished.id
        ]
        assert client.get("/v1/jobs", params={"state": "failed"}).json()["jobs"] == []
        names, after = [], None
        while True:
            page = client.get("/v1/jobs", params={"limit": 1} | ({"after": after} if after else {})).json()
            names += [each["id"] for each in page["jobs"]]
            after = page["next"]
            if after is None:
                break
        assert len(names) == len(set(names)) > 0
        assert finished.id in names


def test_the_log_names_no_folder_of_the_service(service, finished):
    with service.client() as client:
        text = client.get(f"/v1/jobs/{finished.id}/log").text
    assert "completed" in text
    assert str(service.data.root) not in text


@pytest.mark.parametrize(
    ("name", "status"),
    [("../escape.mov", 422), ("a/b.mov", 422), (".hidden.mov", 422), ("x" * 300 + ".mov", 422), ("notes.txt", 422),
     ("café.mov", 202), ("nul\x00.mov", 422), ("C:\\fakepath\\clip.mov", 202)],
)  # fmt: skip
def test_names_of_uploads_are_names_and_nothing_else(service, video, name, status):
    boundary = "b" * 20
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
    with service.client() as client:
        answer = client.post(
            "/v1/jobs",
            content=head + video.read_bytes() + f"\r\n--{boundary}--\r\n".encode(),
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        assert answer.status_code == status, answer.text
        if status == 202:
            client.post(f"{answer.headers['location']}/cancel")
    assert {path.name for path in service.data.root.parent.iterdir()} <= {"data", "roots"}
    assert list(service.data.incoming.iterdir()) == []


def test_what_is_no_video_is_refused_by_name_and_leaves_nothing(service, test_data):
    with service.client() as client:
        files = {"file": ("broken.mp4", (test_data / "odd" / "made_not_a_video.mp4").read_bytes())}
        assert refused(client.post("/v1/jobs", files=files), 422).startswith("broken.mp4: ")
        cut = b'--x\r\nContent-Disposition: form-data; name="file"; filename="cut.mp4"\r\n\r\nonly the beginning'
        refused(
            client.post("/v1/jobs", content=cut, headers={"Content-Type": "multipart/form-data; boundary=x"}), 422
        )
    assert list(service.data.incoming.iterdir()) == []


def test_a_client_that_goes_away_leaves_nothing(service, entrance):
    port = int(entrance.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(
            b"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000000\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
            b'Content-Disposition: form-data; name="file"; filename="cut.mp4"\r\n\r\n' + bytes(3 * 1024**2)
        )
        deadline = time.monotonic() + 30
        while not list(service.data.incoming.iterdir()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert list(service.data.incoming.iterdir())
    while list(service.data.incoming.iterdir()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list(service.data.incoming.iterdir()) == []


def test_what_is_larger_than_allowed_is_refused_before_it_is_sent(service):
    head = "POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    with socket.create_connection(("127.0.0.1", int(service.url.rpartition(":")[2])), 30) as connection:
        connection.sendall(f"{head}Content-Length: {50 * 1024**3}\r\n\r\n".encode())
        assert connection.recv(12).endswith(b"413")


@pytest.mark.parametrize(
    "uri", ["/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/latest/clip.mp4", "s3://b/c.mp4"]
)
def test_uris_outside_what_is_allowed_are_refused(service, uri):
    with service.client() as client:
        refused(client.post("/v1/jobs", json={"inputs": [{"uri": uri}]}), 403)


@pytest.mark.parametrize(
    "body", [{}, {"inputs": []}, {"inputs": [{"uri": 3}]}, {"inputs": [], "priority": 11}, {"more": 1}, []]
)
def test_what_is_not_well_formed_is_told_so(service, body):
    with service.client() as client:
        refused(client.post("/v1/jobs", json=body), 422)
