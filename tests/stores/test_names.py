"""Whatever a template makes, the names of what is stored are harmless, and different ones stay different."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.errors import StoreError
from neuropose_ray.stores.names import MAX_KEY_BYTES, MAX_PART_BYTES, image_key, key_path, path_key, require_name

#: Also what is no character by itself: bytes of a file name that are not UTF-8 become such.
ANY_TEXT = st.text(st.characters(codec=None, categories=None), max_size=40)
HOSTILE = st.sampled_from(
    ["..", ".", "../../etc/passwd", "/abs", "a/../b", "C:\\x", "a\0b", "~root", "%2e%2e", "CON", "-rf"]
)


@settings(max_examples=60)
@given(text=ANY_TEXT | HOSTILE)
def test_a_key_is_a_path_within_its_folder_or_no_key(text: str):
    try:
        path = key_path(image_key(text))
    except StoreError:
        return
    parts = PurePosixPath(path).parts
    assert "/".join(parts) == path
    assert not any(part.startswith((".", "/")) or "\0" in part for part in parts)
    assert len(path) <= MAX_KEY_BYTES
    assert all(len(part) <= MAX_PART_BYTES for part in parts)
    assert path.isascii()


@settings(max_examples=60)
@given(texts=st.lists(ANY_TEXT | HOSTILE, min_size=2, max_size=2))
def test_different_keys_have_different_paths_that_say_which(texts: list[str]):
    try:
        keys = [image_key(text) for text in texts]
    except StoreError:
        return
    assert [path_key(key_path(key)) for key in keys] == keys
    assert (keys[0] == keys[1]) == (key_path(keys[0]) == key_path(keys[1]))


@settings(max_examples=60)
@given(text=ANY_TEXT)
def test_a_key_is_its_own_key(text: str):
    try:
        key = image_key(text)
    except StoreError:
        return
    assert image_key(key) == key


@pytest.mark.parametrize("text", ["", "/", "///", "a" * (MAX_PART_BYTES + 1), "ä" * 100, "/".join(["a" * 150] * 8)])
def test_what_is_empty_or_too_long_is_refused(text: str):
    with pytest.raises(StoreError, match="not a key"):
        image_key(text)


@settings(max_examples=60)
@given(text=ANY_TEXT)
def test_a_name_of_a_collection_or_channel_is_letters_digits_and_few_signs(text: str):
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-")
    is_name = 0 < len(text) <= 100 and set(text) <= allowed and text[0] not in "_.:-"
    if is_name:
        assert require_name(text, "channel") == text
    else:
        with pytest.raises(StoreError, match="not a name of a channel"):
            require_name(text, "channel")
