"""What is wrong with settings is said by their keys, with what is allowed there and what was probably meant."""

from typing import Annotated, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, SecretStr, ValidationError, field_validator

from neuropose_ray.analysis.runs.config import AnalysisConfig
from neuropose_ray.faults import faults, nearest_of, yaml_fault
from neuropose_ray.report.settings import ReportSettings
from neuropose_ray.service.settings import Settings

BASE = {"inputs": {"primary": "a"}, "analysis": {"kind": "movement"}, "output": {"report": "r.json"}}


def wrong(kind: type[BaseModel], content: object) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(content)
    return faults(caught.value, kind)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        (
            {"analysis": {"kind": "movment"}},
            'analysis.kind: "movment" is not one of dtw, stats, movement, none; did you mean movement?',
        ),
        ({"analysis": {}}, "analysis.kind: is missing; it is one of dtw, stats, movement, none"),
        ({"analysis": 3}, "analysis: must be 'name: value' pairs, not 3"),
        (
            {"analysis": {"kind": "movement", "gaitt": None}},
            "analysis.gaitt: no such setting; did you mean gait?",
        ),
        (
            {"analysis": {"kind": "dtw", "algin": "none"}, "inputs": {"primary": "a", "reference": "b"}},
            "analysis.algin: no such setting; did you mean align?",
        ),
        (
            {"segmentation": {"kind": "gait_cycles", "axis": "Y"}},
            'segmentation.axis: "Y" is not one of x, y, z; did you mean y?',
        ),
        ({"preprocessing": {"track": "first"}}, 'preprocessing.track: must be a whole number, not "first"'),
        ({"output": {}}, "output.report: is missing"),
        ({"ouput": {}}, "ouput: no such setting; did you mean output?"),
        ({"inputs": {}}, "inputs: give either primary or trials"),
    ],
)
def test_an_analysis(changed: dict[str, Any], line: str):
    assert wrong(AnalysisConfig, BASE | changed) == [line]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ({"engine": {"kind": "rya"}}, 'engine.kind: "rya" is not one of auto, local, ray; did you mean ray?'),
        ({"engine": {"workers": 0}}, "engine.workers: must be greater than or equal to 1, not 0"),
        ({"service": {"prot": 1}}, "service.prot: no such setting; did you mean port?"),
        ({"service": {"host": 5}}, "service.host: must be text, not 5"),
        ({"fit": "perhaps"}, 'fit: must be true or false, not "perhaps"'),
        ({"video": []}, "video: must be 'name: value' pairs, not []"),
        ({"fitting": {"height_m": "tall"}}, 'fitting.height_m: must be a number, not "tall"'),
        ({"service": {"models": "metrabs"}}, 'service.models: must be a list, not "metrabs"'),
        (
            {"service": {"tokens": [{"name": "a", "scopes": ["raed"], "sha256": "0" * 64}]}},
            'service.tokens[0].scopes[0]: "raed" is not one of read, submit, admin; did you mean read?',
        ),
        (
            {"service": {"jobs": {"workflows": {"mine": {"steps": [{"kind": "pose"}, {"kind": "reprot"}]}}}}},
            'service.jobs.workflows.mine.steps[1].kind: "reprot" is not one of pose, analyze, overlay, report, '
            "export, text, curate, compare, annotate; did you mean report?",
        ),
    ],
)
def test_runs_and_the_service(content: dict[str, Any], line: str):
    assert wrong(Settings, content) == [line]


def test_where_nothing_is_near_all_that_is_allowed_is_named():
    (line,) = wrong(ReportSettings, {"zzz": 1})
    assert line == f"zzz: no such setting; there are {', '.join(ReportSettings.model_fields)}"


def test_every_fault_is_a_line_of_its_own():
    assert len(wrong(Settings, {"engine": {"kind": "x", "workers": "y"}, "nothing": 1})) == 3


class Part(BaseModel):
    size: int
    kind: str
    key: SecretStr = SecretStr("")

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind != "wheel":
            raise ValueError("only wheels are known")
        return kind


class Whole(BaseModel):
    parts: list[Part]


def test_a_validators_own_words_are_kept_and_places_in_lists_are_numbers():
    assert wrong(Whole, {"parts": [{"size": "x", "kind": "wheel"}, {"size": 1, "kind": "hull"}]}) == [
        'parts[0].size: must be a whole number, not "x"',
        "parts[1].kind: only wheels are known",
    ]


def test_a_list_is_too_short_only_when_it_is_not_when_its_items_are_wrong():
    class Listed(BaseModel):
        names: Annotated[tuple[Annotated[str, Field(pattern="^[a-z]+$")], ...], Field(min_length=1)]

    assert wrong(Listed, {"names": ["A"]}) == ["names[0]: must match pattern '^[a-z]+$'"]
    assert wrong(Listed, {"names": []}) == ["names: must have at least 1 item, not 0"]


def test_secrets_are_not_repeated():
    assert wrong(Whole, {"parts": [{"size": 1, "kind": "wheel", "key": 12345}]}) == ["parts[0].key: must be text"]


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["dtw", "pose"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*Settings.model_fields, "kind", "jobs", "steps", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.sampled_from([Settings, AnalysisConfig, ReportSettings]), ANYTHING)
def test_whatever_is_written_is_put_in_words_without_those_of_the_library(kind, content):
    try:
        kind.model_validate(content)
    except ValidationError as error:
        lines = faults(error, kind)
        assert lines
        assert not [line for line in lines if "Input" in line or "\n" in line or "function-" in line]


@pytest.mark.parametrize(
    ("name", "end"), [("Movment", "; did you mean movement?"), ("x", ""), ("MOVEMENT", "; did you mean movement?")]
)
def test_the_nearest_name_whatever_its_letters(name: str, end: str):
    assert nearest_of(name, ["movement", "stats"]) == end


def test_a_text_that_is_not_yaml_says_where():
    with pytest.raises(yaml.YAMLError) as caught:
        yaml.safe_load("a: 1\nb: [1, 2\nc: 3")
    assert yaml_fault(caught.value) == "not YAML, in line 3, column 2: expected ',' or ']', but got ':'"
    with pytest.raises(yaml.YAMLError) as caught:
        yaml.safe_load("\x00")
    assert yaml_fault(caught.value).startswith("not YAML (")
