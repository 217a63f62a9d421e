"""The engine: episodes that begin when somebody is steadily seen, and that all end, exactly once."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.streams import IDENTITY, IMAGE, SKELETON, STANDING, Told, observation, pipeline, rule

from neuropose_ray.errors import RuleError
from neuropose_ray.rules import RuleEngine, render
from neuropose_ray.rules.engine import PREROLL_S
from neuropose_ray.schemas.rules import Decision, LiveEvent, Pipeline


def engine(*rules, branches=None, **settings):
    made = pipeline(*rules, **settings)
    given = branches or {}
    return RuleEngine(made, IDENTITY, {name: given.get(name, Told()) for name in made.branches}, SKELETON)


def kinds(steps):
    """Without what branches announce at every frame."""
    all_kinds = [step.kind if isinstance(step, LiveEvent) else f"decision.{step.phase}" for step in steps]
    return [kind for kind in all_kinds if kind != "repetition"]


def decisions(steps):
    return [step for step in steps if isinstance(step, Decision)]


def ends(steps):
    return [step for step in steps if isinstance(step, LiveEvent) and step.kind == "episode.completed"]


def test_an_episode_begins_with_who_is_steadily_seen_and_ends_when_they_leave():
    running = engine(rule())
    assert running.observe(observation(0.0, {4: True}, stable=[])) == ()
    assert kinds(running.observe(observation(1.0, {4: True}))) == ["episode.entered", "decision.enter"]
    assert running.observe(observation(2.0, {4: True})) == ()
    assert running.observe(observation(3.0, {4: False}, stable=[])) == ()
    steps = running.observe(observation(4.0, {}))
    assert kinds(steps) == ["decision.complete", "episode.completed"]
    assert dict(steps[-1].data) == {"outcome": "completed", "reason": "left", "duration_s": 3.0, "results": {}}


def test_actions_at_the_end_name_what_those_at_the_begin_made():
    running = engine(rule(branches=["posture"]), branches={"posture": Told(settles_after=2)})
    (entered,) = decisions(running.observe(observation(0.0, {0: True}, session_id="visit-1")))
    (completed,) = decisions(running.observe(observation(1.0, {0: True}, session_id="visit-2")))
    (update,) = completed.actions
    assert render(update.key, completed.fields) == entered.fields["create.id"]
    assert render(update.fields, completed.fields) == {"outcome": "completed", "posture": 7}
    assert (entered.session_id, completed.session_id) == ("visit-1", "visit-2")
    assert entered.fields["uuid"] == completed.fields["uuid"]
    assert entered.decision_id != completed.decision_id


def test_the_same_frames_make_the_same_decisions_and_another_life_of_the_stream_others():
    def made(identity=IDENTITY):
        running = RuleEngine(pipeline(rule()), identity, {}, SKELETON)
        steps = (*running.observe(observation(0.0, {0: True})), *running.finish(9.0))
        return [decision.decision_id for decision in decisions(steps)]

    other = type(IDENTITY)("hall", "north", "second")
    assert made() == made()
    assert not set(made()) & set(made(other))


def test_two_subscriptions_to_one_stream_make_decisions_of_their_own():
    ids = set()
    for subscription in ("a", "b", None):
        identity = type(IDENTITY)("hall", "north", "first", subscription)
        running = RuleEngine(pipeline(rule()), identity, {}, SKELETON)
        ids |= {decision.decision_id for decision in decisions(running.observe(observation(0.0, {0: True})))}
    assert len(ids) == 3


def test_a_person_has_one_episode_of_a_rule_until_they_come_back():
    running = engine(rule(branches=["b"]), branches={"b": Told(settles_after=1)})
    assert len(ends(running.observe(observation(0.0, {0: True})))) == 1
    assert running.observe(observation(100.0, {0: True})) == ()
    running.observe(observation(101.0, {}))
    assert kinds(running.observe(observation(102.0, {1: True})))[0] == "episode.entered"


def test_a_rule_that_repeats_begins_anew_after_its_pause_without_the_frames_of_the_last_time():
    told = Told(settles_after=3)
    running = engine(rule(branches=["b"], repeat_after_s=5.0), branches={"b": told})
    entered = []
    for second in range(16):
        steps = running.observe(observation(float(second), {0: True}))
        entered += [second for kind in kinds(steps) if kind == "episode.entered"]
    assert entered == [0, 7, 12]  # ended at 2, and at once at 7 since the frames from 3 on count
    assert [moment.at for moment in told.begun[1].moments] == [3.0, 4.0, 5.0, 6.0, 7.0]


def test_branches_see_what_was_before_the_person_was_steadily_seen_but_no_longer_ago_than_the_preroll():
    told = Told()
    running = engine(rule(branches=["b"]), branches={"b": told})
    for second in range(16):
        running.observe(observation(float(second), {0: True}, stable=[0] if second == 15 else [], image=IMAGE))
    seen = told.begun[0].moments
    assert [moment.at for moment in seen] == list(np.arange(15 - PREROLL_S, 16))
    assert [moment.image is not None for moment in seen] == [False] * int(PREROLL_S) + [True]


def test_after_the_longest_time_an_episode_ends_with_what_its_branches_know():
    running = engine(rule(branches=["b"], max_duration_s=5.0))
    steps = [step for second in range(6) for step in running.observe(observation(float(second), {0: True}))]
    (end,) = ends(steps)
    assert (end.data["outcome"], end.data["reason"], end.data["results"]["b"]["value"]) == (
        "completed", "max_duration", 7,
    )  # fmt: skip


def test_a_new_epoch_interrupts_what_was_open_and_its_actions_run():
    running = engine(rule(branches=["b"]))
    running.observe(observation(0.0, {0: True}))
    steps = running.observe(observation(1.0, {0: True}, epoch=2))
    assert kinds(steps)[-2:] == ["episode.entered", "decision.enter"]
    (end,) = ends(steps)
    assert (end.data["outcome"], end.data["reason"]) == ("interrupted", "the stream began anew")
    interrupted, again = decisions(steps)
    assert (interrupted.outcome, interrupted.epoch, again.epoch) == ("interrupted", 1, 2)


def test_after_a_stall_without_a_new_epoch_the_same_person_begins_anew():
    running = engine(rule())
    first = decisions(running.observe(observation(0.0, {0: True})))
    assert len(running.interrupt(5.0, "stalled")) == 2
    assert running.open_episodes == ()
    again = decisions(running.observe(observation(6.0, {0: True})))
    assert [decision.phase for decision in again] == ["enter"]
    assert first[0].decision_id != again[0].decision_id


@pytest.mark.parametrize("raises_in", ["begin", "observe", "poll", "finish", "conclude", "close"])
def test_what_a_branch_raises_is_its_own_failure(raises_in):
    failing, well = Told(raises_in=raises_in), Told(settles_after=2)
    running = engine(rule(branches=["bad", "good"]), branches={"bad": failing, "good": well})
    steps = [step for second in range(3) for step in running.observe(observation(float(second), {0: True}))]
    steps += running.finish(9.0)
    (end,) = ends(steps)
    assert end.data["outcome"] == "completed"
    assert end.data["results"]["good"]["value"] == 7
    if raises_in in ("begin", "observe", "poll"):
        assert end.data["results"]["bad"] == {
            "error": f"ZeroDivisionError: in {raises_in}", "type": "unexpected_error",
        }  # fmt: skip


def test_a_branch_that_takes_too_long_fails_by_the_time_of_the_frames():
    slow = Told(never=True, settles_after=0, timeout_s=3.0)
    running = engine(rule(branches=["b"]), branches={"b": slow})
    for second in range(3):
        assert not ends(running.observe(observation(float(second), {0: True})))
    (end,) = ends(running.observe(observation(3.0, {0: True})))
    assert end.data["outcome"] == "failed"
    assert end.data["results"]["b"] == {"error": "no result within 3.0 s", "type": "timeout"}
    assert slow.begun[0].closed


def test_an_episode_ends_even_if_its_executor_never_comes_back():
    running = engine(rule(branches=["b"]), branches={"b": Told(never=True)})
    running.observe(observation(0.0, {0: True}))
    steps = [step for second in range(1, 70) for step in running.observe(observation(float(second), {}))]
    (end,) = ends(steps)
    assert end.data["results"]["b"]["type"] == "timeout"


def test_an_action_is_left_out_where_what_it_requires_has_failed_or_the_outcome_is_another():
    actions = [
        {"type": "publish", "name": name, "channel": "c", "message": "m", **more}
        for name, more in (
            ("always", {}), ("with_good", {"require": ["good"]}), ("with_bad", {"require": ["bad"]}),
            ("if_failed", {"outcomes": ["failed"]}), ("if_completed", {"outcomes": ["completed", "interrupted"]}),
        )
    ]  # fmt: skip
    running = engine(
        rule(branches=["good", "bad"], on_complete=actions),
        branches={"good": Told(settles_after=1), "bad": Told(settles_after=1, fails=True)},
    )
    completed = decisions(running.observe(observation(0.0, {0: True})))[-1]
    assert [action.name for action in completed.actions] == ["always", "with_good", "if_completed"]


def test_pictures_are_encoded_when_the_decision_is_made_and_missed_where_there_is_none():
    saves = [{"type": "save_image", "name": "face", "region": {"part": "head"}},
             {"type": "save_image", "name": "all", "format": "png", "region": {"part": "frame"}}]  # fmt: skip
    running = engine(rule(on_enter=saves, on_complete=[{**saves[1], "name": "last"}]))
    (entered,) = decisions(running.observe(observation(0.0, {0: True}, image=IMAGE)))
    assert entered.images["face"][:2] == b"\xff\xd8"
    assert entered.images["all"][:4] == b"\x89PNG"
    assert entered.fields["face.image_key"] == f"north/{entered.fields['uuid']}/enter.jpg"
    running.observe(observation(1.0, {0: False}))
    (completed,) = decisions(running.observe(observation(2.0, {})))
    assert completed.images.keys() == {"last"}

    without = engine(rule(on_enter=saves, on_complete=[]))
    steps = without.observe(observation(0.0, {0: True}))
    assert kinds(steps) == ["episode.entered", "decision.enter", "action.failed", "action.failed"]
    assert steps[1].actions == ()
    assert steps[1].fields["face.image_key"] is None


def test_the_gate_asks_for_scores_and_for_how_many_people_there_are():
    running = engine(rule(), gate={"min_score": 0.5, "min_persons": 2, "max_persons": 2})
    assert running.observe(observation(0.0, {0: True, 1: True}, score=0.4)) == ()
    assert running.observe(observation(1.0, {0: True})) == ()
    assert running.observe(observation(2.0, {0: True, 1: True, 2: True})) == ()
    assert len(decisions(running.observe(observation(3.0, {0: True, 1: True})))) == 2


def test_an_engine_takes_no_pipeline_that_contradicts_itself():
    unchecked = Pipeline.model_validate({"name": "p", "rules": [rule(), rule()]})
    with pytest.raises(RuleError, match="another rule visit"):
        RuleEngine(unchecked, IDENTITY, {}, SKELETON)


def test_decisions_travel_between_processes():
    running = engine(rule(on_enter=[{"type": "save_image", "name": "p"}], on_complete=[]))
    for decision in decisions(running.observe(observation(0.0, {0: True}, image=IMAGE))):
        assert pickle.loads(pickle.dumps(decision)) == decision
        assert Decision.model_validate_json(decision.model_dump_json()) == decision


TOLD = st.builds(
    Told,
    settles_after=st.none() | st.integers(1, 4),
    fails=st.booleans(),
    raises_in=st.sampled_from(["", "", "", "begin", "observe", "poll", "finish", "conclude", "close"]),
    never=st.booleans(),
    timeout_s=st.none() | st.floats(0.5, 3),
)
PEOPLE = st.dictionaries(st.integers(0, 3), st.tuples(st.booleans(), st.booleans()), max_size=3)
#: A frame with who is followed, seen and stable and how long after the last it comes; an interruption; an epoch.
SCRIPT = st.lists(
    st.one_of(
        st.tuples(st.just("frame"), PEOPLE, st.sampled_from([0.0, 0.1, 1.0, 3.0, 90.0])),
        st.sampled_from([("interrupt", {}, 0.1), ("epoch", {}, 0.1)]),
    ),
    max_size=25,
)
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "branches": st.integers(0, 2),
            "mode": st.sampled_from(["all", "any", "required"]),
            "max_duration_s": st.sampled_from([0.5, 600.0]),
            "repeat_after_s": st.sampled_from([None, 0.0, 2.0]),
            "timeout_s": st.sampled_from([None, 1.5]),
        }
    ),
    min_size=1,
    max_size=2,
)


def played(rules, told, script):
    """The steps of a script, each list with the stable people of its frame; None for an interruption."""
    made = []
    branches = {}
    for index, drawn in enumerate(rules):
        names = [f"b{index}{place}" for place in range(drawn["branches"])]
        branches |= {name: told[(index + place) % len(told)] for place, name in enumerate(names)}
        made.append(
            rule(
                f"r{index}",
                names,
                join={"mode": drawn["mode"], "timeout_s": drawn["timeout_s"]},
                max_duration_s=drawn["max_duration_s"],
                repeat_after_s=drawn["repeat_after_s"],
            )
        )
    running = engine(*made, branches=branches)
    at, epoch, played_steps = 1000.0, 1, []
    for kind, people, later in script:
        at += later
        if kind == "interrupt":
            played_steps.append((running.interrupt(at, "told so"), None))
            assert running.open_episodes == ()
            continue
        epoch += kind == "epoch"
        tracks = {track_id: seen for track_id, (seen, _) in people.items()}
        stable = [track_id for track_id, (seen, is_stable) in people.items() if seen and is_stable]
        played_steps.append((running.observe(observation(at, tracks, stable=stable, epoch=epoch)), stable))
    played_steps.append((running.finish(at + 1), None))
    assert running.open_episodes == ()
    return played_steps


@settings(max_examples=80)
@given(rules=RULES, told=st.lists(TOLD, min_size=1, max_size=3), script=SCRIPT)
def test_whatever_happens_every_episode_that_begins_ends_once_and_nothing_is_done_before(rules, told, script):
    steps = played(rules, told, script)
    state: dict[str, str] = {}
    ids = set()
    for made, stable in steps:
        for step in made:
            episode = str(step.fields["uuid"]) if isinstance(step, Decision) else step.episode_id
            if isinstance(step, Decision):
                assert step.decision_id not in ids
                ids.add(step.decision_id)
                for action in step.actions:  # whatever they name is there
                    render(dict(action), {**step.fields, f"{action.name}.id": "x"})
                assert state[episode] == "open"
                if step.phase == "complete":
                    assert step.outcome is not None
            elif step.kind == "episode.entered":
                assert episode not in state
                assert stable is not None
                assert step.track_id in stable, "nothing acts before somebody is steadily seen"
                state[episode] = "open"
            else:
                assert state[episode] == "open"
                if step.kind == "episode.completed":
                    state[episode] = "ended"
                    if stable is None and step.data["reason"] == "told so":
                        assert step.data["outcome"] == "interrupted"
    assert set(state.values()) <= {"ended"}


@settings(max_examples=20)
@given(rules=RULES, told=st.lists(TOLD, min_size=1, max_size=3), script=SCRIPT)
def test_the_engine_is_a_function_of_what_it_is_given(rules, told, script):
    assert played(rules, told, script) == played(rules, told, script)


def test_people_who_come_and_go_for_weeks_leave_nothing_behind():
    running = engine(rule(branches=["b"]), branches={"b": Told(settles_after=1)})
    for visitor in range(300):
        running.observe(observation(2.0 * visitor, {visitor: True}, joints=STANDING))
        running.observe(observation(2.0 * visitor + 1, {}))
    assert len(running._people) == 0
    assert running.open_episodes == ()
