"""Which person a command takes, where several are seen."""

import pytest

from neuropose_ray.analysis import PersonRule
from neuropose_ray.cli.person import Person, one_person, require_one_choice
from neuropose_ray.errors import SettingsError


def test_the_rules_are_those_of_the_analysis():
    from typing import get_args

    assert set(Person) == {*get_args(PersonRule), "all"}


@pytest.mark.parametrize(("track", "person"), [(None, person) for person in Person] + [(0, Person.LONGEST)])
def test_a_rule_or_a_track_is_one_choice(track, person):
    require_one_choice(track, person)


@pytest.mark.parametrize("person", [person for person in Person if person is not Person.LONGEST])
def test_a_track_and_a_rule_are_refused_also_for_track_0(person):
    with pytest.raises(SettingsError, match="either --track or --person"):
        require_one_choice(0, person)


def test_a_command_of_one_person_refuses_everybody_and_says_what_to_do():
    assert one_person(Person.LARGEST, "compare") == "largest"
    with pytest.raises(SettingsError, match=r"compare takes one person; choose by --person largest, or a track"):
        one_person(Person.ALL, "compare")
