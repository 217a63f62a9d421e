"""Clients over a real WebSocket: what they subscribe to comes, and what is wrong is answered in one line."""

import asyncio
import itertools
from pathlib import Path

import pytest
from support.live_service import LiveService, live_service
from websockets.exceptions import ConnectionClosed, InvalidStatus

from neuropose_ray.service.settings import Token
from neuropose_ray.service.tokens import digest_of

VIDEO = "field/leaves_and_returns.mp4"
PIPELINE = {
    "name": "presence",
    "gate": {"stable": {"hits": 2, "window": 3}},
    "rules": [{
        "name": "somebody",
        "on_enter": [{"type": "record.create", "name": "made", "collection": "visits",
                      "fields": {"camera": "{camera_id}", "session": "{session_id}", "person": "{track_id}"}}],
        "on_complete": [{"type": "record.update", "name": "ended", "collection": "visits", "key": "{made.id}",
                         "fields": {"outcome": "{outcome}"}}],
    }],
}  # fmt: skip
#: Each of its own makes a source of its own.
rates = (20 + number / 100 for number in itertools.count())


def source(live: LiveService, **options: object) -> dict[str, object]:
    (folder,) = live.settings.service.live.files
    return {"url": f"file://{folder}/{VIDEO}", "fps": next(rates), **options}


def subscribe(live: LiveService, **options: object) -> dict[str, object]:
    return {"type": "subscribe", "subscription_id": "a", "source": source(live), **options}


def test_a_client_gets_the_people_of_frames_in_order_and_only_what_it_asked_for(live: LiveService):
    async def watch() -> list[dict]:
        async with live.connected() as client:
            await client.say(**subscribe(live, outputs=["poses2d", "angles"]))
            subscribed = await client.hear("subscribed")
            assert subscribed["state"]["url"].endswith(VIDEO)
            return [await client.hear("pose") for _ in range(5)]

    poses = asyncio.run(watch())
    assert [pose["seq"] for pose in poses] == sorted({pose["seq"] for pose in poses})
    assert all(len(pose["persons"]) == 1 for pose in poses)
    (person,) = poses[0]["persons"]
    assert "poses3d_mm" not in person
    assert len(person["poses2d"]) == 33
    assert "right_knee_flexion" in person["angles"]
    assert "image" not in poses[0]


def test_clients_of_one_source_share_its_stream_and_a_slow_one_slows_nobody(live: LiveService):
    async def watch() -> tuple[int, int, set[str]]:
        before = set(live.actors.keys())
        async with live.connected() as fast, live.connected() as slow:
            message = subscribe(live)
            await fast.say(**message)
            await slow.say(**message, window=2)
            await slow.hear("pose", ack=False)
            poses = [await fast.hear("pose") for _ in range(8)]
            return len(poses), poses[-1]["dropped"]["client"], set(live.actors.keys()) - before

    count, _, streams = asyncio.run(watch())
    assert count == 8
    assert len(streams) == 1


@pytest.mark.slow
def test_a_client_that_does_not_acknowledge_is_cut(live: LiveService):
    async def watch() -> tuple[int, int]:
        async with live.connected() as client:
            await client.say(**subscribe(live, window=3))
            kinds: list[str] = []
            try:
                while True:
                    kinds.append((await client.hear(ack=False))["type"])
            except ConnectionClosed as closed:
                return kinds.count("pose"), closed.rcvd.code

    poses, code = asyncio.run(watch())
    assert 1 <= poses <= 3
    assert code == 4408


@pytest.mark.slow
def test_a_slow_client_is_sent_the_newest_pose_when_it_is_done_with_the_last(live: LiveService):
    async def left_out() -> list[int]:
        async with live.connected() as client:
            await client.say(**subscribe(live))
            counts = []
            for _ in range(5):
                pose = await client.hear("pose", ack=False)
                counts.append(pose["dropped"]["client"])
                await asyncio.sleep(0.5)  # about ten frames
                await client.say(type="ack", subscription_id="a", seq=pose["seq"])
            return counts

    counts = asyncio.run(left_out())
    assert all(later > earlier for earlier, later in itertools.pairwise(counts))


