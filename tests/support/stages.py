"""The stages whose numbers finished results hold, and a digest of each stage's code.

A stage has a version beside its code, and keys of results are made of these versions. Nothing in the program notices
when code changes and its version does not; the digests kept in ``stage_pins.json`` do, in
``tests/pipeline/test_versions.py``.

A stage's code is every module that its entry points import, however indirectly, each in the first stage that reaches
it. Docstrings, comments, layout, and where a module lies have no part in the digest.

Pin all stages again, after a change that left their numbers as they were or raised their versions::

    python tests/support/stages.py
"""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import neuropose_ray
from neuropose_ray import errors
from neuropose_ray.curation import duplicates as near_duplicates
from neuropose_ray.curation import idle, keys, ledger, ledger_records, presence
from neuropose_ray.fitting import sequence
from neuropose_ray.models import protocol
from neuropose_ray.models.blazepose import model as blazepose_model
from neuropose_ray.models.blazepose import settings as blazepose_settings
from neuropose_ray.models.metrabs import model as metrabs_model
from neuropose_ray.models.metrabs import settings as metrabs_settings
from neuropose_ray.pipeline import settings as pipeline_settings
from neuropose_ray.pipeline.assembly import assemble, fit
from neuropose_ray.pipeline.chunks import active_attempts, commit, process, products, worker
from neuropose_ray.pipeline.curation import conclusions, duplicates, frame_metrics, frame_rows, staging
from neuropose_ray.pipeline.inputs import cameras, discovery
from neuropose_ray.pipeline.planning import plan, plan_file
from neuropose_ray.pipeline.state import run_layout
from neuropose_ray.schemas import atomic, camera, digest, immutable, migrations, poses, result_files, skeletons
from neuropose_ray.tracking import tracker
from neuropose_ray.video import chunks, decode

PINS = Path(__file__).with_name("stage_pins.json")
PACKAGE = Path(neuropose_ray.__file__).parent


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage.

    Attributes:
        version: name of the constant that is raised.
        owner: the module in which it stands.
        entries: modules from which all code of the stage is reached.
    """

    version: str
    owner: ModuleType
    entries: tuple[ModuleType, ...]

    @property
    def number(self) -> int:
        """The version as it is now."""
        return getattr(self.owner, self.version)


#: What several stages use, and no one of them owns: it counts for the poses.
SHARED = (camera, poses, skeletons, protocol)
#: In the order in which they claim modules.
STAGES = (
    Stage("DECODING_VERSION", decode, (decode, import_module("neuropose_ray.video.probe"), chunks)),
    Stage("BLAZEPOSE_VERSION", blazepose_settings, (blazepose_model,)),
    Stage("METRABS_VERSION", metrabs_settings, (metrabs_model,)),
    Stage("POSES_VERSION", plan, (process, cameras, plan)),
    Stage("TRACKS_VERSION", tracker, (tracker,)),
    Stage("FIT_VERSION", sequence, (sequence, fit)),
    Stage("CONCLUSIONS_VERSION", conclusions, (idle, import_module("neuropose_ray.curation.flags"), presence)),
    Stage("DUPLICATES_VERSION", duplicates, (near_duplicates, duplicates)),
    Stage("FRAMES_VERSION", frame_metrics, (frame_metrics, frame_rows)),
    Stage("FILES_VERSION", assemble, (assemble,)),
)
#: Modules that stages reach and that hold no part of a number: errors, files as such, bookkeeping, who runs what.
NEUTRAL = (
    neuropose_ray, errors, atomic, digest, immutable, migrations, result_files, commit, discovery, run_layout,
    active_attempts, plan_file, pipeline_settings, worker, staging, products, ledger_records, ledger, keys,
    conclusions,
)  # fmt: skip


class Pin(NamedTuple):
    """A stage's version and the digest of its code."""

    version: int
    code: str


