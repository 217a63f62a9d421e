"""Replicas of the pose model that die or hang under requests and under chunks: nothing accepted is lost."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import cv2
import httpx
import numpy as np
import psutil
import pytest
from support import poison, pose_service
from support.poison import BRIGHT, CHUNK_FRAMES, PoisonSpec, notes, write_video
from support.ports import free_port

from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.service.http.listener import Listener
from neuropose_ray.service.names import POSE_MODEL
from neuropose_ray.service.pose.engine import ServeEngine
from neuropose_ray.service.settings import load_settings

pytestmark = [pytest.mark.ray, pytest.mark.serve, pytest.mark.endurance]
PATH = "/poison"
FLAGS = {
    "engine": {"max_attempts": 2, "stall_limit_s": 3.0},
    "video": {"chunk_frames": CHUNK_FRAMES},
    "service": {"pose": {"max_replicas": 1}},
}


@pytest.fixture
def poisoned(service) -> Callable[..., httpx.Client]:
    """A second application beside the service, whose model does harm: ``with poisoned(spec) as client``."""
    from ray import cloudpickle, serve

    for module in (poison, pose_service):  # workers cannot import what only tests have
        cloudpickle.register_pickle_by_value(module)

    @contextmanager
    def running(spec: PoisonSpec, listener: Listener | None = None, url: str = "") -> Iterator[httpx.Client]:
        settings = load_settings(None, FLAGS, environment={})
        application = pose_service.pose_service(settings, spec, listener)
        serve.run(application, name=pose_service.APPLICATION, route_prefix=PATH)
        with httpx.Client(base_url=url or service.proxied_url + PATH, timeout=120) as client:
            while client.get("/v1/pose/model").status_code != 200:
                time.sleep(0.2)
            yield client
        serve.delete(pose_service.APPLICATION)

    return running


def grey(level: int) -> bytes:
    return cv2.imencode(".png", np.full((64, 64, 3), level, np.uint8))[1].tobytes()


def processed(spec: PoisonSpec, tmp_path: Path, log: list[str]) -> RunSummary:
    """A video of six chunks the second of which is poison, and one of four good chunks."""
    from ray import serve

    clips = [write_video(tmp_path / "bad.mp4", 6, bright=(1,)), write_video(tmp_path / "good.mp4", 4)]
    handle = serve.get_deployment_handle(POSE_MODEL, pose_service.APPLICATION)
    settings = load_settings(None, FLAGS, environment={})
    with closing(ServeEngine(handle, chunks_per_replica=2, log=log.append)) as engine:
        return run(clips, tmp_path / "out", settings=settings, spec=spec, engine=engine, progress=NullReporter())


@pytest.mark.parametrize(("deed", "error"), [("exit", "WorkerDiedError"), ("hang", "StalledError")])
def test_a_chunk_that_kills_or_blocks_its_replica_is_given_up_and_all_else_finishes(
    poisoned, tmp_path: Path, deed: str, error: str
):
    spec = PoisonSpec(deed, tmp_path / "log")
    log: list[str] = []
    with poisoned(spec):
        summary = processed(spec, tmp_path, log)
    assert any(line.startswith("bad, chunk 1: its replica of the pose model died") for line in log)
    assert {video.name: (video.state, video.frames) for video in summary.videos} == {
        "bad": ("partial", 5 * CHUNK_FRAMES),
        "good": ("completed", 4 * CHUNK_FRAMES),
    }
    assert [(each.type, each.attempts) for each in summary.videos[0].errors] == [(error, 2)]


def test_a_request_whose_replica_is_killed_is_answered_by_the_next(poisoned, tmp_path: Path):
    spec = PoisonSpec("slow", tmp_path / "log", release=tmp_path / "release")
    with poisoned(spec) as client:
        answers: list[httpx.Response] = []
        files = [("files", ("a.png", grey(level))) for level in (50, 60, 70)]
        asking = threading.Thread(target=lambda: answers.append(client.post("/v1/pose", files=files)))
        before = len(notes(spec.log, "dark"))
        asking.start()
        while len(notes(spec.log, "dark")) == before:
            time.sleep(0.01)
        os.kill(process_of(spec), signal.SIGKILL)
        asking.join(60)
        assert answers[0].status_code == 200
        assert [frame["error"] for frame in answers[0].json()["frames"]] == [None] * 3


def test_a_request_whose_model_hangs_is_answered_by_the_next_replica_within_its_time(
    poisoned, tmp_path: Path, monkeypatch
):
    limit_s = 60.0
    spec = PoisonSpec("hang", tmp_path / "log", release=tmp_path / "release")
    monkeypatch.setitem(FLAGS, "service", {"pose": {"max_replicas": 1, "request_timeout_s": limit_s}})
    with poisoned(spec) as client:
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(client.post("/v1/pose", content=grey(BRIGHT))))
        asking.start()
        while not notes(spec.log, "bright"):
            time.sleep(0.01)
        hanging = psutil.Process(process_of(spec))
        hanging.wait(limit_s)  # it is ended while the request waits
        spec.release.touch()  # the next one does not hang
        asking.join(limit_s)
        assert answers[0].status_code == 200, answers[0].text


def test_a_picture_that_kills_every_replica_is_refused_and_the_next_is_seen(poisoned, tmp_path: Path):
    spec = PoisonSpec("exit", tmp_path / "log")
    with poisoned(spec) as client:
        answer = client.post("/v1/pose", content=grey(BRIGHT))
        assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
        assert answer.headers["retry-after"]
        assert len(notes(spec.log, "bright")) == 2
        assert client.post("/v1/pose", content=grey(50)).status_code == 200


def test_a_request_that_takes_too_long_is_given_up_in_the_replica(poisoned, tmp_path: Path, monkeypatch):
    spec = PoisonSpec("slow", tmp_path / "log", release=tmp_path / "release")
    monkeypatch.setitem(FLAGS, "service", {"pose": {"max_replicas": 1, "request_timeout_s": 2.5}})
    with poisoned(spec) as client:
        before = len(notes(spec.log, "dark"))
        answer = client.post("/v1/pose", files=[("files", ("a.png", grey(50)))] * 20)
        assert (answer.status_code, answer.json()["code"]) == (504, "request_timeout")
        time.sleep(3)
        assert len(notes(spec.log, "dark")) - before < 6


@pytest.mark.parametrize("itself", [True, False])
def test_a_client_that_goes_away_is_not_worked_for_any_longer(poisoned, tmp_path: Path, itself: bool):
    spec = PoisonSpec("slow", tmp_path / "log", release=tmp_path / "release")
    port = free_port()
    own = (Listener("127.0.0.1", port), f"http://127.0.0.1:{port}")
    with poisoned(spec, *(own if itself else ())) as client:
        before = len(notes(spec.log, "dark"))
        with pytest.raises(httpx.TimeoutException):
            client.post("/v1/pose", files=[("files", ("a.png", grey(50)))] * 20, timeout=2.5)
        time.sleep(3)
        assert len(notes(spec.log, "dark")) - before < 6


def process_of(spec: PoisonSpec) -> int:
    """The replica that has the model: the newest of those that have written, and live."""
    alive = [int(file.stem) for file in spec.log.glob("*.txt") if psutil.pid_exists(int(file.stem))]
    return max(alive, key=lambda pid: psutil.Process(pid).create_time())
