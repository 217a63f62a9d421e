"""What contributors are asked to type works, and the versions pinned for the checks are those that are allowed."""

import re
import shlex
import subprocess
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from packaging.markers import Environment, default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REPOSITORY = Path(__file__).resolve().parent.parent
CONTRIBUTING = (REPOSITORY / ".github" / "CONTRIBUTING.md").read_text("utf-8")
COMMANDS = [
    line for block in re.findall(r"```bash\n(.*?)```", CONTRIBUTING, re.DOTALL) for line in block.splitlines()
]
CONSTRAINTS = (REPOSITORY / ".ci" / "constraints.txt").read_text("utf-8")
PINS = [Requirement(line) for line in CONSTRAINTS.splitlines() if not line.startswith("#")]
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
PYTEST = PYPROJECT["tool"]["pytest"]["ini_options"]
PLATFORMS = {
    "Linux": ("linux", "Linux", "x86_64"),
    "Linux on ARM": ("linux", "Linux", "aarch64"),
    "macOS": ("darwin", "Darwin", "arm64"),
    "Windows": ("win32", "Windows", "AMD64"),
}


def environment(python: str, platform: str) -> Environment:
    sys_platform, system, machine = PLATFORMS[platform]
    return {
        **default_environment(), "python_version": python, "python_full_version": f"{python}.1",
        "sys_platform": sys_platform, "platform_system": system, "platform_machine": machine,
    }  # fmt: skip


def applies(requirement: Requirement, where: Environment) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**where, "extra": ""})


def direct_requirements() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *extras["test"], *extras["dev"]]
    return [one for one in map(Requirement, lines) if one.name != PROJECT["name"]]


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_direct_dependency_has_one_pinned_version_within_its_bounds(python: str, platform: str):
    where = environment(python, platform)
    pins: dict[str, list[Requirement]] = {}
    for pin in PINS:
        if applies(pin, where):
            pins.setdefault(canonicalize_name(pin.name), []).append(pin)
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}
    needed = [requirement for requirement in direct_requirements() if applies(requirement, where)]
    assert len(needed) > 40
    for requirement in needed:
        (pin,) = pins.get(canonicalize_name(requirement.name), [None])
        assert pin is not None, f"no pinned version of {requirement}: refresh .ci/constraints.txt"
        (version,) = (clause.version for clause in pin.specifier)
        assert requirement.specifier.contains(version), f"{pin} is outside of {requirement}"


def test_pins_are_exact_versions_and_name_no_source():
    for pin in PINS:
        assert [clause.operator for clause in pin.specifier] == ["=="]
        assert not pin.extras
        assert pin.url is None
    assert "://" not in CONSTRAINTS


def test_the_command_that_refreshes_the_pins_is_the_one_that_wrote_them():
    (command,) = [command for command in COMMANDS if command.startswith("uv ")]
    written = re.search(r"^#\s+(uv .*)$", CONSTRAINTS, re.MULTILINE)
    assert written is not None
    assert written[1] == command.replace(" --upgrade", "")


def test_the_environment_is_set_up_as_the_readme_does_it():
    (readme,) = re.findall(r"^(python3 -m venv .*) && pytest$", (REPOSITORY / "README.md").read_text("utf-8"), re.M)
    assert COMMANDS[0] == f"{readme.replace('[test]', '[dev]')} && pre-commit install"


def test_the_checks_are_there_and_can_be_run():
    for command in [command for command in COMMANDS if command.startswith(".ci/")]:
        assert (REPOSITORY / command).stat().st_mode & 0o111, command
        subprocess.run(["bash", "-n", REPOSITORY / command], check=True)


def test_the_quick_tests_are_in_folders_that_are_there():
    command = (REPOSITORY / ".ci" / "quick").read_text("utf-8").partition("pytest ")[2].replace("\\\n", " ")
    printed = subprocess.run(
        ["bash", "-c", f"printf '%s\\n' {command}"], cwd=REPOSITORY, capture_output=True, text=True
    )
    paths = [word.removeprefix("--ignore=") for word in printed.stdout.split() if "tests/" in word]
    assert len(paths) > 20
    assert [path for path in paths if not (REPOSITORY / path).exists()] == []


def test_every_test_command_names_folders_and_marks_that_are_there():
    commands = [command for command in COMMANDS if command.startswith("pytest")]
    assert len(commands) > 2
    declared = {mark.split(":")[0] for mark in PYTEST["markers"]}
    for command in commands:
        _, *words = shlex.split(command)
        chosen = " ".join(word for before, word in pairwise(words) if before == "-m")
        assert set(re.findall(r"\w+", chosen)) - {"and", "not"} <= declared, command
        assert all((REPOSITORY / word).exists() for word in words if "/" in word), command


def test_what_the_default_tests_leave_out_decides_too_or_takes_hours():
    addopts = shlex.split(PYTEST["addopts"])
    assert addopts[addopts.index("-m") + 1] == "not endurance and not slow"
    decides = (REPOSITORY / ".ci" / "run").read_text("utf-8").splitlines()
    assert decides.index("pytest -m 'slow and not endurance'") > decides.index('eval "$test_command"')


@pytest.mark.parametrize("form", ["bug", "feature"])
def test_issue_forms_ask_for_what_is_needed(form: str):
    fields = yaml.safe_load((REPOSITORY / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml").read_text("utf-8"))
    assert fields["name"]
    assert fields["description"]
    asked = [field["id"] for field in fields["body"] if field["type"] != "markdown"]
    assert len(asked) == len(set(asked))
    assert form != "bug" or set(asked) >= {"version", "doctor", "command", "input"}


def test_the_workflow_runs_what_decides_here():
    workflow = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text("utf-8"))
    assert [step["run"] for step in workflow["jobs"]["suite"]["steps"] if "run" in step] == [".ci/run"]
