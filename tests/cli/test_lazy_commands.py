"""A command is imported when it is asked for, and is as it would be otherwise."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from neuropose_ray.cli.lazy_commands import CommandRef, lazy_group
from neuropose_ray.cli.main import COMMANDS, app


def run(*words: str):
    return CliRunner().invoke(app, list(words))


def loaded_by(*words: str) -> set[str]:
    """The commands that are imported by a command line."""
    script = (
        "import sys\nfrom neuropose_ray.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('loaded:', *(name for name in sys.modules if name.startswith('neuropose_ray.cli.')))"
    )
    ran = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True)
    modules = ran.stdout.rpartition("loaded:")[2].split()
    return {module.removeprefix("neuropose_ray.cli.") for module in modules} & {
        reference.module for reference in COMMANDS.values()
    }


def test_a_command_comes_without_the_others():
    assert loaded_by("compare", "--help") == {"compare"}
    assert loaded_by("--version") == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    shown = run(name, "--help")
    assert shown.exit_code == 0
    assert f"neuropose-ray {name}" in shown.output


def test_help_lists_all_commands_in_their_panels():
    lines = run("--help").output.splitlines()
    service = next(number for number, line in enumerate(lines) if "The service ─" in line)
    for name, reference in COMMANDS.items():
        number = next(number for number, line in enumerate(lines) if line.startswith(f"│ {name} "))
        assert (number > service) == (reference.panel == "The service")


def test_a_slip_of_the_keyboard_gets_a_suggestion():
    slip = run("proces", "walk.mp4")  # codespell:ignore proces
    assert slip.exit_code == 2
    assert "'process'" in slip.output


def test_commands_below_a_command_are_found():
    assert "neuropose-ray service token" in run("service", "token", "--help").output
    assert run("models", "list", "-h").exit_code == 0


def test_a_place_without_a_command_is_a_mistake_of_the_table():
    wrong = typer.Typer(cls=lazy_group({"gone": CommandRef("main", "no_such_thing")}))
    wrong.callback()(lambda: None)
    with pytest.raises(AttributeError, match="no_such_thing"):
        CliRunner().invoke(wrong, ["gone"], catch_exceptions=False)
