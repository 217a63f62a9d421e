"""HTTP to cameras: passwords where they belong, every address checked, and faults in words."""

import pytest
from support.http_camera import HttpCamera
from support.ports import free_port

from neuropose_ray.errors import SourceError
from neuropose_ray.video.live import SourceAccess
from neuropose_ray.video.live.http_camera import HttpCamera as Client
from neuropose_ray.video.live.http_camera import HttpStream
from neuropose_ray.video.live.pictures import ConnectionEnded

ACCESS = SourceAccess(private_networks=True)


@pytest.mark.parametrize("method", ["basic", "digest"])
def test_user_and_password_are_given_in_the_way_that_is_asked_for(method):
    with HttpCamera(credentials=("admin", "geheim"), method=method) as camera:
        client = Client(camera.url("/snapshot.jpg"), ACCESS, silence_s=5)
        for _ in range(3):
            assert client.get().read()[:2] == b"\xff\xd8"
        # Once to learn the way, and once more for the number that Digest works with.
        assert camera.requests["/snapshot.jpg:401"] == (1 if method == "basic" else 2)
        client.close()


@pytest.mark.parametrize("method", ["basic", "digest"])
def test_a_wrong_password_is_refused_and_not_shown(method):
    with HttpCamera(credentials=("admin", "geheim"), method=method) as camera:
        url = camera.url("/snapshot.jpg").replace("geheim", "falsch")
        with pytest.raises(ConnectionEnded, match="refused") as ended:
            Client(url, ACCESS, silence_s=5).get()
        assert ended.value.denied
        assert "falsch" not in str(ended.value)


def test_redirects_are_followed_and_each_is_checked():
    with HttpCamera() as camera, HttpCamera(address="127.0.0.2") as other:
        client = Client(camera.url("/moved"), ACCESS, silence_s=5)
        camera.redirects["/moved"] = "/snapshot.jpg"
        assert client.get().status_code == 200
        camera.redirects["/moved"] = other.url("/snapshot.jpg")
        assert client.get().status_code == 200
        listed = SourceAccess(private_networks=True, hosts=(camera.host,))
        with pytest.raises(SourceError, match="not a host"):
            Client(camera.url("/moved"), listed, silence_s=5).get()
        for target in ("file:///etc/passwd", "ftp://127.0.0.1/a", "", "http://[::1", "http://169.254.169.254/"):
            camera.redirects["/moved"] = target
            with pytest.raises((SourceError, ConnectionEnded)):
                client.get()
        assert other.requests["/snapshot.jpg"] == 1


def test_a_redirect_to_another_host_does_not_take_the_password_along():
    with HttpCamera(credentials=("admin", "geheim")) as camera, HttpCamera(address="127.0.0.2") as other:
        client = Client(camera.url("/snapshot.jpg"), ACCESS, silence_s=5)
        assert client.get().status_code == 200
        camera.redirects["/snapshot.jpg"] = other.url("/snapshot.jpg")
        assert client.get().status_code == 200
        assert camera.sent_credentials["/snapshot.jpg"]
        assert not other.sent_credentials["/snapshot.jpg"]


def test_redirects_in_a_circle_end():
    with HttpCamera() as camera:
        camera.redirects["/a"] = "/a"
        with pytest.raises(ConnectionEnded, match="redirects"):
            Client(camera.url("/a"), ACCESS, silence_s=5).get()


@pytest.mark.parametrize(("status", "denied"), [(403, True), (404, False), (500, False), (503, False)])
def test_an_answer_that_refuses_says_which(status, denied):
    with HttpCamera() as camera:
        camera.status = status
        with pytest.raises(ConnectionEnded, match=str(status)) as ended:
            Client(camera.url("/snapshot.jpg"), ACCESS, silence_s=5).get()
        assert ended.value.denied == denied


def test_a_camera_that_is_not_there_or_says_nothing_ends_in_words_without_its_url():
    with pytest.raises(ConnectionEnded, match="cannot be connected"):
        Client(f"http://u:geheim@127.0.0.1:{free_port()}/", ACCESS, silence_s=5).get()
    with HttpCamera() as camera:
        camera.halted.set()
        with pytest.raises(ConnectionEnded, match="in time"):
            Client(camera.url("/snapshot.jpg"), ACCESS, silence_s=0.2).get()


def test_an_answer_is_read_as_a_file_as_it_comes():
    with HttpCamera() as camera:
        camera.other["/text"] = ("Text/Plain; charset=utf-8", b"0123456789")
        stream = HttpStream(Client(camera.url("/text"), ACCESS, silence_s=5).get())
        assert stream.content_type == "text/plain"
        assert [stream.read(4), stream.read(4), stream.read(4), stream.read(4)] == [b"0123", b"4567", b"89", b""]
        stream.close()


def test_of_several_addresses_the_first_that_answers_is_taken(monkeypatch):
    with HttpCamera() as camera:
        addresses = ("127.0.0.3", "127.0.0.1")
        monkeypatch.setattr("neuropose_ray.video.live.http_camera.allowed_addresses", lambda url, access: addresses)
        assert Client(camera.url("/snapshot.jpg"), ACCESS, silence_s=5).get().status_code == 200
