"""Cameras through the media library: RTSP over both transports, MJPEG, HLS, and no way around what is allowed."""

import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
from support.http_camera import HttpCamera
from support.ports import free_port
from support.rtsp.camera import RtspCamera
from support.rtsp.stamps import age_ms, read_stamp

from neuropose_ray.errors import SourceError
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.video.live import SourceAccess
from neuropose_ray.video.live.container_source import (
    DeviceSource,
    HlsSource,
    MjpegSource,
    RtspSource,
    _PacketTimes,
    library_errors,
)
from neuropose_ray.video.live.http_camera import HttpCamera as Client
from neuropose_ray.video.live.packets import EncodedPacket
from neuropose_ray.video.live.pictures import ConnectionEnded, PictureConverter, SourceReport

ACCESS = SourceAccess(private_networks=True)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a camera that asks for no password."""
    with RtspCamera() as camera:
        yield camera.url


def rtsp(url: str, report: SourceReport | None = None, access: SourceAccess = ACCESS, **options) -> RtspSource:
    return RtspSource(url, SourceOptions(kill_s=3, **options), access, report or SourceReport())


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_an_rtsp_camera_gives_its_pictures_as_they_come(transport, url):
    kept: list[EncodedPacket] = []
    codecs: list[str] = []
    report = SourceReport(kept.append, lambda codec, header: codecs.append(codec))
    convert = PictureConverter()
    pictures = list(islice(rtsp(url, report, transport=transport).pictures(), 12))
    stamps = [read_stamp(convert(picture)) for picture in pictures]
    assert stamps == sorted(stamps)
    assert [picture.number for picture in pictures] == list(range(12))
    assert age_ms(convert(pictures[-1])) < 1000
    times = [picture.pts_s for picture in pictures]
    assert times == sorted(times)
    assert codecs == ["h264"]
    assert len(kept) >= 12
    assert report.frames >= 12


@pytest.mark.parametrize("method", ["basic", pytest.param("digest", marks=pytest.mark.endurance)])
def test_a_password_is_given_and_a_wrong_one_is_refused_without_being_shown(method, rtsp_camera):
    camera = rtsp_camera(credentials=("admin", "geheim"), method=method)
    assert next(rtsp(camera.url).pictures()).number == 0
    with pytest.raises(ConnectionEnded, match="refused") as ended:
        next(rtsp(camera.url.replace("geheim", "falsch")).pictures())
    assert ended.value.denied
    assert "falsch" not in repr(ended.value)


def test_an_encrypted_camera_is_watched(rtsp_camera, tmp_path: Path):
    files = [str(tmp_path / name) for name in ("key.pem", "certificate.pem")]
    if shutil.which("openssl") is None:
        pytest.skip("no openssl is installed, which makes a certificate")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=camera", "-keyout"]
    subprocess.run([*command, files[0], "-out", files[1]], check=True, capture_output=True)
    both = tmp_path / "both.pem"
    both.write_text("".join(Path(path).read_text() for path in files))
    camera = rtsp_camera(credentials=("admin", "geheim"), certificate=both)
    assert camera.url.startswith("rtsps://")
    assert next(rtsp(camera.url).pictures()).number == 0


def test_a_path_that_is_not_there_may_be_later(url):
    with pytest.raises(ConnectionEnded, match="404") as ended:
        next(rtsp(url + "/none").pictures())
    assert not ended.value.denied


def test_a_camera_that_is_switched_off_is_said_to_refuse():
    with pytest.raises(ConnectionEnded, match="refused"):
        next(rtsp(f"rtsp://u:geheim@127.0.0.1:{free_port()}/1").pictures())


def test_an_rtsp_redirect_leads_to_no_host_that_was_not_checked(url):
    with socket.create_server(("127.0.0.2", 0)) as redirecting:
        threading.Thread(target=_redirect, args=(redirecting, url), daemon=True).start()
        host = f"127.0.0.2:{redirecting.getsockname()[1]}"
        with pytest.raises(ConnectionEnded, match="redirects") as ended:
            next(rtsp(f"rtsp://{host}/live").pictures())
    assert ended.value.denied


def test_of_several_addresses_the_first_that_answers_is_taken(url, monkeypatch):
    addresses = ("127.0.0.3", "127.0.0.1")
    monkeypatch.setattr("neuropose_ray.video.live.container_source.allowed_addresses", lambda url, access: addresses)
    assert next(rtsp(url).pictures()).number == 0


def test_an_address_that_is_refused_is_never_connected_to():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        with pytest.raises(SourceError, match="network"):
            next(rtsp(f"rtsp://127.0.0.1:{listening.getsockname()[1]}/1", access=SourceAccess()).pictures())
        with pytest.raises(TimeoutError):
            listening.accept()


def test_an_mjpeg_camera_gives_its_pictures_as_they_come():
    with HttpCamera(fps=20) as camera:
        stream = Client(camera.url("/video.mjpeg"), ACCESS, silence_s=5).stream()
        kept: list[EncodedPacket] = []
        report = SourceReport(kept.append, lambda codec, header: None)
        pictures, convert = MjpegSource(stream, report).pictures(), PictureConverter()
        taken = list(islice(pictures, 5))
        ages = [age_ms(convert(picture)) for picture in islice(pictures, 20)]
        stream.close()
    # The first pictures wait while the stream is recognised; the others are given before the next one comes.
    assert min(ages) < 200
    assert {picture.pts_s for picture in taken} == {None}
    assert len(kept) >= 25
    assert np.diff([packet.pts_s for packet in kept[5:]]).mean() == pytest.approx(0.05, rel=0.5)


def test_hls_comes_with_all_its_segments_from_where_it_is_allowed(test_data, tmp_path: Path):
    playlist = _segments(test_data / "odd" / "made_vfr_walk.mp4", tmp_path)
    with HttpCamera(address="127.0.0.2") as other, HttpCamera(credentials=("admin", "geheim")) as camera:
        for file in tmp_path.glob("*.ts"):
            camera.other[f"/{file.name}"] = other.other[f"/{file.name}"] = ("video/mp2t", file.read_bytes())
        camera.other["/live.m3u8"] = ("application/vnd.apple.mpegurl", playlist.encode())
        client = Client(camera.url("/live.m3u8"), ACCESS, silence_s=5)
        pictures = HlsSource(camera.url("/live.m3u8"), client, SourceReport()).pictures()
        assert len(list(islice(pictures, 20))) == 20
        elsewhere = playlist.replace("part", f"http://{other.host}/part")
        camera.other["/live.m3u8"] = ("application/vnd.apple.mpegurl", elsewhere.encode())
        listed = SourceAccess(private_networks=True, hosts=(camera.host,))
        client = Client(camera.url("/live.m3u8"), listed, silence_s=5)
        with pytest.raises((ConnectionEnded, SourceError)):
            next(HlsSource(camera.url("/live.m3u8"), client, SourceReport()).pictures())
        assert not other.requests


def test_a_playlist_opens_no_file_of_this_machine(test_data, tmp_path: Path):
    playlist = _segments(test_data / "odd" / "made_vfr_walk.mp4", tmp_path)
    with HttpCamera() as camera:
        local = playlist.replace("part", f"file://{tmp_path}/part")
        camera.other["/live.m3u8"] = ("application/vnd.apple.mpegurl", local.encode())
        client = Client(camera.url("/live.m3u8"), ACCESS, silence_s=5)
        with pytest.raises((ConnectionEnded, SourceError)):
            next(HlsSource(camera.url("/live.m3u8"), client, SourceReport()).pictures())


def test_a_camera_of_this_machine_that_is_not_there_may_be_plugged_in_later():
    with pytest.raises(ConnectionEnded, match="no camera") as ended:
        next(DeviceSource("/dev/video77", SourceReport()).pictures())
    assert not ended.value.denied


def test_packets_without_times_get_those_of_their_arrival_on_the_same_clock():
    times, packet = _PacketTimes(0.1), av.Packet(b"x")
    made = []
    for arrived, tick in ((100.0, None), (100.1, 7), (100.3, 8), (100.3, None)):
        packet.pts = packet.dts = tick
        made.append(times.stamp(packet, (arrived, 0.0)).pts_s)
    np.testing.assert_allclose(made, [100.0, 100.1, 100.2, 100.3])


@pytest.mark.parametrize(
    "url", ["http://u:geheim@127.0.0.1:1/a", "rtsp://u:geheim@127.0.0.1:1/a", "nonsense://geheim"]
)
def test_no_error_of_the_library_carries_the_url(url):
    with pytest.raises(ConnectionEnded) as ended, library_errors():
        av.open(url)
    assert "geheim" not in repr(ended.value)
    assert ended.value.__cause__ is None


def _redirect(server: socket.socket, target: str) -> None:
    """Answer each request with a redirect, as RTSP servers may."""
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection:
            request = connection.recv(4096).decode()
            number = next(line for line in request.split("\r\n") if line.startswith("CSeq"))
            connection.sendall(f"RTSP/1.0 302 Found\r\n{number}\r\nLocation: {target}\r\n\r\n".encode())


def _segments(video: Path, folder: Path) -> str:
    """A playlist of two segments; each holds the whole video, which is short."""
    names = []
    for number in range(2):
        path = folder / f"part{number}.ts"
        with av.open(str(video)) as source, av.open(str(path), "w", format="mpegts") as copy:
            stream = copy.add_stream_from_template(source.streams.video[0])
            for packet in source.demux(source.streams.video[0]):
                if packet.size:
                    packet.stream = stream
                    copy.mux_one(packet)
        names.append(path.name)
    parts = "\n#EXT-X-DISCONTINUITY\n".join(f"#EXTINF:1.2,\n{name}" for name in names)
    return f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n{parts}\n#EXT-X-ENDLIST\n"
