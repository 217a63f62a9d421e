"""The catalogue has every code of the package once, each with a cause and a remedy."""

import inspect
import re
from pathlib import Path

import pytest

import neuropose_ray
from neuropose_ray import errors
from neuropose_ray.cli.main import COMMANDS
from neuropose_ray.errors import NeuroposeRayError, error_catalogue, error_kinds


def test_all_errors_that_can_be_imported_are_in_it():
    named = {kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, NeuroposeRayError)}
    kinds = list(error_kinds())
    assert set(kinds) == named
    assert len(kinds) == len(named)


def test_a_class_comes_before_its_subclasses_so_that_a_shared_code_stands_for_the_class():
    kinds = list(error_kinds())
    for kind in kinds:
        parents = [parent for parent in kind.__mro__[1:] if parent in kinds and parent.code == kind.code]
        assert all(kinds.index(parent) < kinds.index(kind) for parent in parents)


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
