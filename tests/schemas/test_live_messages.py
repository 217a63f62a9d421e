"""What live clients may say, and how sessions change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from neuropose_ray.schemas.live_messages import CLIENT_MESSAGE, StreamSpec, SubscribedSource, merged

SUBSCRIBE = {"type": "subscribe", "subscription_id": "a", "source": {"url": "rtsp://camera/one"}}


@pytest.mark.parametrize("change", [
    {"source": {}}, {"source": {"url": "x", "stream": "y"}}, {"source": {"stream": "../x"}}, {"window": 0},
    {"window": 65}, {"max_fps": 0}, {"crop": [5, 5, 5, 9]}, {"crop": [-1, 0, 5, 9]}, {"outputs": ["film"]},
    {"subscription_id": ""}, {"subscription_id": "x" * 201}, {"subscription_id": "a\x00"},
    {"camera": {"id": "a\x00"}}, {"outputs": ["image"] * 17}, {"surprise": 1}, {"type": "dance"},
])  # fmt: skip
def test_a_subscription_that_cannot_be_is_refused(change):
    with pytest.raises(ValidationError):
        CLIENT_MESSAGE.validate_python({**SUBSCRIBE, **change})


def test_the_options_of_a_source_are_those_without_its_place():
    source = SubscribedSource(url="rtsp://x/y", fps=None, buffer="wait")
    assert (source.options().fps, source.options().buffer) == (None, "wait")


def test_a_stream_with_all_defaults_can_be_written_and_read():
    spec = StreamSpec(url="rtsp://x/y")
    assert StreamSpec.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(("value", "patch", "result"), [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}), ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}), ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}), (["a", "b"], ["c", "d"], ["c", "d"]), ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None), ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
])  # fmt: skip
def test_a_merge_patch_does_what_rfc_7396_says(value, patch, result):
    assert merged(value, patch) == result


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_the_same_patch_again_changes_nothing(value, patch):
    once = merged(value, patch)
    assert merged(once, patch) == once
