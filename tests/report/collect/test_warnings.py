"""Warnings of a report: sentences, none twice, what concerns all numbers first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.phantom_results import seconds, squatting, truth_table, walking, without_rows, write_results

from neuropose_ray.analysis import CleaningSettings, MovementResults, clinical_angles, load_trial
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.phantom.scene import Person, Scene
from neuropose_ray.report.collect.movement import Movement
from neuropose_ray.report.collect.person import reported_person
from neuropose_ray.report.collect.warnings import report_warnings, sentence
from neuropose_ray.report.settings import ReportSettings

NOTHING = Movement("", "", (), {}, (), (), MovementResults())


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("the floor is not known", "The floor is not known."), ("Is it so?", "Is it so?"), (" no! ", "No!"),
        ("3 frames", "3 frames."), ("Already so.", "Already so."), ("", "."),
    ],
)  # fmt: skip
def test_a_sentence_begins_with_a_capital_and_ends_with_a_stop(text, written):
    assert sentence(text) == written


@given(st.text(alphabet="abc .?!", min_size=1))
def test_a_sentence_stays_one(text):
    assert sentence(sentence(text)) == sentence(text)


def warnings_of(folder, table, movement=NOTHING, **settings):
    trial = load_trial(write_results(folder, table))
    person = reported_person(trial, CleaningSettings())
    angles = clinical_angles(person.cleaned.motion)
    return report_warnings(person, angles, movement, ReportSettings(**settings))


def test_those_of_the_movement_come_last_and_none_comes_twice(tmp_path):
    movement = Movement(
        "", "", (), {}, (), ("no stride is whole", "No stride is whole.", "too short"), MovementResults()
    )
    said = warnings_of(tmp_path / "squat", truth_table(squatting(), seconds(3)), movement)
    assert said[-2:] == ("No stride is whole.", "Too short.")
    assert len(set(said)) == len(said)


def test_of_several_people_it_is_said_whose_numbers_these_are(tmp_path):
    people = Person(Squatting()), Person(Squatting(), place_mm=(0, 900))
    several = warnings_of(tmp_path / "two", truth_table(Scene(people), seconds(2)))
    assert several[0].startswith("2 tracks were found;")
    assert several[0].endswith("track 0.")
    one = warnings_of(tmp_path / "one", truth_table(squatting(), seconds(2)))
    assert not any("tracks were found" in text for text in one)


def test_gaps_that_are_not_filled_are_said(tmp_path):
    whole = truth_table(walking(), seconds(4))
    said = warnings_of(tmp_path / "gap", without_rows(whole, range(20, 60)))
    more = set(said) - set(warnings_of(tmp_path / "whole", whole))
    assert any(text.startswith("Cleaning: gaps") and text.endswith("left open: 21.") for text in more), more
