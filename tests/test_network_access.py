"""Which addresses this machine connects to on a client's behalf, however a URL spells them."""

import ipaddress
import ssl
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.errors import AddressRefusedError, AddressUnknownError
from neuropose_ray.network_access import check_address, may_connect, pinned_url, resolve_name

OWN_NETWORK = [
    "127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "100.64.0.1", "0.0.0.0", "::1", "::", "fc00::1", "fe80::1",
    "224.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "255.255.255.255",
    "::127.0.0.1",
]  # fmt: skip
#: Of networks that no public address is in.
PRIVATE = st.sampled_from(["10.0.0.0/8", "127.0.0.0/8", "192.168.0.0/16", "172.16.0.0/12", "169.254.0.0/16"]).flatmap(
    lambda network: st.ip_addresses(network=network)
)


@pytest.mark.parametrize("address", OWN_NETWORK)
def test_no_connection_is_made_into_the_own_network(address):
    assert not may_connect(ipaddress.ip_address(address), private=False)


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::ffff:169.254.169.254"])
def test_link_local_addresses_are_never_connected_to(address):
    assert not may_connect(ipaddress.ip_address(address), private=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "64:ff9b::808:808"])
def test_public_addresses_are_connected_to(address):
    assert may_connect(ipaddress.ip_address(address), private=False)


@settings(max_examples=30)
@given(PRIVATE)
def test_no_form_of_writing_a_private_address_passes(address: ipaddress.IPv4Address):
    number = int(address)
    first, *others = address.packed
    spellings = [
        str(address), str(number), hex(number), f"0{number:o}", f"{first}.{number & 0xFFFFFF}",
        ".".join([hex(first), *map(str, others)]), ".".join([f"0{first:o}", *map(str, others)]),
        f"[::ffff:{address}]", f"[64:ff9b::{number:x}]" if number < 1 << 16 else f"[::ffff:{address}]",
        f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]", f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::1]",
        f"[::{address}]", f"user:word@{address}", f"example.com@{address}",
    ]  # fmt: skip
    for spelling in spellings:
        with pytest.raises((AddressRefusedError, AddressUnknownError)):
            check_address(f"http://{spelling}:80/picture.jpg")


@given(st.lists(st.one_of(PRIVATE, st.ip_addresses(v=4).filter(lambda a: a.is_global)), min_size=1))
def test_of_the_addresses_of_a_name_those_alone_are_given_that_may_be_connected_to(addresses):
    def resolve(host: str, port: int) -> Sequence[str]:
        return [str(address) for address in addresses]

    public = [str(a) for a in addresses if may_connect(a, private=False)]
    if public:
        assert list(check_address("rtsp://camera.example/1", resolve=resolve)) == public
    else:
        with pytest.raises(AddressRefusedError, match="network"):
            check_address("rtsp://camera.example/1", resolve=resolve)


def resolves_to_public(host: str, port: int) -> Sequence[str]:
    return ["8.8.8.8"]


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("rtsp://camera.example/1", True),
        ("rtsp://CAMERA.example:554/1", True),
        ("rtsp://camera.example:8554/1", False),
        ("http://other.example:8080/", True),
        ("http://other.example/", False),
        ("rtsp://camera.example.evil.net/1", False),
        ("rtsp://evil.net/camera.example", False),
        ("rtsp://camera.example@evil.net/", False),
        ("rtsp://user:word@camera.example./1", True),
    ],
)
def test_where_hosts_are_listed_no_other_is_connected_to(url: str, allowed: bool):
    hosts = ("camera.example", "Other.example:8080")
    if allowed:
        assert check_address(url, hosts=hosts, resolve=resolves_to_public) == ("8.8.8.8",)
    else:
        with pytest.raises(AddressRefusedError, match="not a host"):
            check_address(url, hosts=hosts, resolve=resolves_to_public)


@pytest.mark.parametrize("url", ["", "rtsp://", "rtsp:///1", "http://h:99999/", "http://[::1", "no url"])
def test_what_is_no_url_of_a_host_is_refused(url: str):
    with pytest.raises(AddressRefusedError):
        check_address(url, private_networks=True)


def test_a_name_that_has_no_address_now_may_have_one_later():
    with pytest.raises(AddressUnknownError) as failed:
        check_address("http://no-such-host.invalid/")
    assert failed.value.retryable


def test_this_machine_is_found_by_its_name():
    assert "127.0.0.1" in resolve_name("localhost", 80)


@pytest.mark.parametrize(
    ("url", "address", "pinned", "host"),
    [
        ("https://cam.example/a?b=1", "8.8.8.8", "https://8.8.8.8/a?b=1", "cam.example"),
        ("http://u:p@cam.example:81/a", "2606:4700::1", "http://[2606:4700::1]:81/a", "cam.example:81"),
    ],
)
def test_a_pinned_url_names_the_checked_address_and_its_headers_the_host(url, address, pinned, host):
    made = pinned_url(url, address)
    assert made.url == pinned
    assert made.headers == {"Host": host}
    assert bool(made.extensions) == url.startswith("https")


def test_a_certificate_is_checked_against_the_host_and_not_the_address():
    assert pinned_url("https://cam.example/", "8.8.8.8").extensions == {"sni_hostname": "cam.example"}
    assert ssl.create_default_context().check_hostname
