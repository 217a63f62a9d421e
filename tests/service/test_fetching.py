"""Files over HTTP: from allowed hosts alone, wherever names and redirects lead, whole or not at all."""

import http.server
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote

import pytest
from support.http_server import served

from neuropose_ray.errors import (
    FetchError,
    ForbiddenInputError,
    InputNotFoundError,
    TooLargeError,
)
from neuropose_ray.schemas.jobs import JobInput
from neuropose_ray.service.fetching import FetchLimits
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.settings import UploadSettings


class _Handler(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:
        self.asked[self.path] += 1
        if self.path.startswith("/busy/") and self.asked[self.path] < 3:
            self.send_error(503)
            return
        if self.path.startswith("/breaks/") and self.asked[self.path] < 3:
            self.send_response(200)
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"vi")
            return
        if self.path.startswith("/moved/"):
            self.send_response(302)
            where = unquote(self.path.removeprefix("/moved").partition("?")[0])
            self._headers_buffer.append(f"Location: {where}\r\n".encode())  # send_header takes no umlauts
            self.end_headers()
            return
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        self.send_response(200 if self.path.endswith("here.mp4") else 404)
        if self.path != "/endless/here.mp4":
            self.send_header("Content-Length", "5" if self.path != "/short/here.mp4" else "50")
        self.end_headers()
        self.wfile.write(b"video" if self.path != "/endless/here.mp4" else b"v" * 4000)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def host() -> Iterator[str]:
    _Handler.asked.clear()
    with served(_Handler) as port:
        yield f"127.0.0.1:{port}"


def bring(host: str, path: str, folder: Path, **settings: object) -> Path:
    given = {"hosts": [host], "http": True, "private_networks": True, "max_bytes": 1000, **settings}
    allowed = Inputs(UploadSettings.model_validate(given), FetchLimits(pause_s=0.01))
    return allowed.bring(JobInput(name="here.mp4", uri=f"http://{host}{path}"), folder)


def test_a_file_is_fetched_also_by_redirects(host, tmp_path):
    assert bring(host, "/here.mp4", tmp_path / "a").read_bytes() == b"video"
    assert bring(host, f"/to/http://{host}/here.mp4", tmp_path / "b").read_bytes() == b"video"


@pytest.mark.parametrize("name", ["left knee", "Müller", "a%20b", "步态", "100%"])
def test_a_file_may_have_any_name_also_where_a_redirect_leads_to_it(host, name, tmp_path):
    assert bring(host, f"/{name}/here.mp4", tmp_path / "a").read_bytes() == b"video"
    assert bring(host, f"/moved/{name}/here.mp4?a=b c", tmp_path / "b").read_bytes() == b"video"


@pytest.mark.parametrize("path", ["/busy/here.mp4", "/breaks/here.mp4"])
def test_what_breaks_off_is_fetched_again_until_it_is_whole(host, path, tmp_path):
    assert bring(host, path, tmp_path).read_bytes() == b"video"
    assert _Handler.asked[path] == 3


@pytest.mark.parametrize(("path", "times"), [("/short/here.mp4", 4), ("/missing.mp4", 1), ("/endless/here.mp4", 1)])
def test_what_stays_broken_is_given_up_and_what_is_not_there_is_asked_for_once(host, path, times, tmp_path):
    with pytest.raises((InputNotFoundError, TooLargeError)) as failed:
        bring(host, path, tmp_path)
    assert _Handler.asked[path] == times
    assert failed.value.retryable == (times > 1)


def test_a_host_that_does_not_answer_may_later(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(FetchError, match="does not answer") as failed:
        bring(host, "/here.mp4", tmp_path)
    assert failed.value.retryable


def test_a_redirect_leads_to_no_host_that_is_not_allowed(host, tmp_path):
    with pytest.raises(ForbiddenInputError):
        bring(host, "/to/http://localhost:1/here.mp4", tmp_path)


def test_an_allowed_host_in_the_own_network_is_refused_unless_that_is_allowed(host, tmp_path):
    with pytest.raises(ForbiddenInputError, match="private_networks"):
        bring(host, "/here.mp4", tmp_path, private_networks=False)


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/endless/here.mp4", TooLargeError),
        ("/short/here.mp4", FetchError),
        ("/to/a/to/here.mp4", InputNotFoundError),
    ],
)
def test_what_is_too_large_or_broken_off_leaves_nothing(host, path, error, tmp_path):
    with pytest.raises(error):
        bring(host, path, tmp_path / "fetched")
    assert not list(tmp_path.rglob("*.mp4"))
