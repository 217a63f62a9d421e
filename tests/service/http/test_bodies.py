"""Bodies of requests are bounded by what they may hold, together and in time; the first fault ends them."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.requests import Request

from neuropose_ray.errors import OverloadedError, RequestError, SlowRequestError, TooLargeError
from neuropose_ray.service.http import bodies
from neuropose_ray.service.http.bodies import BodyPace, HeldBytes, body_of, read_json, read_settings
from neuropose_ray.service.settings import HttpLimits

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


async def streamed(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def json_of(*chunks: bytes, most_values: int = 100) -> bytes:
    return bytes(asyncio.run(read_json(streamed(chunks), most_values)))


def values_in(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + sum(values_in(each) for each in inner)


@given(JSON_VALUES, st.integers(1, 5))
@pytest.mark.slow
def test_a_body_that_is_let_through_has_no_more_values_than_allowed(value, size: int):
    text = json.dumps(value).encode()
    chunks = [text[start : start + size] for start in range(0, len(text), size)]
    values = values_in(value)
    assert json_of(*chunks, most_values=2 * len(text)) == text
    if values > 1:
        with pytest.raises(TooLargeError, match="values of JSON"):
            json_of(*chunks, most_values=values - 2)


def test_a_body_of_millions_of_small_values_ends_at_the_first_few():
    chunks = itertools.repeat(b"1," * 500, 16_000)
    with pytest.raises(TooLargeError):
        asyncio.run(read_json(streamed(chunks), most_values=1000))
    assert len(list(chunks)) == 16_000 - 3


def request_of(*chunks: bytes, **headers: str) -> Request:
    messages = iter(
        [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
        + [{"type": "http.request", "body": b"", "more_body": False}]
    )

    async def receive() -> dict[str, object]:
        return next(messages)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": named}, receive)


class Setting(BaseModel):
    """A small body."""

    numbers: tuple[int, ...]
    is_final: bool = False


def test_a_small_body_is_read_and_every_fault_of_it_is_a_fault_of_the_request():
    assert asyncio.run(read_settings(request_of(b'{"numbers"', b": [1, 2]}"), Setting)).numbers == (1, 2)
    for content in (b"", b"{", b"[]", b'{"numbers": ["a"]}', b"\xff", b"[" * 4000):
        with pytest.raises(RequestError):
            asyncio.run(read_settings(request_of(content), Setting))


@pytest.mark.parametrize(
    "content", ['"numbers": ["1"]', '"numbers": [], "is_final": 0', '"numbers": [], "is_final": "no"']
)
def test_a_value_of_another_type_than_described_is_no_other_word_for_one(content: str):
    with pytest.raises(RequestError, match="should be a valid"):
        asyncio.run(read_settings(request_of(f"{{{content}}}".encode()), Setting))


@pytest.mark.parametrize(
    "request_", [request_of(content_length="70000"), request_of(*[b" " * 1000] * 70)], ids=["announced", "sent"]
)
def test_a_small_body_that_is_large_is_refused(request_: Request):
    with pytest.raises(TooLargeError, match="more than 65536 bytes"):
        asyncio.run(read_settings(request_, Setting))


def test_a_body_is_read_to_its_last_allowed_byte():
    async def read(most: int) -> bytes:
        return b"".join([chunk async for chunk in body_of(request_of(b"ab", b"c"), most)])

    assert asyncio.run(read(3)) == b"abc"
    with pytest.raises(TooLargeError):
        asyncio.run(read(2))


def test_requests_share_a_bounded_memory_and_give_it_back_also_after_an_error():
    held = HeldBytes(100, retry_after_s=3)
    with held.share() as first, held.share() as second:
        first.take(60)
        second.take(40)
        with pytest.raises(OverloadedError) as refused:
            second.take(1)
        assert refused.value.retry_after_s == 3
    with pytest.raises(OverloadedError), held.share() as share:
        share.take(1000)
    with held.share() as share:
        share.take(100)


def test_a_request_that_is_over_takes_no_more_of_the_memory():
    """A picture is read in a thread, which may end after the client has left."""
    held = HeldBytes(100, retry_after_s=3)
    with held.share() as share:
        share.take(60)
    with pytest.raises(RequestError, match="broke off"):
        share.take(60)
    with held.share() as later:
        later.take(100)


def paced(pauses_s: list[float], *, silence_s: float = 1.0, rate: float = 1000.0) -> int:
    """The bytes of a body whose chunks of ten bytes come after pauses, read through the middleware."""

    async def application(scope, receive, send) -> None:
        nonlocal received
        while True:
            message = await receive()
            received += len(message["body"])
            if not message["more_body"]:
                return

    coming, received = iter(pauses_s), 0

    async def receive() -> dict[str, object]:
        pause_s = next(coming, None)
        if pause_s is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.sleep(pause_s)
        return {"type": "http.request", "body": b"0123456789", "more_body": True}

    limits = HttpLimits(silence_s=silence_s, body_bytes_per_s=rate)
    asyncio.run(BodyPace(application, limits)({"type": "http"}, receive, None))
    return received


def test_a_body_may_pause_and_be_slow_for_a_while(monkeypatch):
    monkeypatch.setattr(bodies, "GRACE_S", 5.0)
    assert paced([0.0, 0.05, 0.05]) == 30


def test_a_body_that_stops_is_given_up():
    with pytest.raises(SlowRequestError, match="too slowly"):
        paced([0.0, 60.0], silence_s=0.2)


def test_a_body_that_drips_is_given_up(monkeypatch):
    monkeypatch.setattr(bodies, "GRACE_S", 0.3)
    with pytest.raises(SlowRequestError, match="too slowly"):
        paced([0.05] * 1000, rate=1000)


def test_a_fast_body_of_any_length_is_not(monkeypatch):
    monkeypatch.setattr(bodies, "GRACE_S", 0.5)
    assert paced([0.0] * 5000, rate=1.0) == 50_000


def test_waiting_for_the_client_to_leave_is_no_body():
    async def application(scope, receive, send) -> None:
        assert not (await receive())["more_body"]
        await receive()

    async def leave_late() -> None:
        messages = [{"type": "http.request", "body": b"", "more_body": False}, {"type": "http.disconnect"}]

        async def receive() -> dict[str, object]:
            await asyncio.sleep(0.0 if len(messages) == 2 else 0.3)
            return messages.pop(0)

        await BodyPace(application, HttpLimits(silence_s=0.1))({"type": "http"}, receive, None)

    asyncio.run(leave_late())
