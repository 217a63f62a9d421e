"""The map of the package leads to files and names that exist, and its rooms are those of the test of the rooms."""

import ast
import re
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from test_rooms import ALLOWED, PACKAGE

REPOSITORY = PACKAGE.parent
MAP = (PACKAGE / "ARCHITECTURE.md").read_text("utf-8")
LAYOUTS = re.findall(r"```\n(.*?)```", MAP, re.DOTALL)
TEXT = re.sub(r"```\n.*?```", "", MAP, flags=re.DOTALL)
CODE = sorted(set(re.findall(r"`([^`\s]+)`", TEXT)))
#: Of a run or of the service, not of the package; and what only looks like a path.
OUTPUTS = re.compile(r"[\w-]+\.(json|parquet)|(in|out|failed)/|/v1/\w+")
FILES = [
    word for word in CODE if ("/" in word or re.search(r"\.(py|md|yaml)\b", word)) and not OUTPUTS.fullmatch(word)
]
DOTTED = [word for word in CODE if word.startswith("neuropose_ray.")]


def located(path: str) -> Path:
    root = REPOSITORY if path.startswith(("tests/", "jobs/", ".ci/", "neuropose_ray/")) else PACKAGE
    return root / path


def names_in(file: Path) -> set[str]:
    """The names that a module defines, and those of its classes behind a dot."""
    names: set[str] = set()
    for node in ast.parse(file.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef)}
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def test_there_is_much_to_check():
    assert len(FILES) > 100
    assert len(DOTTED) >= 1
    assert len(LAYOUTS) == 2


@pytest.mark.parametrize("word", FILES)
def test_every_file_and_every_name_in_it_exist(word: str):
    path, _, name = word.partition("::")
    assert located(path).exists(), f"{path} is not there"
    assert not name or name in names_in(located(path)), f"{path} has no {name}"


@pytest.mark.parametrize("word", DOTTED)
def test_every_dotted_name_can_be_imported(word: str):
    module, _, name = word.rpartition(".")
    assert hasattr(import_module(module), name)


def test_every_room_is_on_the_map_with_what_it_may_import():
    rows = dict(re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", MAP, re.MULTILINE))
    assert set(rows) == set(ALLOWED)
    for room, allowed in ALLOWED.items():
        words = set(re.findall(r"`(\w+)`", rows[room]))
        if allowed is None:
            assert rows[room] == "everything"
        elif rows[room].startswith("all of the above but"):
            above = set(list(rows)[: list(rows).index(room)])
            assert above - words == allowed, room
        else:
            assert words == allowed, room


def test_every_module_at_the_top_is_on_the_map():
    modules = {file.name for file in PACKAGE.glob("*.py")} - {"__init__.py"}
    assert modules <= set(FILES)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_file_of_a_layout_is_one_that_the_code_writes(layout: str):
    source = "\n".join(file.read_text("utf-8") for file in PACKAGE.rglob("*.py"))
    # The first column, without the two examples of names.
    words = [word for line in layout.splitlines() for word in re.split(r" {2,}", line.strip())[0].split()]
    names = {part for word in words for part in word.split("/") if part} - {"results", "walk", "data", "ID"}
    assert len(names) > 8
    for name in names:
        assert re.search(rf'"{re.escape(name.replace("-N.", "-{number}."))}"|"{re.escape(name)}"', source), name


def test_every_file_of_the_package_is_shipped():
    """Of what is no module, setuptools takes the files that pyproject.toml names."""
    pyproject = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    data = pyproject["tool"]["setuptools"]["package-data"]
    shipped = {file for pattern in data["neuropose_ray"] for file in PACKAGE.glob(pattern)}
    shipped |= {file for pattern in data["*"] for file in PACKAGE.rglob(pattern)}
    others = {
        file
        for file in PACKAGE.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".py"
    }
    assert others
    assert others <= shipped
