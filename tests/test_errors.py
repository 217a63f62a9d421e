"""Every error that a user can meet: one line of what, where and what to do, whole on its way between processes."""

import inspect
import pickle
import re
from pathlib import Path

import pytest

import neuropose_ray
from neuropose_ray import errors
from neuropose_ray.cli.main import COMMANDS
from neuropose_ray.errors import (
    InputError,
    JobCollisionError,
    NeuroposeRayError,
    SequenceError,
    SignalError,
    UnknownJointError,
    VideoError,
    WebhookUnavailableError,
    error_catalogue,
    first_line,
)

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, NeuroposeRayError)]


def test_an_error_is_one_line_of_where_what_and_what_to_do():
    assert str(VideoError("is broken", where="a.mp4", hint="copy it again")) == "a.mp4: is broken; copy it again"
    assert str(VideoError("is broken")) == "is broken"
    assert str(VideoError("is broken", hint="copy it again")) == "is broken; copy it again"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_travels_between_processes_whole(kind: type[NeuroposeRayError]):
    error = kind("is broken", where="a.mp4", hint="copy it again")
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is kind
    assert (copy.what, copy.where, copy.hint, copy.code, copy.retryable, str(copy)) == (
        "is broken",
        "a.mp4",
        "copy it again",
        kind.code,
        kind.retryable,
        "a.mp4: is broken; copy it again",
    )


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_code_in_plain_letters_and_says_when_it_is_raised(kind: type[NeuroposeRayError]):
    assert kind.code.replace("_", "").isalpha()
    assert kind.code == kind.code.lower()
    assert inspect.getdoc(kind)
    assert kind.__doc__


@pytest.mark.parametrize(
    ("kind", "neuroposes"), [(SignalError, ValueError), (SequenceError, ValueError), (UnknownJointError, KeyError)]
)
def test_an_error_is_ours_and_the_one_that_neuroposes_callers_catch(kind, neuroposes):
    raised = kind("no joint 'tail'", where="walk", hint="see joints")
    assert isinstance(raised, InputError)
    assert isinstance(raised, neuroposes)
    assert str(raised) == "walk: no joint 'tail'; see joints"


def test_the_catalogue_has_every_code_of_the_whole_package_once():
    codes = [entry.code for entry in error_catalogue()]
    assert len(set(codes)) == len(codes)
    for file in Path(neuropose_ray.__file__).parent.rglob("*.py"):
        text = file.read_text("utf-8")
        said = re.findall(r'^    code = "(\w+)"$|\bcode="(\w+)"', text, re.MULTILINE)
        assert {code or given for code, given in said} <= set(codes), file


@pytest.mark.parametrize("entry", error_catalogue(), ids=lambda entry: entry.code)
def test_every_code_has_a_meaning_a_cause_and_a_remedy_of_its_own(entry):
    texts = (entry.meaning, entry.cause, entry.remedy)
    assert all(text[0].isupper() or text.startswith("neuropose-ray ") for text in texts)
    assert all(text.endswith(".") and "``" not in text for text in texts)
    others = [other for other in error_catalogue() if other.code != entry.code]
    assert not any(entry.cause == other.cause or entry.meaning == other.meaning for other in others)


def test_every_command_that_a_remedy_names_is_there():
    for entry in error_catalogue():
        for command in re.findall(r"neuropose-ray (\w+)", f"{entry.cause} {entry.remedy}"):
            assert command in COMMANDS or entry.code == "file_too_new", entry.remedy


def test_what_an_error_has_besides_travels_with_it():
    away = WebhookUnavailableError("is away")
    away.retry_after_s = 7.0
    copy = pickle.loads(pickle.dumps(away))
    assert (copy.what, copy.retry_after_s) == ("is away", 7.0)
    collision = pickle.loads(pickle.dumps(JobCollisionError("is there", where="a", collisions=("a", "b"))))
    assert (str(collision), collision.collisions) == ("a: is there", ("a", "b"))


def test_of_a_text_of_several_lines_the_first_is_taken():
    assert first_line(ValueError("one\ntwo")) == "one"
    assert first_line(ValueError()) == "ValueError"
