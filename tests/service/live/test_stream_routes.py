"""Streams over HTTP: registered, listed, shown and removed, and there again after the hub was replaced."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from support.live_service import LiveService, live_service

from neuropose_ray.service.settings import Token
from neuropose_ray.service.tokens import digest_of
from neuropose_ray.stores.opening import open_records

VIDEO = "field/leaves_and_returns.mp4"


def spec(live: LiveService, **options: object) -> dict[str, object]:
    (folder,) = live.settings.service.live.files
    return {"url": f"file://{folder}/{VIDEO}", **options}


def until(condition, seconds: float = 30.0):
    """What a condition gives as soon as it gives something."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.1)
    return value


def test_a_stream_is_registered_listed_shown_and_removed(live: LiveService):
    with live.client() as client:
        new = client.put("/v1/streams/ward-7", json=spec(live, camera={"id": "door"}, session_id="visit 1"))
        assert (new.status_code, new.json()["stream_id"], new.json()["registered"]) == (201, "ward-7", True)
        assert client.put("/v1/streams/ward-7", json=spec(live, camera={"id": "door"})).status_code == 200
        report = until(lambda: (r := client.get("/v1/streams/ward-7").json())["frames"] > 3 and r)
        assert (report["state"], report["camera_id"], report["width"] > 0) == ("active", "door", True)
        registered = [stream for stream in client.get("/v1/streams").json()["streams"] if stream["registered"]]
        assert [stream["stream_id"] for stream in registered] == ["ward-7"]
        plain, painted = (
            client.get("/v1/streams/ward-7/frame.jpg", params={"overlay": overlay, "h": 240}) for overlay in (0, 1)
        )
        image = cv2.imdecode(np.frombuffer(painted.content, np.uint8), cv2.IMREAD_COLOR)
        assert image.shape[0] == 240
        assert plain.headers["x-captured-at"]
        assert client.get("/camera/door/image").headers["content-type"] == "image/jpeg"
        assert client.get("/camera/nobody/image").status_code == 404
        assert client.delete("/v1/streams/ward-7").status_code == 204
        for path in ("/v1/streams/ward-7", "/v1/streams/ward-7/frame.jpg"):
            assert client.get(path).json()["code"] == "stream_not_found"
        assert client.delete("/v1/streams/ward-7").status_code == 404


@pytest.mark.parametrize(("change", "status", "code"), [
    ({"url": "file:///etc/passwd"}, 422, "source"), ({"url": "rtsp://10.0.0.1/x"}, 422, "source"),
    ({"url": "nonsense"}, 422, "source"), ({"crop": [10, 0, 5, 5]}, 422, "request"),
    ({"pipeline": {"name": "x", "rules": []}}, 422, "rule"), ({"pipeline": "/etc/bundle.zip"}, 422, "bundle"),
    ({"url": "rtsp://8.8.8.8/x", "pipeline": {"name": "x", "rules": [{"name": "y", "on_enter": [
        {"type": "enqueue_job", "name": "z", "seconds": 9}]}]}, "source": {"clip_s": 8}}, 422, "rule"),
    ({"source": {"fps": -1}}, 422, "request"), ({"surprise": 1}, 422, "request"),
])  # fmt: skip
def test_a_stream_that_cannot_be_is_refused(live: LiveService, change: dict, status: int, code: str):
    with live.client() as client:
        answer = client.put("/v1/streams/wrong", json={**spec(live), **change})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert not [stream for stream in client.get("/v1/streams").json()["streams"] if stream["registered"]]


@pytest.mark.parametrize("name", ["-x", "a b", "..", "x" * 101, "%2Fetc"])
def test_a_name_that_cannot_be_is_refused(live: LiveService, name: str):
    with live.client() as client:
        assert client.put(f"/v1/streams/{name}", json=spec(live)).status_code in (404, 405, 422)


@pytest.mark.slow
def test_registered_streams_are_gone_on_with_by_the_next_hub(test_data: Path, tmp_path: Path):
    for number in range(2):
        with live_service(tmp_path, files=[str(test_data)]) as live, live.client() as client:
            if number == 0:
                assert client.put("/v1/streams/a", json=spec(live)).status_code == 201
            assert until(lambda client=client: client.get("/v1/streams/a").json()["frames"])


