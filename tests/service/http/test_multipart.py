"""Forms with files, taken apart as they stream in: however a body is cut into pieces, the parts are the same."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import RequestError
from neuropose_ray.service.http.multipart import PartBegin, PartData, PartEnd, read_form

CONTENT_TYPE = "multipart/form-data; boundary=edge"
Part = tuple[str, str | None, bytes]


def form(parts: Sequence[Part]) -> bytes:
    body = b""
    for name, filename, data in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        body += f'--edge\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + data + b"\r\n"
    return body + b"--edge--\r\n"


def read(pieces: Iterable[bytes], content_type: str = CONTENT_TYPE) -> list[Part]:
    async def body() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def parts() -> list[Part]:
        whole: list[Part] = []
        async for event in read_form(content_type, body()):
            match event:
                case PartBegin(name, filename):
                    whole.append((name, filename, b""))
                case PartData(data):
                    whole[-1] = (*whole[-1][:2], whole[-1][2] + data)
                case PartEnd():
                    pass
        return whole

    return asyncio.run(parts())


PARTS = [
    ("workflow", None, b"standard"),
    ("file", "李 walk.mp4", b"\r\n--edg not the end \r\n" * 9),
    ("empty", "e", b""),
]


@given(st.lists(st.integers(0, len(form(PARTS))), max_size=12))
def test_a_body_cut_anywhere_gives_the_same_parts(cuts: list[int]):
    whole = form(PARTS)
    edges = [0, *sorted(cuts), len(whole)]
    assert read(whole[start:end] for start, end in itertools.pairwise(edges)) == PARTS


@given(st.integers(0, len(form(PARTS)) - 5))
def test_a_body_that_ends_early_is_refused_wherever_it_ends(end: int):
    with pytest.raises(RequestError, match="ends before its last boundary"):
        read([form(PARTS)[:end]])


@given(st.binary(max_size=300))
def test_any_other_body_is_a_typed_error(body: bytes):
    with pytest.raises(RequestError):
        read([body])


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "multipart/form-data", "multipart/mixed; boundary=edge"]
)
def test_what_is_no_form_says_what_to_send(content_type: str):
    with pytest.raises(RequestError, match="boundary="):
        read([form(PARTS)], content_type)


@pytest.mark.parametrize(
    "header",
    [b"Content-Type: text/plain", b"Content-Disposition: form-data", b'Content-Disposition: attachment; name="a"'],
)
def test_a_part_without_a_name_is_refused(header: bytes):
    with pytest.raises(RequestError, match="a part without"):
        read([b"--edge\r\n" + header + b"\r\n\r\ndata\r\n--edge--\r\n"])


def test_a_name_that_is_not_utf8_is_refused():
    body = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="\xff.mp4"\r\n\r\n1\r\n--edge--\r\n'
    with pytest.raises(RequestError, match="not UTF-8"):
        read([body])


def test_what_comes_is_passed_on_before_the_rest_is_there():
    async def check() -> None:
        asked = []

        async def body() -> AsyncIterator[bytes]:
            for piece in (form(PARTS)[:200], form(PARTS)[200:]):
                asked.append(len(piece))
                yield piece

        async for _ in read_form(CONTENT_TYPE, body()):
            assert len(asked) == 1
            break

    asyncio.run(check())
