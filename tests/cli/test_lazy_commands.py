"""A command is imported when it is asked for, and is as it would be otherwise."""

import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from neuropose_ray import errors
from neuropose_ray.cli import lazy_commands
from neuropose_ray.cli.lazy_commands import CommandRef, lazy_group
from neuropose_ray.cli.main import COMMANDS, app


def run(*words: str):
    return CliRunner().invoke(app, list(words))


#: All are loaded at once, as the names of exceptions are needed wherever one is caught.
ERRORS = {
    "neuropose_ray.errors",
    *(f"neuropose_ray.errors.{module.name}" for module in pkgutil.iter_modules(errors.__path__)),
}
#: What a help may load of the package beside the command line: names and defaults for the signatures of commands.
NAMES = {
    "neuropose_ray", "neuropose_ray.words", *ERRORS,
    "neuropose_ray.benchmark", "neuropose_ray.benchmark.defaults",
    "neuropose_ray.formats", "neuropose_ray.formats.kinds",
    "neuropose_ray.render", "neuropose_ray.render.overlay", "neuropose_ray.render.overlay.choices",
    "neuropose_ray.schemas", "neuropose_ray.schemas.job_names",
    "neuropose_ray.service", "neuropose_ray.service.names",
}  # fmt: skip
#: Of other packages, what each takes a noticeable part of a second.
NOT_FOR_HELP = {"numpy", "pydantic", "pydantic_settings", "yaml", "httpx", "psutil", "importlib.metadata"}


def modules_of(*words: str) -> set[str]:
    """The modules that are imported by a command line."""
    script = (
        "import sys\nfrom neuropose_ray.cli import main\ntry:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('loaded:', *sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True)
    return set(ran.stdout.rpartition("loaded:")[2].split())


def loaded_by(*words: str) -> set[str]:
    """The commands that are imported by a command line."""
    modules = {module.removeprefix("neuropose_ray.cli.") for module in modules_of(*words)}
    return modules & {reference.module for reference in COMMANDS.values()}


def rooms_of(modules: set[str]) -> set[str]:
    """Those of the package that are not of the command line."""
    own = {module for module in modules if module.split(".")[0] == "neuropose_ray"}
    return {module for module in own if not f"{module}.".startswith("neuropose_ray.cli.")}


def test_a_command_comes_without_the_others():
    assert loaded_by("compare", "--help") == {"compare"}
    assert loaded_by("--version") == set()


@pytest.mark.parametrize("words", [("--help",), ("process", "--help"), ("analyze", "--help"), ("jobs", "--help")])
def test_help_loads_the_names_in_signatures_and_nothing_that_does_the_work(words: tuple[str, ...]):
    modules = modules_of(*words)
    assert "typer.rich_utils" in modules, "help was printed"
    assert rooms_of(modules) <= NAMES
    assert modules & NOT_FOR_HELP == set()


def test_all_names_in_signatures_are_needed():
    assert rooms_of(modules_of("--help")) == NAMES


def test_the_version_is_printed_without_any_room_and_without_rich():
    modules = modules_of("--version")
    assert rooms_of(modules) == {"neuropose_ray", "neuropose_ray.version", *ERRORS}
    assert not any(module.split(".")[0] == "rich" for module in modules)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name):
    shown = run(name, "--help")
    assert shown.exit_code == 0
    assert f"neuropose-ray {name}" in shown.output


def test_the_list_of_commands_is_that_of_built_ones_and_builds_none(monkeypatch):
    built = lazy_commands._imported
    with monkeypatch.context() as patch:
        patch.setattr(lazy_commands, "_outline", built)
        listed = run("--help").output
    monkeypatch.setattr(lazy_commands, "_imported", lambda name, _: pytest.fail(f"{name} was built"))
    assert run("--help").output == listed


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


def numbers_of(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str, bool]]:
    """The options with numbers of a command and those below it: what leads to it, its name, whether it has floats."""
    for parameter in command.params:
        if any(kind in parameter.type.name for kind in ("float", "int")) and parameter.opts[0].startswith("-"):
            yield words, parameter.opts[0], "float" in parameter.type.name
    for name, below in getattr(command, "commands", {}).items():
        yield from numbers_of(below, (*words, name))


def test_no_option_of_any_command_takes_a_number_without_an_end():
    root = typer.main.get_command(app)
    options = [found for name, command in root.commands.items() for found in numbers_of(command, (name,))]
    assert len(options) > 40
    for words, option, is_float in options:
        for number in ("nan", "inf", "-inf") if is_float else ("9" * 30, f"-{'9' * 30}"):
            said = run(*words, f"{option}={number}")
            assert (said.exit_code, option in said.output) == (2, True), (words, option, number, said.output)
