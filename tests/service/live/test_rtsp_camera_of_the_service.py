"""A real RTSP camera in the real service, from the command line: watched, and its last seconds made a job."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import yaml
from click.testing import Result
from support.rtsp.camera import RtspCamera
from typer.testing import CliRunner

from neuropose_ray.cli.main import app

pytestmark = [pytest.mark.ray, pytest.mark.serve, pytest.mark.endurance]

R = TypeVar("R")
PASSWORD = "hush-hush"
RULES = {
    "name": "presence",
    "gate": {"stable": {"hits": 2, "window": 4}},
    "rules": [{"name": "somebody", "on_complete": [
        {"type": "enqueue_job", "name": "look_again", "seconds": 4, "labels": {"camera": "{camera_id}"}}
    ]}],
}  # fmt: skip


@pytest.fixture
def camera(test_data: Path) -> Iterator[RtspCamera]:
    """Somebody is in front of it, and leaves."""
    video = test_data / "field" / "leaves_and_returns.mp4"
    with RtspCamera(size=(640, 360), fps=10, video=video, credentials=("anna", PASSWORD)) as running:
        yield running


def until(condition: Callable[[], R], seconds: float = 120.0) -> R:
    """What a condition gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.5)
    return value


def test_a_camera_is_added_watched_and_removed_and_its_last_seconds_become_a_job(
    service, camera: RtspCamera, tmp_path: Path
):
    def run(*words: str) -> Result:
        done = CliRunner().invoke(app, ["live", *words, "--url", service.url], env={"COLUMNS": "200"})
        assert PASSWORD not in done.output
        return done

    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump(RULES))
    added = run("add", "ward-7", camera.url, "--rules", str(rules), "--clip", "10", "--camera", "door")
    assert added.exit_code == 0, added.output
    until(lambda: run("show", "ward-7").exit_code == 0)
    assert "active" in run("list").stdout
    watched = run("view", "ward-7", "--json", "--frames", "5")
    assert watched.exit_code == 0, watched.output
    messages = [json.loads(line) for line in watched.stdout.splitlines() if line.startswith("{")]
    assert sum(message["type"] == "pose" for message in messages) == 5
    with service.client() as client:
        assert client.get("/v1/streams/ward-7/view").status_code == 200
        assert client.get("/v1/streams/ward-7/frame.jpg").headers["content-type"] == "image/jpeg"

        def ended() -> dict | None:
            jobs = client.get("/v1/jobs", params={"label": "camera=door"}).json()["jobs"]
            return next((job for job in jobs if job["state"] in ("completed", "failed")), None)

        job = until(ended, 240)
        assert job["state"] == "completed", job
        (clip,) = service.data.job(job["id"]).uploads.glob("*.mp4")
        assert clip.stat().st_size > 0
    assert run("remove", "ward-7", "--yes").exit_code == 0
    written = {path.name: path.read_text() for path in service.data.logs.glob("*.jsonl")}
    address = camera.url.rpartition("@")[2].partition("/")[0]
    assert any(name.startswith("Stream_") and address in text for name, text in written.items())
    assert any(name.startswith("LiveHub-") for name in written)
    assert not [name for name, text in written.items() if PASSWORD in text]
    assert run("show", "ward-7").exit_code != 0
