"""A signature fits its body, its secret and its time, and nothing else."""

import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.stores import signature, verify_signature

NOW = 1_700_000_000


@settings(max_examples=40)
@given(body=st.binary(), secret=st.text(min_size=1), age=st.integers(-300, 300))
def test_what_was_signed_is_verified_within_its_time(body: bytes, secret: str, age: int):
    secret = secret.encode("utf-8", "replace").decode()
    assert verify_signature(signature(body, secret, NOW - age), body, secret, NOW)


@settings(max_examples=40)
@given(body=st.binary(min_size=1), secret=st.text("abc", min_size=1), index=st.integers(0), bit=st.integers(0, 7))
def test_a_body_with_one_bit_changed_is_not(body: bytes, secret: str, index: int, bit: int):
    changed = bytearray(body)
    changed[index % len(body)] ^= 1 << bit
    assert not verify_signature(signature(body, secret, NOW), bytes(changed), secret, NOW)


@settings(max_examples=40)
@given(header=st.text() | st.from_regex(r"t=\d{1,20},v1=[0-9a-fA-F]{64}", fullmatch=True))
def test_no_other_header_fits(header: str):
    assert not verify_signature(header, b"{}", "secret", NOW)


@pytest.mark.parametrize("age", [-301, 301, 10**9])
def test_an_old_or_a_future_message_is_refused(age: int):
    assert not verify_signature(signature(b"{}", "secret", NOW - age), b"{}", "secret", NOW)


def test_another_secret_does_not_fit():
    assert not verify_signature(signature(b"{}", "secret", NOW), b"{}", "Secret", NOW)


def test_a_receiver_in_any_language_makes_the_same():
    digest = hmac.new(b"secret", b'1700000000.{"a": 1}', hashlib.sha256).hexdigest()
    assert signature(b'{"a": 1}', "secret", NOW) == f"t=1700000000,v1={digest}"
