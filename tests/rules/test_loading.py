"""Reading pipelines: YAML and JSON alike, each fault with the path of its field, hostile files at no cost."""

import json
import textwrap
from contextlib import suppress

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.streams import rule

from neuropose_ray import rules
from neuropose_ray.errors import InputNotFoundError, RuleError
from neuropose_ray.rules import load_pipeline
from neuropose_ray.rules.loading import MOST_BYTES, parse_text

CONTENT = {"name": "watch", "gate": {"stable": {"hits": 4}}, "rules": [rule(branches=["posture"])]}


def test_yaml_and_json_make_the_same_pipeline(tmp_path):
    as_json, as_yaml = tmp_path / "a.json", tmp_path / "a.yaml"
    as_json.write_text(json.dumps(CONTENT))
    as_yaml.write_text(yaml.safe_dump(CONTENT))
    assert load_pipeline(as_json) == load_pipeline(as_yaml) == load_pipeline(CONTENT)


def test_the_pipeline_that_the_room_shows_can_be_loaded():
    shown = textwrap.dedent(rules.__doc__.partition("::\n")[2])
    made = load_pipeline(parse_text(shown, where="shown", is_json=False))
    assert list(made.branches) == ["squats", "angles"]


def test_a_pipeline_is_read_again_as_it_was_written():
    made = load_pipeline(CONTENT)
    assert load_pipeline(json.loads(made.model_dump_json())) == made


def test_a_fault_is_named_with_file_and_field(tmp_path):
    file = tmp_path / "watch.yaml"
    file.write_text(yaml.safe_dump({**CONTENT, "gate": {"min_scroe": 1}, "rules": []}))
    with pytest.raises(
        RuleError, match=r"watch.yaml: gate.min_scroe: no such setting; did you mean min_score\?; and 1"
    ):
        load_pipeline(file)
    file.write_text("name: a\nrules: [")
    with pytest.raises(RuleError, match=r"watch.yaml: not YAML, in line 2"):
        load_pipeline(file)


def test_a_file_that_is_not_there_is_an_input_error(tmp_path):
    with pytest.raises(InputNotFoundError):
        load_pipeline(tmp_path / "none.yaml")
    with pytest.raises(RuleError, match="cannot be read"):
        load_pipeline(tmp_path)


LAUGHS = "a: &a [x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)


@pytest.mark.parametrize(
    ("text", "is_json", "fault"),
    [
        (LAUGHS, False, "a YAML alias"),
        ("a: &a [*a]", False, "a YAML alias"),
        ("name: a\nname: b", False, "name is given twice"),
        ('{"name": 1, "name": 2}', True, "name is given twice"),
        ('{"a": NaN}', True, "NaN is no JSON"),
        ("[" * 100_000, True, "levels|not JSON"),
        ("[" * 1000, False, "levels|not YAML"),
        ('{"a":' * 50 + "1" + "}" * 50, True, "more than 40 levels"),
        ("!!python/object/apply:os.system ['true']", False, "not YAML"),
        ("a: !!binary x\n--- b", False, "not YAML"),
        ("- a", False, "must hold 'name: value' pairs"),
        ("", False, "must hold 'name: value' pairs"),
        ("x" * (MOST_BYTES + 1), False, "letters are more"),
        ("1" * 5000, True, "not JSON|must hold"),
        ("\x00", False, "not YAML"),
    ],
    ids=range(15),
)
def test_hostile_texts_are_refused_with_one_line(text, is_json, fault):
    with pytest.raises(RuleError, match=fault) as refused:
        parse_text(text, where="p", is_json=is_json)
    assert len(str(refused.value)) < 400
    assert "\n" not in str(refused.value)


@settings(max_examples=150)
@given(text=st.text(alphabet="ab:-[]{}&*!'\"#|>%@, \n\t\x00é1.", max_size=40), is_json=st.booleans())
def test_no_text_raises_anything_else(text, is_json):
    with suppress(RuleError):
        load_pipeline(parse_text(text, where="p", is_json=is_json))


@settings(max_examples=60)
@given(data=st.data())
def test_no_content_raises_anything_else(data):
    """Well-formed pipelines with one part exchanged for something else."""
    content = json.loads(json.dumps(CONTENT))
    here = content
    while isinstance(here, dict | list) and here:
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        if not isinstance(here[key], dict | list) or not here[key] or data.draw(st.booleans()):
            here[key] = data.draw(
                st.none() | st.integers() | st.text(max_size=5) | st.lists(st.text(max_size=3), max_size=2)
                | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2) | st.just(float("nan"))
            )  # fmt: skip
            break
        here = here[key]
    try:
        load_pipeline(content)
    except RuleError as error:
        assert error.where  # noqa: PT017