@pytest.mark.parametrize(("text", "code"), [
    ("{", "request"), ("[]", "request"), (b"\x00\xff", "request"), ('{"type": "dance"}', "request"),
    ('{"type": "ack", "subscription_id": "nobody", "seq": 1}', "request"),
    ('{"type": "subscribe", "subscription_id": "x", "source": {}}', "request"),
    ('{"type": "subscribe", "subscription_id": "x", "source": {"url": "ftp://x/y"}}', "source"),
    ('{"type": "subscribe", "subscription_id": "x", "source": {"url": "file:///etc/passwd"}}', "source"),
    ('{"type": "subscribe", "subscription_id": "x", "source": {"url": "rtsp://127.0.0.1/x"}}', "source"),
    ('{"type": "subscribe", "subscription_id": "x", "source": {"url": "http://169.254.169.254/latest"}}', "source"),
    ('{"type": "subscribe", "subscription_id": "x", "source": {"stream": "nowhere"}}', "stream_not_found"),
    ('{"type": "session.set", "subscription_id": "x", "session_id": "s"}', "request"),
])  # fmt: skip
def test_what_is_wrong_is_answered_and_the_connection_goes_on(live: LiveService, text: str | bytes, code: str):
    async def answer() -> tuple[dict, dict]:
        async with live.connected() as client:
            await client.connection.send(text)
            error = await client.hear("error")
            await client.say(type="state")
            return error, await client.hear("state")

    error, state = asyncio.run(answer())
    assert error["code"] == code
    assert "\n" not in error["message"]
    assert state["type"] == "state"


def test_a_password_is_in_no_answer(live: LiveService, caplog: pytest.LogCaptureFixture):
    async def answer() -> str:
        async with live.connected() as client:
            url = "rtsp://admin:hush-hush@192.168.1.20/stream"
            await client.say(type="subscribe", subscription_id="x", source={"url": url})
            return (await client.hear("error"))["message"]

    assert "hush" not in asyncio.run(answer())
    assert "hush" not in caplog.text


def test_a_subscription_ends_when_it_is_asked_to(live: LiveService):
    async def watch() -> list[str]:
        async with live.connected() as client:
            await client.say(**subscribe(live))
            await client.hear("pose")
            await client.say(type="unsubscribe", subscription_id="a")
            await client.hear("unsubscribed")
            return [(await client.hear(within_s=5))["type"] for _ in range(2)]

    assert set(asyncio.run(watch())) == {"heartbeat"}


def test_a_dropped_connection_is_gone_on_with(live: LiveService):
    async def watch() -> tuple[bool, bool, int, int]:
        message = subscribe(live, pipeline=PIPELINE)
        async with live.connected() as client:
            await client.say(**message)
            subscribed = await client.hear("subscribed")
            entered = await client.hear("episode.entered")
        async with live.connected() as client:
            await client.say(**message, resume=subscribed["resume"], after_seq=entered["seq"] - 1)
            resumed = await client.hear("subscribed")
            again = await client.hear("episode.entered")
        return subscribed["resumed"], resumed["resumed"], entered["seq"], again["seq"]

    first, second, entered, again = asyncio.run(watch())
    assert (first, second) == (False, True)
    assert entered == again


