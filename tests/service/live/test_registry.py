"""Registered streams and sessions outlive the process that wrote them."""

import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from neuropose_ray.errors import (
    OverloadedError,
    SessionNotFoundError,
    SessionVersionError,
    StoreUnavailableError,
    StreamNotFoundError,
    TooLargeError,
)
from neuropose_ray.schemas.live_messages import StreamSpec
from neuropose_ray.schemas.rules import Decision
from neuropose_ray.service.live.registry import MOST_SESSION_LETTERS, Registry
from neuropose_ray.service.live.stream_parts import Engine

SPEC = StreamSpec(url="rtsp://user:secret@10.0.0.7/one")


def registry(path: Path, **options) -> Registry:
    return Registry(f"sqlite:///{path}", **{"most_streams": 3, "session_ttl_s": 100.0} | options)


def test_a_stream_is_there_until_it_is_removed(tmp_path: Path):
    first = registry(tmp_path / "live" / "streams.sqlite")
    assert first.put("ward-7", SPEC, "anna")
    assert not first.put("ward-7", SPEC.model_copy(update={"session_id": "v1"}), "ben")
    second = registry(tmp_path / "live" / "streams.sqlite")
    (stream,) = second.streams()
    assert (stream.stream_id, stream.owner, stream.spec.session_id, stream.spec.url) == (
        "ward-7", "anna", "v1", SPEC.url
    )  # fmt: skip
    second.remove("ward-7")
    for lost in (second.remove, second.stream):
        with pytest.raises(StreamNotFoundError, match="ward-7"):
            lost("ward-7")


