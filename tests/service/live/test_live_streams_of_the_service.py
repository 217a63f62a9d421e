"""Live streams of the real service: actors on Ray, the pose model behind Serve, itself and behind Serve's proxy."""

import asyncio
import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect

from neuropose_ray.schemas.live_messages import SERVER_MESSAGE, PoseMessage

pytestmark = [pytest.mark.ray, pytest.mark.serve]


@pytest.fixture
def video(test_data: Path, tmp_path: Path) -> Path:
    """Where the service may read it."""
    return Path(shutil.copy(test_data / "field" / "leaves_and_returns.mp4", tmp_path / "walk.mp4"))


async def heard(client: ClientConnection, kind: str, within_s: float = 120) -> dict:
    """The next message of a type; poses are acknowledged."""
    async with asyncio.timeout(within_s):
        while True:
            text = await client.recv()
            SERVER_MESSAGE.validate_json(text)
            message = json.loads(text)
            if message["type"] == "pose":
                ack = {"type": "ack", "subscription_id": message["subscription_id"], "seq": message["seq"]}
                await client.send(json.dumps(ack))
            assert message["type"] != "error", text
            if message["type"] == kind:
                return message


def subscribe(video: Path, **source: object) -> str:
    source = source or {"url": f"file://{video}", "realtime": False, "buffer": "wait", "fps": 10}
    return json.dumps({"type": "subscribe", "subscription_id": "a", "source": source})


def test_a_client_gets_real_poses_in_both_forms_of_serving(entrance: str, video: Path):
    async def watch() -> list[PoseMessage]:
        """All poses until somebody is believed to be there."""
        poses: list[PoseMessage] = []
        async with connect(f"ws{entrance.removeprefix('http')}/v1/live", proxy=None) as client:
            await client.send(subscribe(video))
            while not any(person.confirmed for pose in poses for person in pose.persons):
                poses.append(PoseMessage.model_validate(await heard(client, "pose")))
        return poses

    poses = asyncio.run(watch())
    assert [pose.seq for pose in poses] == sorted({pose.seq for pose in poses})
    person = next(person for pose in poses for person in pose.persons if person.confirmed)
    assert len(person.poses3d_mm) == len(person.poses2d) == 33


@pytest.mark.slow
def test_a_registered_stream_survives_the_death_of_its_actor(service, video: Path):
    import ray
    from ray.util.state import list_actors

    def pids() -> list[int]:
        filters = [("class_name", "=", "StreamActor"), ("state", "=", "ALIVE")]
        # By its address: a Ray that was killed leaves a file that sends all others to it.
        actors = list_actors(address=ray.get_runtime_context().gcs_address, filters=filters, detail=True)
        return [actor.pid for actor in actors]

    async def watch() -> tuple[int, int]:
        async with connect(f"ws{service.url.removeprefix('http')}/v1/live", proxy=None) as client:
            await client.send(subscribe(video, stream="killed"))
            before = (await heard(client, "pose"))["seq"]
            killed_at = time.time()
            for pid in pids():
                os.kill(pid, signal.SIGKILL)
            while True:
                pose = await heard(client, "pose")
                if pose["captured_at"] > killed_at:
                    return before, pose["seq"]

    known = set(service.data.logs.glob("Stream_*.jsonl"))
    with service.client() as client:
        spec = {"url": f"file://{video}", "source": {"fps": 5}}
        assert client.put("/v1/streams/killed", json=spec).status_code == 201
        before, after = asyncio.run(watch())
        assert after > before
        assert "killed" in client.get("/v1/streams").text
        assert client.delete("/v1/streams/killed").status_code == 204
    # A file of each of its processes; streams of other tests were killed and came back too.
    lives = [path.read_text() for path in set(service.data.logs.glob("Stream_*.jsonl")) - known]
    assert sum(video.name in text for text in lives) >= 2