def test_sessions_are_stamped_and_patched_by_version(live: LiveService):
    async def watch() -> tuple[dict, dict, dict, dict]:
        async with live.connected() as client:
            await client.say(**subscribe(live))
            await client.hear("pose")
            await client.say(type="session.set", subscription_id="a", session_id="visit 7")
            session = await client.hear("session")
            pose = await client.hear("pose")
            await client.say(type="session.patch", session_id="visit 7", version=0, patch={"patient": "p07"})
            patched = await client.hear("session")
            await client.say(type="session.patch", session_id="visit 7", version=0, patch={"lost": True})
            return session, pose, patched, await client.hear("error")

    session, pose, patched, error = asyncio.run(watch())
    assert (session["session_id"], session["version"]) == ("visit 7", 0)
    assert pose["session_id"] == "visit 7"
    assert (patched["version"], patched["data"]) == (1, {"patient": "p07"})
    assert error["code"] == "session_version"


def test_rules_of_a_subscription_write_records_and_every_episode_ends(live: LiveService):
    async def watch() -> None:
        async with live.connected() as client:
            await client.say(**subscribe(live, pipeline=PIPELINE, camera={"id": "door"}))
            await client.hear("episode.entered")
            await client.say(type="unsubscribe", subscription_id="a")
            await client.hear("unsubscribed")

    async def written() -> dict:
        async with asyncio.timeout(30):
            while True:
                for record in await asyncio.to_thread(records_of, live):
                    if record.get("camera") == "door" and "outcome" in record:
                        return record
                await asyncio.sleep(0.2)

    asyncio.run(watch())
    record = asyncio.run(written())
    assert record["outcome"] == "interrupted"


def records_of(live: LiveService) -> list[dict]:
    from neuropose_ray.stores.opening import open_records

    folder = Path(live.settings.service.data_dir) / "live"
    records = open_records(live.settings.service.live.stores, folder)
    return [dict(record.data) for record in records.list("visits")]


def test_a_pipeline_that_is_wrong_is_refused_with_the_path_of_the_field(live: LiveService):
    wrong = {**PIPELINE, "rules": [{"name": "somebody", "on_enter": [{"type": "explode", "name": "x"}]}]}

    async def answer() -> dict:
        async with live.connected() as client:
            await client.say(**subscribe(live, pipeline=wrong))
            return await client.hear("error")

    error = asyncio.run(answer())
    assert error["code"] == "rule"
    assert "on_enter" in error["message"]


def test_a_reader_may_look_and_not_open_sources(test_data: Path, tmp_path: Path):
    secrets = {"reader": ["read"], "writer": ["submit"], "anna": ["read", "submit"]}
    tokens = [
        Token(name=name, sha256=digest_of(name), scopes=frozenset(scopes)).model_dump()
        for name, scopes in secrets.items()
    ]

    async def answers(live: LiveService) -> tuple[int, str, str]:
        writer = {"Authorization": "Bearer writer"}
        with pytest.raises((InvalidStatus, ConnectionClosed)) as refused:
            async with live.connected(additional_headers=writer) as client:
                await client.hear()
        status = getattr(getattr(refused.value, "response", None), "status_code", 403)
        async with live.connected(additional_headers={"Authorization": "Bearer reader"}) as client:
            await client.say(**subscribe(live))
            code = (await client.hear("error"))["code"]
        async with live.connected(additional_headers={"Authorization": "Bearer anna"}) as client:
            await client.say(**subscribe(live))
            kind = (await client.hear("pose", "error"))["type"]
        return status, code, kind

    with live_service(tmp_path, files=[str(test_data)], service={"tokens": tokens}) as live:
        assert asyncio.run(answers(live)) == (403, "access", "pose")


@pytest.mark.slow
def test_there_is_a_limit_to_clients(tmp_path: Path):
    async def third(live: LiveService) -> int:
        async with live.connected(), live.connected():
            with pytest.raises((InvalidStatus, ConnectionClosed)):
                async with live.connected() as client:
                    await client.hear()
        while True:  # those who have gone are noticed a moment later
            try:
                async with live.connected() as client:
                    await client.say(type="state")
                    return len((await client.hear("state"))["streams"])
            except (InvalidStatus, ConnectionClosed):
                await asyncio.sleep(0.1)

    with live_service(tmp_path, max_clients=2) as live:
        assert asyncio.run(third(live)) == 0
