"""Limits on the body of a request for poses hold however it is sent."""

import asyncio
from collections.abc import Iterator

import pytest
from starlette.requests import Request

from neuropose_ray.errors import RequestError, TooLargeError
from neuropose_ray.service.http.pose_body import PoseOptions, read_pictures
from neuropose_ray.service.pose.requests import FrameRequest
from neuropose_ray.service.settings import PoseReplicaSettings

LIMITS = PoseReplicaSettings(request_bytes=1000, request_frames=3)
FORM = "multipart/form-data; boundary=x"


def read(kind: str, *chunks: bytes, length: int | None = None, gone: bool = False) -> FrameRequest:
    """A request whose body comes in pieces, after which the client may be gone."""
    headers = [(b"content-type", kind.encode())]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))

    def messages() -> Iterator[dict[str, object]]:
        for place, chunk in enumerate(chunks):
            yield {"type": "http.request", "body": chunk, "more_body": gone or place + 1 < len(chunks)}
        yield {"type": "http.disconnect"}

    coming = messages()

    async def receive() -> dict[str, object]:
        return next(coming)

    request = Request({"type": "http", "headers": headers}, receive)
    return asyncio.run(read_pictures(request, PoseOptions(), LIMITS))


def form(*files: bytes) -> bytes:
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n' + file + b"\r\n" for file in files
    )
    return b"".join(parts) + b"--x--\r\n"


def test_pictures_come_as_they_were_sent():
    assert read("image/png", b"ab", b"c").pictures == (b"abc",)
    assert read(FORM, form(b"a", b"--b\r\n")).pictures == (b"a", b"--b\r\n")
    assert read("application/json", b'{"frames": ["YWI=", "data:image/png;base64,Yw=="]}').pictures == (b"ab", b"c")


@pytest.mark.parametrize("kind", ["image/jpeg", "application/json", FORM])
def test_a_body_that_says_that_it_is_too_long_is_not_read(kind: str):
    with pytest.raises(TooLargeError, match="more than 1000 bytes"):
        read(kind, length=1001)


@pytest.mark.parametrize("kind", ["image/jpeg", "application/json", FORM])
def test_nor_is_the_rest_of_one_that_does_not_say_so(kind: str):
    start = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n' if kind == FORM else b""
    with pytest.raises(TooLargeError, match="more than 1000 bytes"):
        read(kind, start, *[b"a" * 100] * 11, b"")


def test_more_pictures_than_allowed_are_refused():
    with pytest.raises(TooLargeError, match="more than 3 pictures"):
        read(FORM, form(*[b"a"] * 4))
    with pytest.raises(TooLargeError, match="more than 3 pictures"):
        read("application/json", b'{"frames": ["YQ==", "YQ==", "YQ==", "YQ=="]}')


@pytest.mark.parametrize("kind", ["image/jpeg", "application/json", FORM])
def test_a_client_that_goes_away_while_it_sends_is_an_error_of_the_request(kind: str):
    with pytest.raises(RequestError, match="broke off"):
        read(kind, b"", gone=True)
