"""Addresses of stores are of few kinds, identifiers are plain, and no message repeats a password."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from neuropose_ray.faults import faults
from neuropose_ray.stores import CollectionSettings, StoreSettings, WebhookSettings


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("records_url", "mysql://root:sesame@host/x"),
        ("records_url", "redis://:sesame@host"),
        ("images_url", "postgresql://a:sesame@host/x"),
        ("images_url", "file:///sesame"),
        ("events_url", "http://a:sesame@host"),
        ("records_url", "http://[sesame"),
        ("records_url", "sesame"),
    ],
)
def test_an_address_of_another_kind_is_refused_without_being_repeated(name: str, url: str):
    with pytest.raises(ValidationError) as caught:
        StoreSettings.model_validate({name: url})
    for message in (str(caught.value), *faults(caught.value, StoreSettings)):
        assert "a URL that begins with" in message
        assert "sesame" not in message


def test_addresses_are_shown_to_nobody():
    settings = StoreSettings.model_validate(
        {"records_url": "postgresql://a:sesame@host/x", "images_url": "redis://host"}
    )
    webhooks = WebhookSettings.model_validate({"secret": "sesame"})
    assert "sesame" not in f"{settings!r} {webhooks!r}"


@settings(max_examples=40)
@given(name=st.text(max_size=70) | st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,70}", fullmatch=True))
def test_a_table_and_a_column_are_letters_digits_and_underscores(name: str):
    letters = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")
    is_identifier = 0 < len(name) <= 63 and name[0] in letters and set(name) <= letters | set("0123456789")
    for given_name in ({"table": name}, {"table": "a", "key": name}, {"table": "a", "schema": name}):
        try:
            CollectionSettings.model_validate(given_name)
        except ValidationError:
            assert not is_identifier
        else:
            assert is_identifier
