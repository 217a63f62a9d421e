"""Decisions: ids that follow from what is decided, fields for all templates, and ends of lost episodes."""

import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rules.streams import IDENTITY, SKELETON, Told, observation, pipeline, rule

from neuropose_ray.rules import RuleEngine, interrupted, render
from neuropose_ray.rules.decisions import EpisodeStart, entering
from neuropose_ray.schemas.actions import action_id
from neuropose_ray.schemas.rules import Decision

START = EpisodeStart(epoch=1, track_id=3, number=1, at=1e9, score=0.9, box=(1, 2, 3, 4), session_id="visit")
PIPELINE = pipeline(rule())


def entered(identity=IDENTITY, start=START, made=PIPELINE):
    return entering(identity, made, made.rules[0], start, {})


@given(
    first=st.tuples(st.text(max_size=3), st.text(max_size=3), st.none() | st.text(max_size=3), st.integers(1, 3)),
    second=st.tuples(st.text(max_size=3), st.text(max_size=3), st.none() | st.text(max_size=3), st.integers(1, 3)),
)
def test_ids_are_equal_where_all_parts_are_and_different_elsewhere(first, second):
    def decision(parts):
        stream, instance, subscription, number = parts
        identity = replace(IDENTITY, stream_id=stream, instance=instance, subscription_id=subscription)
        return entered(identity, replace(START, number=number)).decision_id

    assert (decision(first) == decision(second)) == (first == second)


def test_an_id_is_a_uuid_and_so_are_those_of_what_actions_make():
    decision = entered()
    uuid.UUID(decision.decision_id)
    assert decision.fields["create.id"] == action_id(decision.decision_id, "create")
    assert action_id(decision.decision_id, "create") != action_id(decision.decision_id, "other")


def test_times_are_given_as_numbers_and_as_text():
    fields = entered().fields
    assert (fields["timestamp"], fields["time"]) == (1e9, "2001-09-09T01:46:40.000+00:00")


def test_the_end_of_an_episode_whose_engine_died_is_the_one_that_the_engine_would_have_made():
    made = pipeline(rule(branches=["b"]))
    engine = RuleEngine(made, IDENTITY, {"b": Told()}, SKELETON)
    (begun,) = (step for step in engine.observe(observation(0.0, {0: True})) if isinstance(step, Decision))
    lost = interrupted(begun, made, 5.0, "the stream was lost")
    (own,) = (step for step in engine.interrupt(5.0, "the stream was lost") if isinstance(step, Decision))
    assert lost.decision_id == own.decision_id
    assert (lost.outcome, lost.fields["duration_s"], lost.fields["b.type"]) == ("interrupted", 5.0, "interrupted")
    assert [action.name for action in lost.actions] == [action.name for action in own.actions]
    for action in lost.actions:
        render(dict(action.fields), lost.fields)
    with pytest.raises(KeyError):
        interrupted(begun, pipeline(rule("other")), 5.0, "")


def test_an_episode_is_told_of_at_its_begin_also_where_it_acts_at_its_end_alone():
    """So that whoever keeps decisions can end it if its engine dies."""
    publish = {"type": "publish", "name": "tell", "channel": "c", "message": "{outcome}"}
    made = pipeline(rule(on_enter=[], on_complete=[publish]))
    engine = RuleEngine(made, IDENTITY, {}, SKELETON)
    (begun,) = (step for step in engine.observe(observation(0.0, {0: True})) if isinstance(step, Decision))
    assert (begun.phase, begun.actions) == ("enter", ())
    assert interrupted(begun, made, 1.0, "lost").actions
    silent = RuleEngine(pipeline(rule(on_enter=[], on_complete=[])), IDENTITY, {}, SKELETON)
    assert not [step for step in silent.observe(observation(0.0, {0: True})) if isinstance(step, Decision)]