PRESENCE = {
    "name": "presence",
    "gate": {"stable": {"hits": 2, "window": 3}},
    "rules": [{"name": "somebody", "on_complete": [
        {"type": "record.create", "name": "ended", "collection": "ends", "fields": {"outcome": "{outcome}"}}
    ]}],
}  # fmt: skip


def kill_streams(live: LiveService) -> None:
    asyncio.run_coroutine_threadsafe(live.actors.kill(), live.actors.loop).result(30)


def outcomes(live: LiveService) -> list[str]:
    """How episodes ended so far, by what the rules wrote."""
    folder = Path(live.settings.service.data_dir) / "live"
    records = open_records(live.settings.service.live.stores, folder)
    return [record.data["outcome"] for record in records.list("ends")]


@pytest.mark.slow
def test_an_episode_whose_stream_dies_ends_as_interrupted_and_its_actions_are_done(test_data: Path, tmp_path: Path):
    with live_service(tmp_path, files=[str(test_data)], lease_s=3) as live, live.client() as client:
        assert client.put("/v1/streams/a", json=spec(live, pipeline=PRESENCE)).status_code == 201
        until(lambda: live.hub._registry.open_episodes())
        kill_streams(live)
        assert until(lambda: outcomes(live))[0] == "interrupted"


@pytest.mark.slow
def test_so_does_an_episode_of_a_subscription_whether_its_client_is_there_or_not(test_data: Path, tmp_path: Path):
    async def subscribe_and_kill(live: LiveService, *, stays: bool) -> None:
        async with live.connected() as client:
            source = {"url": spec(live)["url"], "fps": 10}
            await client.say(type="subscribe", subscription_id="a", source=source, pipeline=PRESENCE)
            await client.hear("episode.entered")
            await asyncio.to_thread(until, live.hub._registry.open_episodes)
            kill_streams(live)
            if stays:
                await asyncio.to_thread(until, lambda: outcomes(live))

    for number, stays in enumerate((True, False), 1):
        with live_service(tmp_path / str(number), files=[str(test_data)], lease_s=3) as live:
            asyncio.run(subscribe_and_kill(live, stays=stays))
            assert until(lambda live=live: outcomes(live))[0] == "interrupted"
            assert live.hub.ready() == ()


