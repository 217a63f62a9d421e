"""A web server in a thread of this process that ends at once: of itself it looks twice a second whether it is to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_LOOK_S = 0.01


class StartedServer(ThreadingHTTPServer):
    """It answers from now on, until it is closed.

    Args:
        handler: makes the answers.
        address: of this machine.
        port: 0 for a free one.
    """

    def __init__(
        self, handler: Callable[..., BaseHTTPRequestHandler], address: str = "127.0.0.1", port: int = 0
    ) -> None:
        super().__init__((address, port), handler)
        threading.Thread(target=self.serve_forever, args=(_LOOK_S,), daemon=True).start()

    def close(self) -> None:
        """Answer nobody any more; the address is free again."""
        self.shutdown()
        self.server_close()


@contextmanager
def served(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[int]:
    """Answer while the block runs; the port, of 127.0.0.1."""
    server = StartedServer(handler)
    try:
        yield server.server_port
    finally:
        server.close()
