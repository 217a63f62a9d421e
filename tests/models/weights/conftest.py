"""A web server of archives that can behave badly in every way a download must survive."""

import io
import tarfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import pytest
from support.http_server import served


@dataclass
class FileServer:
    """Serves ``files`` (name -> content) on a loopback port.

    ``cuts`` are consumed one per request: after that many bytes of the body the connection is closed, None sends all.
    ``statuses`` likewise: an HTTP status to answer with instead, None serves the file.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    etag: str | None = '"1"'
    extra_length: int = 0
    delay_s: float = 0.0
    cuts: list[int | None] = field(default_factory=list)
    statuses: list[int | None] = field(default_factory=list)
    requests: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    files: FileServer

    def do_GET(self) -> None:
        served = self.files
        wanted = self.headers.get("Range")
        served.requests.append((self.path, wanted))
        status = served.statuses.pop(0) if served.statuses else None
        content = served.files.get(self.path.lstrip("/"))
        if status or content is None:
            self.send_error(status or 404)
            return
        start = 0
        if wanted and served.ranges and self.headers.get("If-Range") == served.etag:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(content)}")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        else:
            self.send_response(200)
        body = content[start:]
        if served.etag:
            self.send_header("ETag", served.etag)
        self.send_header("Content-Length", str(len(body) + served.extra_length))
        self.end_headers()
        time.sleep(served.delay_s)
        cut = served.cuts.pop(0) if served.cuts else None
        with suppress(ConnectionError):  # the client may have had enough
            self.wfile.write(body if cut is None else body[:cut])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def file_server() -> Iterator[FileServer]:
    files = FileServer()
    handler = type("Handler", (_Handler,), {"files": files})
    with served(handler) as port:
        files.url = f"http://127.0.0.1:{port}"
        yield files


SAVED_MODEL = {
    "saved_model.pb": b"graph",
    "variables/variables.index": b"index",
    "variables/variables.data-00000-of-00001": bytes(range(256)) * 1000,
}

ArchiveMaker = Callable[[dict[str, bytes]], bytes]


def tar_gz(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def make_tar() -> ArchiveMaker:
    return tar_gz


@pytest.fixture
def make_zip() -> ArchiveMaker:
    return zipped


@pytest.fixture
def saved_model() -> dict[str, bytes]:
    """The files of a SavedModel, by name; their content means nothing to the store."""
    return dict(SAVED_MODEL)


@pytest.fixture(scope="session")
def blazepose_cache(tmp_path_factory: pytest.TempPathFactory):
    """A cache with the real BlazePose weights, fetched once for the session."""
    from neuropose_ray.errors import WeightsUnavailableError
    from neuropose_ray.models.weights import WeightStore

    cache = tmp_path_factory.mktemp("weights")
    try:
        WeightStore(cache).path("blazepose")
    except WeightsUnavailableError as error:
        pytest.skip(f"the weights cannot be fetched here: {error}")
    return cache
