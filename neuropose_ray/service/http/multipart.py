"""The body of a form with files, taken apart as it streams in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from python_multipart.multipart import MultipartParser, parse_options_header

from neuropose_ray.errors import RequestError

#: A field of a form is settings, never data.
MAX_FIELD_BYTES = 64 * 1024
MAX_FIELDS = 200


@dataclass(frozen=True, slots=True)
class PartBegin:
    """A part begins; with a file name it is a file."""

    name: str
    filename: str | None


@dataclass(frozen=True, slots=True)
class PartData:
    """Some bytes of the part that began last."""

    data: bytes


@dataclass(frozen=True, slots=True)
class PartEnd:
    """The part is whole."""


Event = PartBegin | PartData | PartEnd


@dataclass(slots=True)
class _Collector:
    """The parser's callbacks, noted as events."""

    events: list[Event] = field(default_factory=list)
    ended: bool = False
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _headers: dict[bytes, bytes] = field(default_factory=dict)

    def part_begin(self) -> None:
        self._headers = {}

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        self._headers[bytes(self._header).lower()] = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def headers_finished(self) -> None:
        disposition, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        if disposition != b"form-data" or b"name" not in options:
            raise RequestError("a part without `Content-Disposition: form-data; name=...`")
        filename = options.get(b"filename")
        self.events.append(PartBegin(_text(options[b"name"]), None if filename is None else _text(filename)))

    def part_data(self, data: bytes, start: int, end: int) -> None:
        self.events.append(PartData(data[start:end]))

    def part_end(self) -> None:
        self.events.append(PartEnd())

    def end(self) -> None:
        self.ended = True

    def take(self) -> Iterator[Event]:
        """What was noted since the last time."""
        events, self.events = self.events, []
        return iter(events)


async def read_form(content_type: str, body: AsyncIterator[bytes]) -> AsyncIterator[Event]:
    """Parts of a ``multipart/form-data`` body as they come; no part is held in memory.

    Raises:
        RequestError: not such a body, or it ends early.
    """
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise RequestError(
            "not a form with a boundary", hint="send `Content-Type: multipart/form-data; boundary=...`"
        )
    collector = _Collector()
    names = (
        "part_begin", "header_field", "header_value", "header_end", "headers_finished",
        "part_data", "part_end", "end",
    )  # fmt: skip
    try:
        parser = MultipartParser(options[b"boundary"], {f"on_{name}": getattr(collector, name) for name in names})  # type: ignore[arg-type]
        async for chunk in body:
            parser.write(chunk)
            for event in collector.take():
                yield event
        parser.finalize()
    except ValueError as error:
        raise RequestError("the form cannot be read", hint="see RFC 7578") from error
    if not collector.ended:
        raise RequestError("the form ends before its last boundary", hint="send it again")


def _text(data: bytes) -> str:
    """A name as browsers and libraries send it.

    Raises:
        RequestError: not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RequestError("a name that is not UTF-8") from error
