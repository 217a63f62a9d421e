"""A message is posted once per call to where the settings allow, and each answer means to try again or not."""

import time
from collections.abc import Iterator
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.ports import free_port
from support.webhook_receiver import Receiver, receiver

from neuropose_ray.errors import AddressRefusedError, AddressUnknownError, WebhookError, WebhookUnavailableError
from neuropose_ray.stores import WebhookSender, WebhookSettings, verify_signature
from neuropose_ray.stores.webhook import LONGEST_WAIT_S, require_allowed, retry_after_s, shown_url

NOW = 1_700_000_000.0


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiver() as started:
        yield started


def sender(*hosts: str, **changed: object) -> WebhookSender:
    settings = {"hosts": hosts, "http": True, "private_networks": True, "timeout_s": 2, **changed}
    return WebhookSender(WebhookSettings.model_validate(settings))


def test_a_message_has_its_key_its_signature_and_its_body(hook: Receiver):
    with_secret = sender(hook.host, secret="of the service")
    assert with_secret.send(hook.url, {"a": "\ud800ä"}, idempotency_key="key-1") == 204
    assert with_secret.send(hook.url, [1], idempotency_key="key-2", secret="of its own") == 204
    first, second = hook.messages
    assert (first.key, second.key) == ("key-1", "key-2")
    assert first.headers["host"] == hook.host
    assert second.body == [1]
    for message, secret in ((first, "of the service"), (second, "of its own")):
        assert verify_signature(message.headers["neuropose-signature"], message.content, secret, time.time())
    with_secret.close()


def test_without_a_secret_there_is_no_signature(hook: Receiver):
    sender(hook.host).send(hook.url, {}, idempotency_key="key-1")
    assert "neuropose-signature" not in hook.messages[0].headers


@pytest.mark.parametrize(
    ("status", "kind"),
    [(status, WebhookUnavailableError) for status in (401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504)]
    + [(status, WebhookError) for status in (301, 302, 307, 400, 405, 410, 413, 422)],
)
def test_an_answer_is_to_try_again_or_to_give_up(hook: Receiver, status: int, kind: type[WebhookError]):
    hook.answers = [(status, {"Location": hook.url, "Retry-After": "7"})]
    with pytest.raises(WebhookError, match=f"127.0.0.1.*answers {status}") as caught:
        sender(hook.host).send(hook.url, {}, idempotency_key="key-1")
    assert type(caught.value) is kind
    if isinstance(caught.value, WebhookUnavailableError):
        assert caught.value.retry_after_s == 7
    assert hook.messages == []  # redirects are not followed


def test_nobody_there_is_to_try_again():
    port = free_port()
    with pytest.raises(WebhookUnavailableError, match="ConnectError"):
        sender("*").send(f"http://127.0.0.1:{port}/", {}, idempotency_key="key-1")
    with pytest.raises(AddressUnknownError):
        sender("*").send("http://nowhere.invalid/", {}, idempotency_key="key-1")


def test_a_receiver_that_hangs_is_left_after_its_time():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(WebhookUnavailableError, match="Timeout"):
            sender("*", timeout_s=0.2).send(url, {}, idempotency_key="key-1")


@pytest.mark.parametrize(
    ("url", "settings"),
    [
        ("https://example.org/", {"hosts": []}),
        ("https://example.org:8443/", {"hosts": ["example.org"]}),
        ("https://example.org.evil.net/", {"hosts": ["example.org"]}),
        ("http://example.org/", {"hosts": ["*"]}),
        ("ftp://example.org/", {"hosts": ["*"], "http": True}),
        ("https://user:sesame@example.org/", {"hosts": ["*"]}),
        ("https:///path", {"hosts": ["*"]}),
        ("https://example.org:port/", {"hosts": ["*", "example.org"]}),
        ("https://exa mple.org/", {"hosts": ["*"]}),
    ],
)
def test_a_url_that_the_settings_do_not_allow_is_refused(url: str, settings: dict[str, object]):
    with pytest.raises(AddressRefusedError, match=r"service\.webhooks") as caught:
        require_allowed(url, WebhookSettings.model_validate(settings))
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"]
)
def test_a_public_name_with_a_private_address_is_refused(address: str):
    settings = WebhookSettings.model_validate({"hosts": ["*"]})
    with pytest.raises(AddressRefusedError, match="network"):
        WebhookSender(settings, resolve=lambda _host, _port: [address]).send(
            "https://example.org/", {}, idempotency_key="key-1"
        )


@settings(max_examples=60)
@given(st.text())
def test_any_text_is_allowed_or_refused_and_shown_without_its_path(url: str):
    try:
        require_allowed(url, WebhookSettings.model_validate({"hosts": ["*"]}))
    except AddressRefusedError:
        pass
    else:
        assert url.lower().startswith("https://")
    assert "/secret" not in shown_url(f"https://host/{url}/secret")


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("7", 7), (" 0 ", 0), ("999999999999999999999", LONGEST_WAIT_S), (None, None), ("", None), ("soon", None),
        ("-1", None), (formatdate(NOW + 90, usegmt=True), 90), (formatdate(NOW - 90, usegmt=True), 0), ("٣", None),
    ],
)  # fmt: skip
def test_how_long_a_receiver_asks_to_wait(value: str | None, wait_s: float | None):
    assert retry_after_s(value, NOW) == wait_s


@settings(max_examples=60)
@given(st.text())
def test_whatever_a_receiver_asks_for_the_wait_is_an_hour_at_most(value: str):
    wait_s = retry_after_s(value, NOW)
    assert wait_s is None or 0 <= wait_s <= LONGEST_WAIT_S
