"""Templates: what they name, what comes of them, and the one way in which each text can be read."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.errors import RuleError
from neuropose_ray.rules.template import references, render, render_text

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,5}(\.[A-Za-z][A-Za-z0-9_-]{0,5})?", fullmatch=True)


class _AnyField(dict):
    def __missing__(self, name):
        return "x"


def escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


@given(value=JSON, name=NAMES)
def test_a_text_that_is_one_field_becomes_its_value_of_whatever_type(value, name):
    assert render(f"{{{name}}}", {name: value}) == value


@given(value=JSON)
def test_escaped_json_comes_back_as_it_was(value):
    def with_escapes(part):
        if isinstance(part, str):
            return escaped(part)
        if isinstance(part, dict):
            return {key: with_escapes(item) for key, item in part.items()}
        return [with_escapes(item) for item in part] if isinstance(part, list) else part

    template = with_escapes(value)
    assert render(template, {}) == value
    assert list(references(template)) == []


@settings(max_examples=40)
@given(parts=st.lists(st.tuples(st.text(), NAMES), min_size=1, max_size=5), last=st.text(min_size=1), value=JSON)
def test_fields_within_a_text_become_text_and_are_all_named(parts, last, value):
    template = "".join(f"{escaped(text)}{{{name}}}" for text, name in parts) + escaped(last)
    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    assert render(template, {name: value for _, name in parts}) == "".join(text + shown for text, _ in parts) + last
    assert [name for _, name in references(template)] == [name for _, name in parts]


@given(text=st.text(alphabet="{}ab. ", max_size=12))
def test_every_text_is_read_in_one_way_or_refused_by_both(text):
    try:
        names = [name for _, name in references(text)]
    except RuleError:
        with pytest.raises(RuleError, match="a brace without a field"):
            render(text, _AnyField())
    else:
        assert isinstance(render_text(text, dict.fromkeys(names, "x")), str)


def test_paths_lead_to_the_text():
    message = {"to": ["{a}", {"who": "x {b.c} {d}"}]}
    assert list(references(message, "message")) == [
        ("message.to[0]", "a"), ("message.to[1].who", "b.c"), ("message.to[1].who", "d"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["{", "}", "{}", "{a", "a}", "{a b}", "{1}", "{a.b.c}", "{{a}", "{a}}", "{ a}"])
def test_a_brace_that_belongs_to_no_field_is_refused_with_its_place(text):
    with pytest.raises(RuleError, match="a brace without a field") as refused:
        list(references(text, "message.to"))
    assert refused.value.where == "message.to"


def test_a_field_that_is_not_there_is_an_error_and_not_an_empty_text():
    with pytest.raises(RuleError, match=r"there is no field a\.b"):
        render("x{a.b}", {"a.c": 1})


def test_values_cannot_bring_templates_of_their_own():
    assert render("{a}, {b}", {"a": "{b}", "b": "{{a}}"}) == "{b}, {{a}}"


def test_keys_stay_text():
    assert render_text("{track_id}", {"track_id": 7}) == "7"
    assert render_text("a/{score}", {"score": None}) == "a/null"
