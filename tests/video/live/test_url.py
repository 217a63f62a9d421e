"""Addresses of cameras: one form for all spellings, and no secret in anything that is shown."""

import hashlib
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.errors import SourceError
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.video.live import normalised_url, redacted, source_key
from neuropose_ray.video.live.url import credentials_of

HOST = st.from_regex(r"[a-z][a-z0-9-]{0,20}(\.[a-z0-9]{1,8}){0,2}", fullmatch=True)
SCHEME = st.sampled_from(["rtsp", "rtsps", "http", "https"])
PATH = st.from_regex(r"(/[A-Za-z0-9._-]{1,8}){0,3}", fullmatch=True)
#: Long enough that it is in no other part of a URL by chance.
SECRET = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=6, max_size=20).filter(
    lambda text: re.sub(r"[\W_*]", "", text) and "*" not in text
)
NAME = st.sampled_from(["pwd", "password", "user", "token", "key", "auth", "sig", "X-Amz-Signature", "loginuse", "a"])


@pytest.mark.parametrize(
    ("url", "normalised"),
    [
        ("RTSP://Camera.Local:554/Live?channel=1#now", "rtsp://camera.local/Live?channel=1"),
        ("rtsp://u:P%3aw@cam/1", "rtsp://u:P%3Aw@cam/1"),
        ("rtsp://u:p@ss@cam./1", "rtsp://u:p@ss@cam/1"),
        ("http://cam", "http://cam/"),
        ("https://cam:443/a", "https://cam/a"),
        ("http://cam:8080/a", "http://cam:8080/a"),
        ("rtsp://[2001:DB8::1]:554/a", "rtsp://[2001:db8::1]/a"),
        ("/videos/a b.mp4", "file:///videos/a%20b.mp4"),
        ("file:///videos/a%20b.mp4", "file:///videos/a%20b.mp4"),
        ("file://localhost/videos/ä.mp4", "file:///videos/%C3%A4.mp4"),
        ("/dev/video0", "device:/dev/video0"),
        ("device:2", "device:/dev/video2"),
        ("  rtsp://cam/1\n", "rtsp://cam/1"),
    ],
)
def test_a_source_has_one_form(url: str, normalised: str):
    assert normalised_url(url) == normalised
    assert normalised_url(normalised) == normalised


@pytest.mark.parametrize(
    "url",
    ["", " ", "cam", "ftp://cam/1", "rtsp://", "rtsp:///1", "rtsp://cam:port/1", "rtsp://cam/a\nb", "rtsp://cam/a b",
     "file://other/a.mp4", "device:/etc/passwd", "device:/dev/../etc/passwd", "device:", "javascript:alert(1)",
     "http://[::1", "concat:a|b", "rtsp://cam/" + "a" * 3000, "rtsp://cam/\0", "device:²"],
)  # fmt: skip
def test_what_is_no_source_is_refused_in_one_line(url: str):
    with pytest.raises(SourceError) as refused:
        normalised_url(url)
    assert "\n" not in str(refused.value)


@settings(max_examples=60)
@given(SCHEME, HOST, PATH, SECRET, SECRET)
def test_no_user_and_no_password_is_ever_shown(scheme, host, path, user, password):
    encoded = f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@{host}{path}"
    bare = f"{scheme}://{user}:{password}@{host}{path}"
    for url in (encoded, bare, f"cannot open {bare}: refused", f"{encoded} and {bare}"):
        shown = redacted(url)
        for secret in (user, password, quote(user, safe=""), quote(password, safe="")):
            assert secret.strip() not in shown
        assert host in shown
    for url in (encoded, bare):
        try:
            shown = redacted(normalised_url(url))
        except SourceError as refused:
            shown = str(refused)
        assert password.strip() not in shown.replace("%2F ...", "")
        assert quote(password, safe="") not in shown


@settings(max_examples=60)
@given(SCHEME, HOST, NAME, SECRET)
def test_no_secret_value_of_a_query_or_path_is_ever_shown(scheme, host, name, secret):
    value = quote(secret, safe="")
    for url in (
        f"{scheme}://{host}/a?channel=1&{name}={value}",
        f"{scheme}://{host}/a?{name}={value}#x",
        f"{scheme}://{host}/a#{value}",
        f"{scheme}://{host}/a?{value}",
        f"{scheme}://{host}/{name}={value}&channel=1/a.sdp",
        f"{scheme}://{host}/user=admin_{name}={value}_channel=1.sdp",
    ):
        assert value not in redacted(url)
        assert value not in redacted(f"no answer from {url}")


def test_what_says_which_picture_is_asked_for_stays():
    url = "rtsp://admin:word@cam:8554/cam/realmonitor?channel=1&subtype=0&token=abc"
    assert redacted(url) == "rtsp://***@cam:8554/cam/realmonitor?channel=1&subtype=0&token=***"
    assert redacted("the camera is dark = off? yes") == "the camera is dark = off? yes"


@settings(max_examples=5)
@given(SCHEME, HOST, PATH, st.integers(1, 65535))
def test_spellings_of_a_url_have_one_key(scheme, host, path, port):
    options = SourceOptions()
    url = f"{scheme}://{host}:{port}{path}"
    key = source_key(url, options)
    assert re.fullmatch("[0-9a-f]{16}", key)
    assert source_key(f" {scheme.upper()}://{host.upper()}:{port}{path}#x ", options) == key
    assert source_key(f"{scheme}://u:p@{host}:{port}{path}", options) != key


def test_a_key_tells_decodings_apart_and_not_how_failures_are_met():
    url = "rtsp://cam/1"
    key = source_key(url, SourceOptions())
    assert source_key(url, SourceOptions(max_retries=3, stall_s=9, kill_s=20)) == key
    others = [SourceOptions(fps=None), SourceOptions(transport="udp"), SourceOptions(buffer="wait")]
    assert len({key, *(source_key(url, options) for options in others)}) == 4


def test_the_key_of_another_installation_is_another():
    assert source_key("rtsp://cam/1", SourceOptions(), secret=b"a") != source_key("rtsp://cam/1", SourceOptions())


@settings(max_examples=30)
@given(SECRET, SECRET)
def test_user_and_password_are_decoded(user, password):
    url = f"http://{quote(user, safe='')}:{quote(password, safe='')}@cam/"
    assert credentials_of(url) == (user, password)
    assert credentials_of("http://cam/") is None


def test_a_key_is_computed_once_and_one_at_a_time_however_many_ask(monkeypatch: pytest.MonkeyPatch):
    """Each takes 16 MiB, which the allocator keeps for each thread that has taken it."""
    counted = threading.Lock()
    running, most, asked = 0, 0, []
    scrypt = hashlib.scrypt

    def counting(content: bytes, **options: object) -> bytes:
        nonlocal running, most
        with counted:
            running += 1
            most = max(most, running)
            asked.append(content)
        time.sleep(0.001)
        try:
            return scrypt(content, **options)
        finally:
            with counted:
                running -= 1

    monkeypatch.setattr(hashlib, "scrypt", counting)
    urls = [f"rtsp://user:once-{number % 5}@camera/one" for number in range(100)]
    with ThreadPoolExecutor(8) as threads:
        keys = list(threads.map(lambda url: source_key(url, SourceOptions()), urls))
    assert (len(asked), len(set(asked)), most) == (5, 5, 1)
    assert keys[:5] * 20 == keys
    assert len(set(keys)) == 5
    source_key(urls[0], SourceOptions(fps=3))
    source_key(urls[0], SourceOptions(), secret=b"another machine")
    assert len(asked) == 7