@cache
def stage_files() -> dict[str, list[Path]]:
    """The files of each stage by the name of its version."""
    claimed = set(map(_file, NEUTRAL))
    shared = _reached(SHARED, claimed)
    claimed |= shared
    files: dict[str, list[Path]] = {}
    for stage in STAGES:
        own = _reached(stage.entries, claimed)
        claimed |= own
        files[stage.version] = sorted(own | shared if stage.version == "POSES_VERSION" else own)
    return files


@cache
def present_pins() -> dict[str, Pin]:
    """What the pins would be now."""
    files = stage_files()
    return {stage.version: Pin(stage.number, code_digest(files[stage.version])) for stage in STAGES}


def kept_pins() -> dict[str, Pin]:
    """The pins of the last time that somebody pinned."""
    return {name: Pin(**pin) for name, pin in json.loads(PINS.read_text("utf-8")).items()}


def code_digest(files: Iterable[Path]) -> str:
    """Digest of what some files say to Python, whatever they are called."""
    digests = sorted(hashlib.sha256(code_of(file.read_text("utf-8")).encode()).digest() for file in files)
    return hashlib.sha256(b"".join(digests)).hexdigest()[:16]


def code_of(source: str) -> str:
    """A module's syntax tree as text, without docstrings; of imported names, not where and how they are imported."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        for body in ("body", "orelse", "finalbody"):
            if isinstance(statements := getattr(node, body, None), list):
                setattr(node, body, _with_imports_as_one([line for line in statements if not _is_text(line)]))
    return _text_of(tree)


def _with_imports_as_one(statements: list[ast.AST]) -> list[ast.AST]:
    """Statements, of which those that import names from modules are one statement with the names in order."""
    imports = [line for line in statements if isinstance(line, ast.ImportFrom)]
    names = sorted((name for line in imports for name in line.names), key=lambda name: (name.name, name.asname or ""))
    others = [line for line in statements if not isinstance(line, ast.ImportFrom)]
    return [ast.ImportFrom(module=None, names=names, level=0), *others] if names else others


def _text_of(node: object) -> str:
    """A syntax tree as text; what is empty is left out, as it differs between versions of Python."""
    if isinstance(node, list):
        return f"[{', '.join(map(_text_of, node))}]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = (f"{name}={_text_of(value)}" for name, value in ast.iter_fields(node) if value not in (None, []))
    return f"{type(node).__name__}({', '.join(fields)})"


def _is_text(statement: ast.AST) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _file(module: ModuleType) -> Path:
    return Path(module.__file__)


def _reached(entries: Iterable[ModuleType], without: set[Path]) -> set[Path]:
    """The package's files that modules are made of and import, passing over some and what those import."""
    reached: set[Path] = set()
    waiting = [_file(module) for module in entries]
    while waiting:
        file = waiting.pop()
        if file not in reached and file not in without:
            reached.add(file)
            waiting += _imported(file)
    return reached


def _imported(file: Path) -> list[Path]:
    imported = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE.name:
            base = PACKAGE.parent.joinpath(*node.module.split("."))
            imported += [
                path
                for name in node.names
                if (path := _module(base / name.name) or _behind_face(base, name.name) or _module(base))
            ]
    return imported


def _behind_face(package: Path, name: str) -> Path | None:
    """The module that brings a name to a package's face, None for what is no such name."""
    stub = package / "__init__.pyi"
    for node in ast.parse(stub.read_text("utf-8")).body if stub.is_file() else ():
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            return _module(package.joinpath(*node.module.split(".")))
    return None


def _module(path: Path) -> Path | None:
    files = (path.with_suffix(".py"), path / "__init__.py")
    return next((file for file in files if file.is_file()), None)


if __name__ == "__main__":
    pins = {name: pin._asdict() for name, pin in present_pins().items()}
    PINS.write_text(json.dumps(pins, indent=2) + "\n", "utf-8")
    sys.stdout.write(f"pinned {len(pins)} stages in {PINS}\n")
