"""Pictures by their URIs: what the settings allow, by the rules of every other fetch, and never without a bound."""

import asyncio
import base64
import http.server
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.requests import Request
from support.http_server import served
from support.jobs_in_memory import Interface, JobsInMemory

from neuropose_ray.errors import ForbiddenInputError, OverloadedError, TooLargeError
from neuropose_ray.service.http import named_pictures
from neuropose_ray.service.http.bodies import HeldBytes
from neuropose_ray.service.http.named_pictures import NamedPictures
from neuropose_ray.service.http.pose_body import PoseOptions, read_pictures
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.pose.requests import FrameRequest
from neuropose_ray.service.settings import PoseReplicaSettings, UploadSettings


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        self.send_response(404 if "missing" in self.path else 200)
        self.end_headers()
        self.wfile.write(b"p" * (5000 if "large" in self.path else 100))

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def host() -> Iterator[str]:
    with served(_Handler) as port:
        yield f"127.0.0.1:{port}"


def complete(
    *frames: object, held: int = 10_000, limits: PoseReplicaSettings | None = None, **uploads: object
) -> FrameRequest:
    """A request in JSON, with what it names."""
    limits = limits or PoseReplicaSettings(request_bytes=4000)
    body = json.dumps({"frames": frames}).encode()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def completed() -> FrameRequest:
        request = Request({"type": "http", "headers": [(b"content-type", b"application/json")]}, receive)
        named = NamedPictures(Inputs(UploadSettings.model_validate(uploads)), limits)
        with HeldBytes(held, retry_after_s=1).share() as share:
            return await named.complete(await read_pictures(request, PoseOptions(), limits, share), share)

    return asyncio.run(completed())


def near(host: str) -> dict[str, object]:
    return {"hosts": [host], "http": True, "private_networks": True}


def test_pictures_of_all_kinds_keep_their_places(host: str, tmp_path: Path):
    (tmp_path / "a.png").write_bytes(b"below a folder")
    sent = base64.b64encode(b"sent").decode()
    request = complete(
        {"uri": f"http://{host}/one.jpg"}, sent, {"uri": str(tmp_path / "a.png")}, {"uri": f"http://{host}/missing.jpg"},
        roots=[str(tmp_path)], **near(host),
    )  # fmt: skip
    assert request.pictures == (b"p" * 100, b"sent", b"below a folder", b"")
    assert list(request.faults) == [3]
    assert request.faults[3].code == "input_not_found"
    assert request.name_of(0) == "picture 0 (one.jpg)"
    assert not request.uris


@pytest.mark.parametrize(
    "uri",
    ["/etc/passwd", "file:///etc/passwd", "http://169.254.169.254/latest/a.jpg", "https://elsewhere.example/a.jpg",
     "s3://bucket/a.png", "gopher://x/a.png"],
)  # fmt: skip
def test_one_uri_that_may_not_be_read_refuses_the_request_before_anything_is_read(host: str, uri: str):
    with pytest.raises(ForbiddenInputError):
        complete({"uri": f"http://{host}/one.jpg"}, {"uri": uri}, **near(host))


@pytest.mark.parametrize(
    ("path", "changes"),
    [("/to/http://169.254.169.254/a.jpg", {}), ("/to/file:///etc/passwd", {}),
     ("/one.jpg", {"private_networks": False})],
)  # fmt: skip
def test_no_redirect_and_no_name_leads_into_the_services_own_network(host: str, path: str, changes: dict):
    with pytest.raises(ForbiddenInputError):
        complete({"uri": f"http://{host}{path}"}, **near(host) | changes)


def test_bytes_are_bounded_for_each_request_and_for_all_together(host: str):
    large, small = {"uri": f"http://{host}/large.jpg"}, {"uri": f"http://{host}/one.jpg"}
    with pytest.raises(TooLargeError):
        complete(large, **near(host))
    with pytest.raises(TooLargeError):
        complete(*[small] * 41, **near(host))
    with pytest.raises(OverloadedError):
        complete(*[small] * 30, held=3000, **near(host))
    assert len(complete(*[small] * 30, **near(host)).pictures) == 30


def test_a_picture_that_is_not_there_is_said_of_it_alone(host: str, tmp_path: Path):
    request = complete({"uri": str(tmp_path / "none.png")}, {"uri": f"http://{host}/one.jpg"}, roots=[str(tmp_path)],
                       **near(host))  # fmt: skip
    assert request.pictures[1]
    assert request.faults[0].code == "input_not_found"


def test_no_request_is_read_for_that_names_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(named_pictures.NamedPictures, "_read", None)
    assert complete(base64.b64encode(b"sent").decode()).pictures == (b"sent",)


def test_the_route_refuses_and_a_token_is_needed_as_for_every_picture(tmp_path: Path):
    service = Interface(tmp_path, JobsInMemory(), scopes={"anna": ["submit"], "guest": ["read"]})
    body = {"frames": [{"uri": "/etc/passwd"}]}
    refused = service.one("POST", "/v1/pose", json=body, caller="anna")
    assert (refused.status_code, refused.json()["code"]) == (403, "input_forbidden")
    assert service.one("POST", "/v1/pose", json=body, caller="guest").status_code == 403
    assert service.one("POST", "/v1/pose", json=body).status_code == 401
    for wrong in ({"uri": 3}, {}, {"url": "x"}, {"uri": "x", "more": 1}, 3, None):
        answer = service.one("POST", "/v1/pose", json={"frames": [wrong]}, caller="anna")
        assert answer.status_code == 422
