"""Messages between a source and its decoder: a line of JSON with an optional payload of bytes, over a socket.

Nothing is unpickled: the decoder reads what a stranger's camera sends.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

_HEADER = struct.Struct("!II")
# One encoded picture is far below; a decoder that lost its mind must not fill the memory.
_LONGEST = 64 << 20

Message = dict[str, Any]


class WireError(Exception):
    """Bytes that are no message."""


class Sender:
    """Writes messages; several threads may."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel, self._lock = channel, threading.Lock()

    def send(self, message: Message, payload: bytes = b"") -> None:
        """Write one message, whole.

        Raises:
            OSError: the other side is gone.
        """
        text = json.dumps(message).encode()
        with self._lock:
            self._channel.sendall(_HEADER.pack(len(text), len(payload)) + text + payload)


class Receiver:
    """Puts messages together from the bytes that come."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Message, bytes]]:
        """The messages that are whole with these bytes.

        Raises:
            WireError: they are no messages.
        """
        self._bytes += data
        while len(self._bytes) >= _HEADER.size:
            text_bytes, payload_bytes = _HEADER.unpack_from(self._bytes)
            end = _HEADER.size + text_bytes + payload_bytes
            if end > _LONGEST:
                raise WireError("a message that is too long")
            if len(self._bytes) < end:
                return
            text = bytes(self._bytes[_HEADER.size : _HEADER.size + text_bytes])
            payload = bytes(self._bytes[_HEADER.size + text_bytes : end])
            del self._bytes[:end]
            try:
                message = json.loads(text)
            except ValueError as error:
                raise WireError("not a message") from error
            if not isinstance(message, dict):
                raise WireError("not a message")
            yield message, payload
