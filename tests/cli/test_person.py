"""Which person a command takes, where several are seen."""

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from neuropose_ray.analysis import PersonRule
from neuropose_ray.cli.main import COMMANDS, app
from neuropose_ray.cli.person import Person, one_person, require_one_choice
from neuropose_ray.errors import SettingsError


def test_the_rules_are_those_of_the_analysis():
    from typing import get_args

    assert set(Person) == {*get_args(PersonRule), "all"}


def options(command):
    """The names of a command's options, and arguments as far as it needs them."""
    parameters = get_command(app).commands[command].params
    arguments = []
    for parameter in parameters:
        if parameter.required:
            arguments += [parameter.opts[0], "x"] if parameter.opts[0].startswith("-") else ["x"]
    return {name for parameter in parameters for name in parameter.opts if name.startswith("-")}, arguments


def chooses_by_rule(command):
    """Whether it has the option; that of `evaluate` is a number of its reference."""
    parameters = get_command(app).commands[command].params
    return any("--person" in parameter.opts and "longest" in (parameter.metavar or "") for parameter in parameters)


WITH_PERSON = [command for command in COMMANDS if chooses_by_rule(command)]


def test_commands_that_take_people_of_trials_let_them_be_chosen():
    assert set(WITH_PERSON) == {
        "report", "plot", "export", "analyze", "segment", "compare", "dtw-matrix", "classify",
    }  # fmt: skip


@pytest.mark.parametrize("command", WITH_PERSON)
def test_a_number_in_the_place_of_a_rule_is_refused_with_the_options_that_take_it(command):
    names, arguments = options(command)
    refused = CliRunner().invoke(app, [command, "--person", "2", *arguments], env={"COLUMNS": "300"})
    assert refused.exit_code == 2
    assert "'2' is not one of longest, largest, most-moving, nearest-centre, all" in refused.output
    tracks = {name for name in names if name.endswith("track")}
    assert {name for name in tracks if name in refused.output} == tracks
    assert ("takes a person's number" in refused.output) == bool(tracks)


@pytest.mark.parametrize("command", WITH_PERSON)
def test_help_lists_the_rules_and_the_one_that_is_usual(command):
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    assert "[longest|largest|most-moving|nearest-centre|all]" in shown
    assert ("[default: longest]" in shown) == (command != "export")  # which takes everybody


@pytest.mark.parametrize(("track", "person"), [(None, person) for person in Person] + [(0, Person.LONGEST)])
def test_a_rule_or_a_track_is_one_choice(track, person):
    require_one_choice(track, person)


@pytest.mark.parametrize("person", [person for person in Person if person is not Person.LONGEST])
def test_a_track_and_a_rule_are_refused_also_for_track_0(person):
    with pytest.raises(SettingsError, match="either --track or --person"):
        require_one_choice(0, person)


def test_a_command_of_one_person_refuses_everybody_and_says_what_to_do():
    assert one_person(Person.LARGEST, "compare") == "largest"
    with pytest.raises(SettingsError, match=r"compare takes one person; choose one, such as --person largest"):
        one_person(Person.ALL, "compare")
