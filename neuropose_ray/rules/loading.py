"""Pipelines from YAML and JSON, read strictly: a hostile file costs one line of an error, no memory and no time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from neuropose_ray.errors import InputNotFoundError, RuleError, first_line
from neuropose_ray.faults import faults, yaml_fault
from neuropose_ray.rules.checks import check_pipeline
from neuropose_ray.schemas.rules import Pipeline

#: No pipeline that a person wrote is near these.
MOST_BYTES: Final = 1 << 18
MOST_LEVELS: Final = 40


def load_pipeline(source: Mapping[str, object] | Path, *, where: str | None = None) -> Pipeline:
    """Read a pipeline and check that all it names is there.

    Args:
        source: the content, or a file: JSON where its name ends so, else YAML.
        where: how errors name the source; None for the file's name, or nothing.

    Raises:
        InputNotFoundError: there is no such file.
        RuleError: a fault in the content; ``where`` begins with the source and ends with the path of the field.
    """
    if isinstance(source, Path):
        where = where or source.name
        source = load_content(source)
    try:
        pipeline = Pipeline.model_validate(source)
    except ValidationError as error:
        first, *more = faults(error, Pipeline)
        path, _, what = first.partition(": ")
        hint = f"and {len(more)} more: {'; '.join(more[:3])}" if more else None
        raise RuleError(what or path, where=_joined(where, path if what else None), hint=hint) from None
    try:
        check_pipeline(pipeline)
    except RuleError as error:
        raise RuleError(error.what, where=_joined(where, error.where), hint=error.hint) from None
    return pipeline


def load_content(path: Path) -> Mapping[str, object]:
    """The mapping that a file holds, which need not be a pipeline: JSON where its name ends so, else YAML.

    Raises:
        InputNotFoundError: there is no such file.
        RuleError: it cannot be read, or see :func:`parse_text`.
    """
    return parse_text(_read(path), where=path.name, is_json=path.suffix.lower() == ".json")


def parse_text(text: str, *, where: str, is_json: bool) -> Mapping[str, object]:
    """The mapping that a text holds.

    Args:
        text: JSON or YAML.
        where: how errors name it.
        is_json: which of both.

    Raises:
        RuleError: it is no such text, holds something else than a mapping, a key twice, anchors, or too many levels.
    """
    if len(text) > MOST_BYTES:
        raise RuleError(f"{len(text)} letters are more than a pipeline has ({MOST_BYTES})", where=where)
    try:
        content = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant) if is_json else _yaml(text)
    except RuleError as error:
        raise RuleError(error.what, where=where, hint=error.hint) from None
    except RecursionError:
        raise RuleError(f"more than {MOST_LEVELS} levels", where=where) from None
    except ValueError as error:
        raise RuleError(f"not {'JSON' if is_json else 'YAML'} ({first_line(error)})", where=where) from None
    if not isinstance(content, Mapping):
        raise RuleError("must hold 'name: value' pairs", where=where)
    _check_levels(content, where)
    return content


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path), hint="check the path") from error
    except OSError as error:
        raise RuleError(f"cannot be read ({error.strerror})", where=str(path)) from error
    if len(data) > MOST_BYTES:
        raise RuleError(f"larger than a pipeline ({MOST_BYTES} bytes)", where=path.name)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise RuleError("is no UTF-8 text", where=path.name) from None


def _yaml(text: str) -> object:
    import yaml

    loader = None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return None
        _check_nodes(node)
        return loader.construct_document(node)
    except yaml.YAMLError as error:
        raise RuleError(yaml_fault(error)) from None
    except (ArithmeticError, AttributeError, LookupError, TypeError) as error:  # a value that is none of its kind
        raise RuleError(f"not YAML ({first_line(error)})") from None
    finally:
        if loader is not None:
            loader.dispose()


def _check_nodes(root: Any) -> None:
    """Refuse aliases, which can stand for more than fits into memory, and keys that are given twice."""
    import yaml

    known, waiting = {id(root)}, [root]
    while waiting:
        node = waiting.pop()
        below = node.value if isinstance(node, yaml.SequenceNode) else []
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            if twice := next((key for key in keys if keys.count(key) > 1), None):
                raise RuleError(f"{twice} is given twice, in line {node.start_mark.line + 1} or after")
            below = [part for pair in node.value for part in pair]
        for part in below:
            if id(part) in known:
                raise RuleError(f"a YAML alias, in line {part.start_mark.line + 1} or after", hint="write it out")
            known.add(id(part))
            waiting.append(part)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        raise RuleError(f"{next(key for key in keys if keys.count(key) > 1)} is given twice")
    return content


def _no_constant(name: str) -> object:
    raise RuleError(f"{name} is no JSON")


def _check_levels(content: object, where: str) -> None:
    level: list[object] = [content]
    for _ in range(MOST_LEVELS):
        level = [
            item
            for container in level
            if isinstance(container, Mapping | list)
            for item in (container.values() if isinstance(container, Mapping) else container)
        ]
        if not level:
            return
    raise RuleError(f"more than {MOST_LEVELS} levels", where=where)


def _joined(where: str | None, path: str | None) -> str | None:
    return ": ".join(part for part in (where, path) if part) or None
