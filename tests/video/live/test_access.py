"""Which sources may be opened: kinds, hosts, networks and folders."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from neuropose_ray.errors import SourceError
from neuropose_ray.schemas.live import SourceKind
from neuropose_ray.video.live import SourceAccess
from neuropose_ray.video.live.access import check_source, kind_of

EVERYTHING = SourceAccess(private_networks=True, hls=True, devices=True, files=(Path("/"),))


def at(address: str):
    def resolve(host: str, port: int) -> Sequence[str]:
        if not address:
            raise OSError
        return [address]

    return resolve


@pytest.mark.parametrize(
    ("url", "asked", "kind"),
    [
        ("rtsp://cam/1", "auto", "rtsp"),
        ("rtsps://cam/1", "rtsp", "rtsp"),
        ("http://cam/a", "auto", "http"),
        ("https://cam/a.jpg", "snapshot", "snapshot"),
        ("http://cam/a", "mjpeg", "mjpeg"),
        ("https://cam/a.M3U8?x=1", "auto", "hls"),
        ("http://cam/a", "hls", "hls"),
        ("device:/dev/video0", "auto", "device"),
    ],
)
def test_the_kind_is_known_by_the_url_or_asked_for(url: str, asked: SourceKind, kind: str):
    assert kind_of(url, asked, EVERYTHING) == kind


@pytest.mark.parametrize(
    ("url", "asked"),
    [("rtsp://cam/1", "mjpeg"), ("http://cam/1", "rtsp"), ("http://cam/1", "device"), ("device:/dev/video0", "file"),
     ("file:///a.mp4", "rtsp")],
)  # fmt: skip
def test_a_kind_that_does_not_fit_the_url_is_refused(url: str, asked: SourceKind):
    with pytest.raises(SourceError, match="kind"):
        kind_of(url, asked, EVERYTHING)


@pytest.mark.parametrize(
    ("url", "reason"),
    [("http://8.8.8.8/a.m3u8", "HLS"), ("/dev/video0", "cameras of this machine"), ("/etc/hostname", "folder")],
)
def test_hls_devices_and_files_are_off_unless_allowed(url: str, reason: str):
    with pytest.raises(SourceError, match=reason):
        check_source(url, "auto", SourceAccess(private_networks=True))


@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.7", "fd00::1"])
def test_a_name_in_the_own_network_is_refused_unless_allowed(address: str):
    with pytest.raises(SourceError, match="network") as refused:
        check_source("rtsp://admin:geheim@cam.example/1", "auto", SourceAccess(), resolve=at(address))
    assert "geheim" not in str(refused.value)
    assert "private_networks" in str(refused.value)


def test_a_host_that_is_not_listed_is_refused():
    access = SourceAccess(hosts=("cam.example",), private_networks=True)
    assert check_source("rtsp://CAM.example/1", "auto", access, resolve=at("10.0.0.7")) == "rtsp://cam.example/1"
    with pytest.raises(SourceError, match="not a host"):
        check_source("rtsp://10.0.0.7/1", "auto", access, resolve=at("10.0.0.7"))


def test_a_host_that_has_no_address_now_may_have_one_later():
    assert check_source("rtsp://cam.example/1", "auto", SourceAccess(), resolve=at("")) == "rtsp://cam.example/1"


def test_files_are_played_below_allowed_folders_alone(tmp_path: Path):
    inside, outside = tmp_path / "videos", tmp_path / "private"
    inside.mkdir()
    outside.mkdir()
    (inside / "a.mp4").touch()
    (outside / "b.mp4").touch()
    (inside / "link.mp4").symlink_to(outside / "b.mp4")
    access = SourceAccess(files=(inside,))
    assert check_source(str(inside / "a.mp4"), "auto", access) == f"file://{inside}/a.mp4"
    for path in (outside / "b.mp4", inside / "link.mp4", inside / ".." / "private" / "b.mp4", outside / "none.mp4"):
        with pytest.raises(SourceError, match="not below"):
            check_source(str(path), "auto", access)
    with pytest.raises(SourceError, match="no such file"):
        check_source(str(inside / "none.mp4"), "auto", access)
