"""Jobs as clients ask for them and see them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from neuropose_ray.schemas.job_names import STANDARD_NAME
from neuropose_ray.schemas.jobs import JobInput, JobOptions, JobRequest

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def request(*names, **changes):
    inputs = tuple(JobInput(name=name) for name in names or ("walk.mp4",))
    return JobRequest(**({"id": "0" * 32, "inputs": inputs, "submitted_at": NOW} | changes))


def test_a_request_comes_back_from_json():
    asked = request("a.mp4", "b.mp4", labels={"study": "gait"}, priority=9)
    assert JobRequest.model_validate_json(asked.model_dump_json()) == asked
    assert asked.workflow == STANDARD_NAME


@pytest.mark.parametrize("name", ["", ".hidden.mp4", "a/b.mp4", "a\\b.mp4", "a\nb.mp4", "x" * 201, "..", "a\x7f.mp4"])
def test_a_name_that_is_no_file_name_is_refused(name):
    with pytest.raises(ValidationError, match="name"):
        JobInput(name=name)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="/\\"), min_size=1, max_size=200))
def test_any_other_name_is_taken_as_it_is(name):
    if not name.startswith("."):
        assert JobInput(name=name).name == name


@pytest.mark.parametrize("names", [("a.mp4", "a.mp4"), ("a.mp4", "a.mov"), ("a.mp4", "A.MP4")])
def test_two_inputs_would_not_have_one_folder_of_results(names):
    with pytest.raises(ValidationError, match="two inputs of the same name"):
        request(*names)


def test_the_same_work_is_asked_for_whatever_its_id_and_time():
    asked = request()
    again = request(id="1" * 32, submitted_at=datetime(2027, 1, 1, tzinfo=UTC))
    assert asked.same_work(again)
    for changes in ({"priority": 1}, {"labels": {"a": "b"}}, {"workflow": "other"}, {"source": "inbox"}):
        assert not asked.same_work(request(**changes))
    assert not asked.same_work(request("other.mp4"))


@pytest.mark.parametrize(("name", "value"), [
    ("id", "x" * 32), ("id", "0" * 31), ("priority", 11), ("labels", {"a b": "c"}), ("labels", {"a": "b" * 201}),
    ("inputs", ()),
])  # fmt: skip
def test_what_is_out_of_bounds_is_refused_by_name(name, value):
    with pytest.raises(ValidationError, match=name):
        request(**{name: value})


@pytest.mark.parametrize("options", [
    {"capture_fps": 1e-300}, {"capture_fps": 0}, {"capture_fps": float("nan")}, {"rate": 1e-300}, {"rate": 1e9},
    {"field_of_view_degrees": 1e-300}, {"field_of_view_degrees": 179.99}, {"field_of_view_degrees": float("nan")},
    {"height_m": float("nan")}, {"height_m": 1e-300},
])  # fmt: skip
def test_numbers_with_which_nothing_can_be_computed_are_no_options(options: dict[str, float]):
    (name,) = options
    with pytest.raises(ValidationError, match=name):
        JobOptions(**options)
