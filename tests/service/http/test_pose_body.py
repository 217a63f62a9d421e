"""Limits on the body of a request for poses hold however it is sent."""

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from neuropose_ray.errors import OverloadedError, RequestError, TooLargeError
from neuropose_ray.service.http import pose_body
from neuropose_ray.service.http.bodies import HeldBytes
from neuropose_ray.service.http.pose_body import PoseBody, PoseOptions, read_pictures
from neuropose_ray.service.pose.requests import FrameRequest
from neuropose_ray.service.settings import PoseReplicaSettings

LARGE = PoseReplicaSettings()
LIMITS = PoseReplicaSettings(request_bytes=1000, request_frames=3)
FORM = "multipart/form-data; boundary=x"


def read(
    kind: str,
    *chunks: bytes,
    length: int | None = None,
    gone: bool = False,
    held: int = 1 << 30,
    limits: PoseReplicaSettings = LIMITS,
) -> FrameRequest:
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

    async def read_all() -> FrameRequest:
        with HeldBytes(held, retry_after_s=1).share() as share:
            return await read_pictures(request, PoseOptions(), limits, share)

    return asyncio.run(read_all())


@contextmanager
def patched(module: object, name: str, value: object) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, value)
        yield


def form(*files: bytes) -> bytes:
    parts = (
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n' + file + b"\r\n" for file in files
    )
    return b"".join(parts) + b"--x--\r\n"


def test_pictures_come_as_they_were_sent():
    assert read("image/png", b"ab", b"c").pictures == (b"abc",)
    request = read(FORM, form(b"a", b"--b\r\n"))
    assert request.pictures == (b"a", b"--b\r\n")
    assert [request.name_of(index) for index in (0, 1)] == ["picture 0 (a)", "picture 1 (a)"]
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


def test_a_body_of_small_values_ends_at_the_first_few():
    """Eight million numbers are refused with the first chunk, whatever else they are."""
    for value in (b"1", b'""', b"[]", b"{}", b"null"):
        body = b'{"frames": [' + (value + b",") * 300 + value + b"]}"
        with pytest.raises(TooLargeError, match="values of JSON"):
            read("application/json", body, b"never", gone=True, limits=PoseReplicaSettings(request_frames=3))


@given(st.binary(max_size=5000), st.booleans())
def test_every_picture_in_base64_is_what_it_was(picture: bytes, as_url: bool):
    text = ("data:image/png;base64," if as_url else "") + base64.b64encode(picture).decode()
    with patched(pose_body, "_BASE64_BLOCK", 8):
        request = read("application/json", json.dumps({"frames": [text, "YQ=="]}).encode(), limits=LARGE)
    assert request.pictures == (picture, b"a")


@pytest.mark.parametrize("text", ["YQ==YWJj", "YQ=", "Y", "YQ==\n", "YW\u00e9j", "====", "YWJjYQ==YWJjYWJj"])
def test_what_is_not_base64_is_refused_at_any_length(text: str):
    with patched(pose_body, "_BASE64_BLOCK", 8), pytest.raises(RequestError, match=r"frames\.0: .*not base64"):
        read("application/json", json.dumps({"frames": [text]}).encode())


def test_pictures_are_searched_one_by_one_unless_they_are_said_to_be_consecutive():
    assert not read("image/png", b"a").consecutive
    assert not read("application/json", b'{"frames": ["YQ=="]}').consecutive
    assert read("application/json", b'{"frames": ["YQ=="], "consecutive": true}').consecutive


@pytest.mark.parametrize("name", ["consecutive", "field_of_view_degrees", "timestamps_s"])
def test_in_json_a_value_has_the_type_of_the_description(name: str):
    value = {"consecutive": 1, "field_of_view_degrees": "60", "timestamps_s": ["0.5"]}[name]
    with pytest.raises(RequestError, match=f"{name}.* should be a valid"):
        read("application/json", json.dumps({"frames": ["YQ=="], name: value}).encode())


@pytest.mark.parametrize("kind", ["image/jpeg", "application/json", FORM])
def test_a_body_beyond_what_all_requests_may_hold_is_told_to_come_again(kind: str):
    start = b'--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\n' if kind == FORM else b""
    with pytest.raises(OverloadedError):
        read(kind, start, *[b"a" * 100] * 5, held=400)


def test_the_example_of_the_description_is_a_request():
    for example in PoseBody.model_config["json_schema_extra"]["examples"]:
        assert len(read("application/json", json.dumps(example).encode()).pictures) == 1


@pytest.mark.parametrize("kind", ["image/jpeg", "application/json", FORM])
def test_a_client_that_goes_away_while_it_sends_is_an_error_of_the_request(kind: str):
    with pytest.raises(RequestError, match="broke off"):
        read(kind, b"", gone=True)
