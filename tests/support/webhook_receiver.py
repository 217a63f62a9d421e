"""A receiver of webhooks: a real HTTP server that keeps what came, and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from support.http_server import StartedServer
from support.ports import free_port


@dataclass
class Message:
    path: str
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def key(self) -> str:
        return self.headers["idempotency-key"]


@dataclass
class Receiver:
    """``answers`` are given first, one each, as status and headers; then ``status``."""

    port: int = field(default_factory=free_port)
    status: int = 204
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    refused: int = 0
    _server: StartedServer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def taken(self) -> list[Message]:
        """The messages as a receiver has them that knows idempotency keys: the first of each key."""
        return list({message.key: message for message in reversed(self.messages)}.values())[::-1]

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with receiver._lock:
                    status, more = receiver.answers.pop(0) if receiver.answers else (receiver.status, {})
                    if 200 <= status < 300:
                        receiver.messages.append(Message(self.path, headers, content))
                    else:
                        receiver.refused += 1
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = StartedServer(Handler, port=self.port)

    def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None


@contextmanager
def receiver(**options: Any) -> Iterator[Receiver]:
    started = Receiver(**options)
    started.start()
    try:
        yield started
    finally:
        started.stop()
