"""Inputs by URI: only what the settings allow, wherever links, redirects and names lead."""

from pathlib import Path

import pytest

from neuropose_ray.errors import (
    ForbiddenInputError,
    RequestError,
)
from neuropose_ray.service.inputs import Inputs
from neuropose_ray.service.settings import UploadSettings


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "videos"
    folder.mkdir()
    (folder / "walk one.mp4").write_bytes(b"video")
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    (folder / "link.mp4").symlink_to(tmp_path / "secret.mp4")
    return folder


def inputs(**settings: object) -> Inputs:
    return Inputs(UploadSettings.model_validate(settings))


@pytest.mark.parametrize(
    "form", ["{root}/walk one.mp4", "file://{root}/walk%20one.mp4", "{root}/../videos/walk one.mp4"]
)
def test_a_file_below_an_allowed_folder_is_used_where_it_lies(root, form, tmp_path):
    allowed = inputs(roots=[str(root)])
    given = allowed.admit(form.format(root=root))
    assert given.name == "walk one.mp4"
    assert allowed.bring(given, tmp_path / "fetched") == root / "walk one.mp4"


@pytest.mark.parametrize(
    "uri",
    ["{root}/../secret.mp4", "{root}/link.mp4", "file://{root}/%2e%2e/secret.mp4", "/etc/passwd", "relative.mp4",
     "file://elsewhere/walk.mp4", "ftp://host/walk.mp4", "gopher://x/walk.mp4", "s3://clips/walk.mp4"],
)  # fmt: skip
def test_nothing_outside_is_reached(root, uri):
    with pytest.raises(ForbiddenInputError):
        inputs(roots=[str(root)]).admit(uri.format(root=root))


def test_a_link_that_is_put_in_place_later_is_not_followed(root, tmp_path):
    allowed = inputs(roots=[str(root)])
    given = allowed.admit(f"{root}/walk one.mp4")
    (root / "walk one.mp4").unlink()
    (root / "walk one.mp4").symlink_to(tmp_path / "secret.mp4")
    with pytest.raises(ForbiddenInputError):
        allowed.bring(given, tmp_path / "fetched")


@pytest.mark.parametrize("uri", ["", "/a\nb.mp4", "http://[::1", "file:///a\x00b.mp4", "/" + "x" * 3000])
def test_what_is_no_uri_is_refused(uri):
    with pytest.raises((RequestError, ForbiddenInputError)):
        inputs(roots=["/srv"]).admit(uri)


@pytest.mark.parametrize(
    ("uri", "allowed"),
    [("s3://clips/trials/walk.mp4", True), ("s3://clips/trials/a/b.mp4", True),
     ("s3://clips/trialsX/walk.mp4", False), ("s3://clips/other/walk.mp4", False),
     ("s3://clips/trials/../other/walk.mp4", False), ("gs://clips/trials/w.mp4", False),
     ("s3://clips/trials/%2e%2e/other/w.mp4", False), ("s3://clips/trials/w.mp4?endpoint_override=evil:1", False),
     ("s3://key:secret@clips/trials/w.mp4", False)],
)  # fmt: skip
def test_objects_lie_below_an_allowed_prefix(uri, allowed):
    store = inputs(roots=["s3://clips/trials"])
    if allowed:
        assert store.admit(uri).uri == uri
    else:
        with pytest.raises(ForbiddenInputError):
            store.admit(uri)


@pytest.mark.parametrize(
    "uri",
    ["https://other.example/w.mp4", "http://clips.example/w.mp4", "https://clips.example:8443/w.mp4",
     "https://user@clips.example/w.mp4", "https://clips.example.evil.example/w.mp4"],
)  # fmt: skip
def test_urls_are_of_allowed_hosts_and_schemes(uri):
    allowed = inputs(hosts=["clips.example"])
    assert allowed.admit("https://CLIPS.example/a/w.mp4?version=2").name == "w.mp4"
    with pytest.raises(ForbiddenInputError):
        allowed.admit(uri)
