"""The rules of the house: what may be loaded when, and who may import whom."""

import ast
import subprocess
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

import neuropose_ray

PACKAGE = Path(neuropose_ray.__file__).parent
HEAVY = {
    "ray", "tensorflow", "cv2", "matplotlib", "av", "ai_edge_litert", "pyarrow", "scipy", "numba", "pandas", "plotly",
}  # fmt: skip
#: Room -> the rooms it may import, besides itself and the modules at the top that everybody may use.
ALLOWED = {
    "errors": set(),
    "schemas": set(),
    "video": {"schemas"},
    "models": {"schemas"},
    "curation": {"schemas"},
    "tracking": {"schemas"},
    "rules": {"schemas", "analysis", "tracking"},
    "stores": {"schemas"},
    "fitting": {"schemas"},
    "lifting": {"schemas"},
    "analysis": {"schemas"},
    "evaluate": {"schemas", "analysis", "formats", "phantom"},
    "description": {"schemas", "analysis"},
    "report": {"schemas", "analysis", "description", "render", "video"},
    "formats": {"schemas"},
    "render": {"schemas", "video", "analysis"},
    "phantom": {"schemas", "video"},
    "pipeline": {"schemas", "video", "models", "tracking", "fitting", "lifting", "doctor", "curation"},
    "benchmark": {"schemas", "video", "models", "pipeline", "tracking"},
    "doctor": {"models"},
    "service": {
        "schemas", "video", "models", "pipeline", "analysis", "formats", "render", "report", "description", "doctor",
        "rules", "curation", "stores", "tracking",
    },
    "examples": {"schemas", "models", "analysis", "service"},
    "cli": None,
}  # fmt: skip
#: Room -> the modules of it that others import past its face -> why, and who does.
PAST_FACES = {
    "models": {
        "blazepose": ("the bare networks are measured without what is around them", {"benchmark"}),
        "metrabs": ("the bare SavedModel is measured without what is around it", {"benchmark"}),
    },
}
#: Rooms without a list of names, each with its reason.
WITHOUT_NAMES = {
    "schemas": "a module for each kind of data, imported by its name: over a hundred names, used everywhere",
    "examples": "programs, which nobody imports",
}
EVERYBODY = {
    "errors", "faults", "__init__", "machine", "cluster", "processes", "network_access", "ray_auth", "ray_ports",
    "settings", "words", "neuropose_names", "yaml_files",
}  # fmt: skip


@cache
def import_statements(file: Path) -> list[ast.Import | ast.ImportFrom]:
    """All of a module, also those within functions; most tests here ask for those of the whole package."""
    tree = ast.parse(file.read_text("utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


@cache
def imports(file: Path) -> frozenset[str]:
    nodes = import_statements(file)
    names = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    names |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return frozenset(
        name.split(".")[1] if "." in name else "__init__" for name in names if name.split(".")[0] == "neuropose_ray"
    )


@pytest.mark.parametrize("room", sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()))
def test_rooms_import_forward_only(room: str):
    assert room in ALLOWED, "a new room: say whom it may import"
    allowed = ALLOWED[room]
    for file in (PACKAGE / room).rglob("*.py"):
        others = imports(file) - {room} - EVERYBODY
        assert allowed is None or others <= allowed, f"{file.relative_to(PACKAGE)} imports {others - allowed}"
        assert "cli" not in others or room == "cli"


def test_every_room_says_what_it_is_for_and_has_a_face():
    for init in sorted(PACKAGE.rglob("__init__.py")):
        assert ast.get_docstring(ast.parse(init.read_text("utf-8"))), f"{init.relative_to(PACKAGE)} says nothing"
    for room in sorted(ALLOWED.keys() - WITHOUT_NAMES.keys()):
        face = import_module(f"neuropose_ray.{room}")
        assert face.__all__, room
        for name in face.__all__:
            assert name in dir(face)
            assert hasattr(face, name), f"{room} has no {name}"


def imported_from(file: Path) -> set[str]:
    """What a module imports of the package, each name below what it is imported from."""
    nodes = import_statements(file)
    names = {
        f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    names |= {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return {name.removeprefix("neuropose_ray.") for name in names if name.startswith("neuropose_ray.")}


def is_module(dotted: str) -> bool:
    path = PACKAGE.joinpath(*dotted.split("."))
    return path.with_suffix(".py").exists() or path.is_dir()


def test_rooms_know_each_other_by_their_faces():
    used: set[tuple[str, str]] = set()
    for file in sorted(PACKAGE.rglob("*.py")):
        here = file.relative_to(PACKAGE).parts[0]
        for dotted in sorted(imported_from(file)):
            room, *rest = dotted.split(".")
            if room not in ALLOWED or room == here or room in WITHOUT_NAMES or not rest:
                continue
            face = import_module(f"neuropose_ray.{room}").__all__
            if len(rest) == 1 and (rest[0] in face or not is_module(dotted)):
                continue
            # A part of a room may have a face of its own.
            if len(rest) == 2 and (PACKAGE / room / rest[0] / "__init__.pyi").exists():
                assert rest[1] in import_module(f"neuropose_ray.{room}.{rest[0]}").__all__, dotted
                continue
            used.add((room, rest[0]))
            _, users = PAST_FACES.get(room, {}).get(rest[0], ("", set()))
            assert here in users, f"{file.relative_to(PACKAGE)} imports {dotted} past the face of {room}"
    assert used == {(room, part) for room, parts in PAST_FACES.items() for part in parts}


@pytest.mark.parametrize("module", sorted(EVERYBODY - {"__init__"}))
def test_what_everybody_may_use_uses_no_room(module: str):
    files = (PACKAGE / module).rglob("*.py") if (PACKAGE / module).is_dir() else [PACKAGE / f"{module}.py"]
    assert all(imports(file) <= EVERYBODY for file in files)


def test_only_the_pipelines_run_and_the_command_line_know_the_settings():
    users = {file.relative_to(PACKAGE).parts[0] for file in PACKAGE.rglob("*.py") if "settings" in imports(file)}
    assert users <= {"pipeline", "cli", "benchmark", "service", "api.py", "estimator.py"}


def test_runs_as_users_ask_for_them_are_started_by_the_command_line_and_the_estimator_alone():
    users = {file.relative_to(PACKAGE).parts[0] for file in PACKAGE.rglob("*.py") if "api" in imports(file)}
    assert users == {"cli", "__init__.py", "estimator.py"}


@pytest.mark.parametrize("code", ["import neuropose_ray", "import neuropose_ray.cli.main"])
def test_what_starts_every_command_loads_nothing_heavy(code: str):
    script = f"import sys; {code}; print(*(sys.modules.keys() & {HEAVY!r}))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert loaded == []


def test_help_is_printed_without_loading_anything_heavy():
    heavy = HEAVY | {"asyncio"}
    script = (
        "import sys\nsys.argv = ['neuropose-ray', '--help']\nfrom neuropose_ray.cli import main\n"
        f"try:\n    main()\nexcept SystemExit:\n    pass\nprint('loaded:', *(sys.modules.keys() & {heavy!r}))"
    )
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert "process" in printed
    assert printed.rstrip().endswith("loaded:")
