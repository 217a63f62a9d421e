"""A real HTTP camera for tests: snapshots with ETag and times, MJPEG, passwords, redirects and faults."""

import hashlib
import secrets
import threading
import time
from base64 import b64decode
from collections import Counter
from http.server import BaseHTTPRequestHandler
from typing import Literal, Self

import cv2
import numpy as np
from support.http_server import StartedServer
from support.rtsp.stamps import milliseconds, write_stamp

WIDTH, HEIGHT = 320, 192


def jpeg(stamp: int) -> bytes:
    """A stamped picture."""
    grey = np.full((HEIGHT, WIDTH), 90, np.uint8)
    write_stamp(grey, stamp)
    return cv2.imencode(".jpg", grey)[1].tobytes()


class HttpCamera:
    """Serves ``/snapshot.jpg`` and ``/video.mjpeg`` on loopback, as its attributes say. A context manager.

    Attributes:
        picture: of ``/snapshot.jpg``; None for a new one each time.
        headers: sent with a snapshot.
        validators: whether a snapshot has an ETag, and requests with it are answered 304.
        status: of every answer.
        requests: how often each path was asked for, and ``path:status`` how often it was answered so.
        sent_credentials: whether a request had a header with a password, by path.
        halted: while set, nothing is answered any more.
    """

    def __init__(
        self,
        *,
        fps: float = 20,
        credentials: tuple[str, str] | None = None,
        method: Literal["basic", "digest"] = "basic",
        address: str = "127.0.0.1",
    ) -> None:
        self.picture: bytes | None = None
        self.headers: dict[str, str] = {}
        self.validators, self.status, self.fps = True, 200, fps
        self.requests: Counter[str] = Counter()
        self.sent_credentials: dict[str, bool] = {}
        self.halted = threading.Event()
        self.ended = threading.Event()
        self.redirects: dict[str, str] = {}
        self.other: dict[str, tuple[str, bytes]] = {}
        self.credentials, self.method, self.nonce = credentials, method, secrets.token_hex(8)
        camera = self

        class Handler(_Handler):
            pass

        Handler.camera = camera
        self._server = StartedServer(Handler, address)
        self.host = f"{address}:{self._server.server_port}"

    def url(self, path: str) -> str:
        """The address of a path, with user and password."""
        user = "{}:{}@".format(*self.credentials) if self.credentials else ""
        return f"http://{user}{self.host}{path}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self._server.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    camera: HttpCamera

    def do_GET(self) -> None:
        camera, path = self.camera, self.path.partition("?")[0]
        camera.requests[path] += 1
        camera.sent_credentials[path] = "Authorization" in self.headers
        while camera.halted.is_set() and not camera.ended.is_set():
            time.sleep(0.02)
        if path in camera.redirects:
            self._answer(302, b"", {"Location": camera.redirects[path]})
        elif camera.credentials and not self._is_allowed():
            digest = f'Digest realm="camera", qop="auth", algorithm=SHA-256, nonce="{camera.nonce}"'
            asked = digest if camera.method == "digest" else 'Basic realm="camera"'
            self._answer(401, b"", {"WWW-Authenticate": asked})
        elif camera.status != 200:
            self._answer(camera.status, b"", {})
        elif path in camera.other:
            kind, content = camera.other[path]
            self._answer(200, content, {"Content-Type": kind})
        elif path == "/snapshot.jpg":
            self._snapshot()
        elif path == "/video.mjpeg":
            self._video()
        else:
            self._answer(404, b"", {})

    def _snapshot(self) -> None:
        content = self.camera.picture if self.camera.picture is not None else jpeg(milliseconds())
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"Content-Type": "image/jpeg", **self.camera.headers}
        if self.camera.validators:
            headers["ETag"] = tag
            if self.headers.get("If-None-Match") == tag:
                self._answer(304, b"", headers)
                return
        self._answer(200, content, headers)

    def _video(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=--picture")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while not self.camera.ended.wait(1 / self.camera.fps):
            if not self.camera.halted.is_set():
                content = jpeg(milliseconds())
                head = f"--picture\r\nContent-Type: image/jpeg\r\nContent-Length: {len(content)}\r\n\r\n"
                self.wfile.write(head.encode() + content + b"\r\n")

    def _answer(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.camera.requests[f"{self.path.partition('?')[0]}:{status}"] += 1
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if status != 304:
            self.wfile.write(content)

    def _is_allowed(self) -> bool:
        user, password = self.camera.credentials or ("", "")
        given = self.headers.get("Authorization", "")
        if self.camera.method == "basic":
            return given.startswith("Basic ") and b64decode(given[6:]).decode() == f"{user}:{password}"
        fields = {
            name.strip(): value.strip().strip('"')
            for name, _, value in (part.partition("=") for part in given.removeprefix("Digest ").split(","))
        }
        secret = _sha256(f"{user}:camera:{password}")
        target = _sha256(f"GET:{self.path}")
        parts = [secret, self.camera.nonce, fields.get("nc", ""), fields.get("cnonce", ""), "auth", target]
        return fields.get("response") == _sha256(":".join(parts))

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            """Whoever looked has gone."""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
