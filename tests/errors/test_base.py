"""Every error is one line of what, where and what to do, and is whole after its way between processes."""

import inspect
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import (
    InputError,
    JobCollisionError,
    NeuroposeRayError,
    SequenceError,
    SignalError,
    UnknownJointError,
    VideoError,
    WebhookUnavailableError,
    error_kinds,
    first_line,
)

KINDS = tuple(error_kinds())


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


@given(st.text(), st.text() | st.none(), st.text() | st.none())
def test_nothing_in_an_error_is_obeyed_by_a_terminal_or_begins_a_line(what: str, where: str | None, hint: str | None):
    line = str(VideoError(what, where=where, hint=hint))
    assert line.isprintable()
    if all(part is None or part.isprintable() for part in (what, where, hint)):
        words = f"{'' if where is None else f'{where}: '}{what}{'' if hint is None else f'; {hint}'}"
        assert line == " ".join(words.split())