@pytest.fixture(scope="module")
def shared(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """A service of several tokens, each called as its owner."""
    scopes = {"anna": ["read", "submit"], "ben": ["read", "submit"], "root": ["admin"]}
    tokens = [
        Token(name=name, sha256=digest_of(name), scopes=frozenset(given)).model_dump()
        for name, given in scopes.items()
    ]
    folder = tmp_path_factory.mktemp("shared")
    with live_service(folder, files=[str(test_data)], service={"tokens": tokens}) as live:
        yield live


def token_of(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


def test_streams_are_visible_to_their_owner_and_to_administrators(shared: LiveService):
    anna, ben, root = (shared.client(headers=token_of(name)) for name in ("anna", "ben", "root"))
    with anna, ben, root:
        assert anna.put("/v1/streams/a", json=spec(shared)).status_code == 201
        assert [len(who.get("/v1/streams").json()["streams"]) for who in (anna, ben)] == [1, 0]
        assert root.get("/v1/streams/a").json()["owner"] == "anna"
        for answer in (
            ben.get("/v1/streams/a"),
            ben.delete("/v1/streams/a"),
            ben.put("/v1/streams/a", json=spec(shared)),
        ):
            assert answer.status_code == 404
        page = shared.client().get("/v1/streams/a/view")  # the page itself shows nothing
        assert page.status_code == 200
        assert "script-src 'self'" in page.headers["content-security-policy"]


def test_sessions_belong_to_the_token_that_made_them(shared: LiveService):
    async def patched(name: str, session: str, **patch: object) -> dict:
        async with shared.connected(additional_headers=token_of(name)) as client:
            await client.say(type="session.patch", session_id=session, patch=patch)
            return await client.hear("session", "error")

    async def stamped(name: str, session: str) -> tuple[dict, dict]:
        """What is answered, and the pose after it."""
        async with shared.connected(additional_headers=token_of(name)) as client:
            await client.say(type="subscribe", subscription_id="a", source={"url": spec(shared)["url"], "fps": 7})
            await client.hear("pose")
            await client.say(type="session.set", subscription_id="a", session_id=session)
            return await client.hear("session", "error"), await client.hear("pose")

    def seen(name: str, session: str) -> dict:
        with shared.client(headers=token_of(name)) as client:
            return client.get(f"/v1/sessions/{session}").json()

    assert asyncio.run(patched("anna", "visit", patient="p07"))["version"] == 1
    for answer in (asyncio.run(patched("ben", "visit", patient="p08")), asyncio.run(stamped("ben", "visit"))[0]):
        assert (answer["code"], "p07" in str(answer)) == ("session_not_found", False)
    assert seen("ben", "visit") == seen("ben", "nothing") | {"session_id": "visit"}
    assert asyncio.run(patched("root", "visit", ward=3))["data"] == {"patient": "p07", "ward": 3}
    assert seen("anna", "visit")["data"] == {"patient": "p07", "ward": 3}
    # A name that is used belongs to its user, patched or not.
    answer, pose = asyncio.run(stamped("ben", "evening"))
    assert (answer["version"], pose["session_id"]) == (0, "evening")
    assert asyncio.run(patched("anna", "evening", lost=True))["code"] == "session_not_found"
    with shared.client(headers=token_of("anna")) as client:
        refused = client.put("/v1/streams/b", json=spec(shared, session_id="evening"))
        assert (refused.status_code, refused.json()["code"]) == (404, "session_not_found")
        assert client.get("/v1/streams/b").status_code == 404


def test_a_refused_session_leaves_the_one_that_is_stamped(shared: LiveService):
    async def stamps() -> list[str | None]:
        async with (
            shared.connected(additional_headers=token_of("ben")) as ben,
            shared.connected(additional_headers=token_of("anna")) as anna,
        ):
            await ben.say(type="session.patch", session_id="morning", patch={})
            await ben.hear("session")
            await anna.say(type="subscribe", subscription_id="a", source={"url": spec(shared)["url"], "fps": 6})
            given = []
            for session in ("mine", "morning"):
                await anna.say(type="session.set", subscription_id="a", session_id=session)
                await anna.hear("session", "error")
                given.append((await anna.hear("pose"))["session_id"])
            return given

    assert asyncio.run(stamps()) == ["mine", "mine"]


def test_a_session_of_a_registered_stream_reaches_all_who_look_at_it(live: LiveService):
    async def sessions() -> tuple[dict, dict]:
        async with live.connected() as first, live.connected() as second:
            for client in (first, second):
                await client.say(type="subscribe", subscription_id="a", source={"stream": "shared"})
                await client.hear("pose")
            await first.say(type="session.set", subscription_id="a", session_id="visit 9")
            await first.hear("session")
            await second.hear("session.changed")
            return await second.hear("pose"), await first.hear("pose")

    with live.client() as client:
        client.put("/v1/streams/shared", json=spec(live, source={"fps": 9}))
        assert [pose["session_id"] for pose in asyncio.run(sessions())] == ["visit 9", "visit 9"]
        assert client.get("/v1/streams/shared").json()["session_id"] == "visit 9"
        client.delete("/v1/streams/shared")


@pytest.mark.slow
def test_a_file_that_is_waited_for_is_looked_at_frame_by_frame(live: LiveService, test_data: Path):
    path = test_data / "odd" / "made_rot90_walk.mp4"
    frames = cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FRAME_COUNT)
    options = {"fps": None, "buffer": "wait", "realtime": False}
    with live.client() as client:
        client.put("/v1/streams/whole", json={"url": f"file://{path}", "source": options})
        report = until(lambda: (r := client.get("/v1/streams/whole").json())["ended"] and r, 120)
        settled = until(lambda: (r := client.get("/v1/streams/whole").json())["frames"] == frames and r)
        assert (settled["late"], report["state"]) == (0, "stopped")
        client.delete("/v1/streams/whole")