def test_the_file_with_passwords_of_cameras_is_for_its_owner_alone(tmp_path: Path):
    path = tmp_path / "streams.sqlite"
    registry(path).put("a", SPEC, None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_there_is_a_limit_to_streams(tmp_path: Path):
    streams = registry(tmp_path / "streams.sqlite", most_streams=2)
    streams.put("a", SPEC, None)
    streams.put("b", SPEC, None)
    with pytest.raises(OverloadedError):
        streams.put("c", SPEC, None)
    streams.put("b", SPEC, None)


def test_a_session_is_patched_by_its_version(tmp_path: Path):
    sessions = registry(tmp_path / "streams.sqlite")
    assert sessions.session("visit 1").session.version == 0
    assert sessions.patch_session("visit 1", 0, {"patient": "p07", "legs": {"left": 1}}, None).version == 1
    after = sessions.patch_session("visit 1", 1, {"legs": {"right": 2}, "patient": None}, None)
    assert (after.version, dict(after.data)) == (2, {"legs": {"left": 1, "right": 2}})
    with pytest.raises(SessionVersionError, match="version 2, not 1"):
        sessions.patch_session("visit 1", 1, {"lost": True}, None)
    assert sessions.patch_session("visit 1", None, {"any": True}, None).version == 3


def test_patches_at_the_same_time_are_all_kept(tmp_path: Path):
    sessions = registry(tmp_path / "streams.sqlite")
    threads = [
        threading.Thread(target=sessions.patch_session, args=("s", None, {str(number): number}, None))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    session = sessions.session("s").session
    assert (session.version, len(session.data)) == (8, 8)


def test_a_session_belongs_to_who_used_it_first(tmp_path: Path):
    sessions = registry(tmp_path / "streams.sqlite")
    assert sessions.claim_session("visit 1", "anna", only_own=True).version == 0
    assert sessions.patch_session("visit 2", None, {"a": 1}, "anna", only_own=True).version == 1
    for name in ("visit 1", "visit 2"):
        with pytest.raises(SessionNotFoundError, match=name):
            sessions.claim_session(name, "ben", only_own=True)
        with pytest.raises(SessionNotFoundError, match=name):
            sessions.patch_session(name, None, {"a": 2}, "ben", only_own=True)
        assert sessions.patch_session(name, None, {"b": 3}, "root").data["b"] == 3  # an administrator
        assert sessions.session(name).owner == "anna"
        assert "b" in sessions.claim_session(name, "anna", only_own=True).data
    assert "a" not in sessions.session("visit 1").session.data


@pytest.mark.parametrize("seed", range(20))
def test_no_owner_changes_a_session_of_another(tmp_path: Path, seed: int):
    random = Random(seed)
    sessions = registry(tmp_path / "streams.sqlite")
    made_by: dict[str, str] = {}
    for step in range(30):
        name, owner = random.choice("xyz"), random.choice(["anna", "ben", "cora"])
        before, act = sessions.session(name), random.choice(["claim", "patch"])
        try:
            if act == "claim":
                sessions.claim_session(name, owner, only_own=True)
            else:
                sessions.patch_session(name, None, {owner: step}, owner, only_own=True)
        except SessionNotFoundError:
            assert made_by[name] != owner
            assert sessions.session(name) == before
        else:
            assert made_by.setdefault(name, owner) == owner
    for name, owner in made_by.items():
        kept = sessions.session(name)
        assert kept.owner == owner
        assert set(kept.session.data) <= {owner}


def test_a_database_from_before_sessions_had_owners_is_gone_on_with(tmp_path: Path):
    path = tmp_path / "streams.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "CREATE TABLE live_sessions (id VARCHAR(200) PRIMARY KEY, version INTEGER NOT NULL, "
            "data TEXT NOT NULL, changed_at FLOAT NOT NULL)"
        )
        database.execute("INSERT INTO live_sessions VALUES ('visit 1', 4, '{\"a\": 1}', 0)")
        database.commit()
    for _ in range(2):  # once changed, it is opened as any other
        sessions = registry(path)
        assert (sessions.session("visit 1").session.version, sessions.session("visit 1").owner) == (4, None)
        with pytest.raises(SessionNotFoundError):
            sessions.patch_session("visit 1", None, {"a": 2}, "anna", only_own=True)
        assert sessions.claim_session("visit 2", "anna", only_own=True).version == 0


def test_sessions_are_removed_when_their_time_is_over(tmp_path: Path):
    now = [1000.0]
    sessions = registry(tmp_path / "streams.sqlite", clock=lambda: now[0])
    sessions.patch_session("old", None, {"a": 1}, None)
    now[0] += 60
    sessions.patch_session("new", None, {"a": 1}, None)
    now[0] += 60
    assert sessions.sweep() == 1
    assert (sessions.session("old").session.version, sessions.session("new").session.version) == (0, 1)


ENGINE = Engine("0123456789abcdef", "first life", "{}")


def decision(phase: str, uuid: str) -> Decision:
    return Decision(
        decision_id=f"{uuid}-{phase}", stream_id="door", camera_id="c", epoch=1, track_id=0, episode=1, rule="r",
        phase=phase, at=1000.0, fields={"uuid": uuid}, actions=(),
    )  # fmt: skip


def test_episodes_are_open_until_they_have_ended(tmp_path: Path):
    first = registry(tmp_path / "streams.sqlite")
    for uuid in ("a", "b", "a"):
        first.open_episode(decision("enter", uuid), ENGINE)
    first.close_episode(decision("complete", "a"))
    second = registry(tmp_path / "streams.sqlite")
    assert [(entered.fields["uuid"], engine) for entered, engine in second.open_episodes()] == [("b", ENGINE)]


def test_a_database_that_cannot_be_opened_is_a_typed_error(tmp_path: Path):
    (tmp_path / "streams.sqlite").write_bytes(b"no database" * 1000)
    with pytest.raises(StoreUnavailableError):
        registry(tmp_path / "streams.sqlite").streams()


def test_clients_that_register_at_the_same_time_take_nobodys_stream(tmp_path: Path):
    streams = registry(tmp_path / "streams.sqlite", most_streams=3)
    outcomes: list[tuple[str, str]] = []

    def register(owner: str, name: str) -> None:
        spec = SPEC.model_copy(update={"session_id": owner})
        try:
            streams.put(name, spec, owner, only_own=True)
        except (StreamNotFoundError, OverloadedError) as error:
            outcomes.append((owner, type(error).__name__))
        else:
            outcomes.append((owner, "done"))

    clients = [
        threading.Thread(target=register, args=(owner, name))
        for owner in ("anna", "ben", "cleo", "dan") for name in ("ward-1", "ward-2", "ward-3", "ward-4")
    ]  # fmt: skip
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    registered = streams.streams()
    assert len(registered) == 3
    assert all(stream.spec.session_id == stream.owner for stream in registered)
    assert len(outcomes) == len(clients)
    assert sum(outcome == "done" for _, outcome in outcomes) == 3
    assert {outcome for _, outcome in outcomes} == {"done", "StreamNotFoundError", "OverloadedError"}


def test_a_session_does_not_grow_without_end(tmp_path: Path):
    sessions = registry(tmp_path / "streams.sqlite")
    fits = MOST_SESSION_LETTERS // 20_020
    for number in range(fits):
        sessions.patch_session("visit", None, {f"note {number}": "x" * 20_000}, None)
    with pytest.raises(TooLargeError, match="letters of JSON"):
        sessions.patch_session("visit", None, {"one more": "x" * 20_000}, None)
    kept = sessions.session("visit").session
    assert kept.version == len(kept.data) == fits
    assert len(kept.model_dump_json()) <= MOST_SESSION_LETTERS + 200
    nested: object = 1
    for _ in range(150):
        nested = {"deeper": nested}
    assert sessions.patch_session("deep", None, nested, None).version == 1
    assert sessions.patch_session("deep", 1, {"deeper": None}, None).data == {}
