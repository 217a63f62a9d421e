"""What is wrong with settings, in plain words: the key, what is allowed there, and the nearest of it.

All errors of pydantic that a user of YAML files, environment variables and flags may meet are put in words here.
"""

from __future__ import annotations

import json
import re
import types
from collections.abc import Iterator, Mapping, Sequence, Sized
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails
    from yaml import YAMLError

#: The names of more would fill the screen.
_MOST_ALLOWED = 24
#: Given values that are longer are cut.
_SHOWN_LETTERS = 60

#: How pydantic's own messages begin.
_LIBRARY_SUBJECT = re.compile(r"^\w+ should ")

#: What pydantic's kinds of errors ask for, by how their names begin.
_WANTED = (
    ("int", "a whole number"),
    ("float", "a number"),
    ("finite_number", "a finite number"),
    ("bool", "true or false"),
    ("string_type", "text"),
    ("string_unicode", "text"),
    ("path_type", "a path"),
    ("tuple_type", "a list"),
    ("list_type", "a list"),
    ("frozen_set_type", "a list"),
    ("set_type", "a list"),
    ("dict_type", "'name: value' pairs"),
    ("mapping_type", "'name: value' pairs"),
    ("model_type", "'name: value' pairs"),
    ("model_attributes_type", "'name: value' pairs"),
    ("dataclass_type", "'name: value' pairs"),
    ("datetime", "a date and time with a time zone"),
    ("timezone_aware", "a date and time with a time zone"),
)


def faults(error: ValidationError, kind: type[BaseModel]) -> list[str]:
    """All that is wrong with a record, ``key.key: what`` each, every key once.

    Args:
        error: of reading the record.
        kind: of the record, which knows the keys that are allowed.
    """
    lines: dict[str, list[str]] = {}
    for fault in error.errors(include_url=False):
        if _lacks_wrong_items_alone(fault):
            continue
        key, what = _words(fault, kind)
        lines.setdefault(key, []).append(what)
    return [
        f"{key}: {' or '.join(dict.fromkeys(descriptions))}" if key else "; ".join(dict.fromkeys(descriptions))
        for key, descriptions in lines.items()
    ]


def nearest_of(given: str, allowed: Sequence[str]) -> str:
    """What a name that is not allowed may be meant for, as the end of a line; empty where nothing is near."""
    folded = {word.casefold(): word for word in allowed}
    close = get_close_matches(given.casefold(), folded, n=1)
    return f"; did you mean {folded[close[0]]}?" if close else ""


def yaml_fault(error: YAMLError) -> str:
    """What is wrong with a text that is not YAML, and where."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark is None or problem is None:
        return f"not YAML ({' '.join(str(error).split())})"
    return f"not YAML, in line {mark.line + 1}, column {mark.column + 1}: {problem}"


def _lacks_wrong_items_alone(fault: ErrorDetails) -> bool:
    """Whether a list is too short only since wrong items, which have faults of their own, are not counted."""
    given = fault["input"]
    return fault["type"] == "too_short" and isinstance(given, Sized) and len(given) >= fault["ctx"]["min_length"]


def _words(fault: ErrorDetails, kind: type[BaseModel]) -> tuple[str, str]:
    """The key of a fault, and what is wrong there."""
    context: Mapping[str, Any] = fault.get("ctx", {})
    given, name = fault["input"], fault["type"]
    if name == "extra_forbidden":
        *above, key = fault["loc"]
        shown, level = _walked(above, kind)
        return _joined([*shown, key]), f"no such setting{_instead(str(key), list(_keys(level)))}"
    shown, level = _walked(fault["loc"], kind)
    if name in ("union_tag_invalid", "union_tag_not_found"):
        key = str(context["discriminator"]).strip("'")
        tags = [tag for model in _models(level) for tag in _tags(model, key)]
        if name == "union_tag_invalid":
            return _joined([*shown, key]), _not_one_of(context["tag"], tags)
        return _joined([*shown, key]), f"is missing; it is one of {', '.join(tags)}"
    key = _joined(shown)
    if name == "missing":
        return key, "is missing"
    if name in ("literal_error", "enum"):
        return key, _not_one_of(given, list(_values(level)) or [context["expected"]])
    if name == "value_error":
        return key, fault["msg"].removeprefix("Value error, ")
    value = "" if SecretStr in level else f", not {_shown(given)}"
    for beginning, wanted in _WANTED:
        if name.startswith(beginning):
            return key, f"must be {wanted}{value}"
    message = _LIBRARY_SUBJECT.sub("must ", fault["msg"]).replace(" after validation", "")
    return key, message + value * name.startswith(("greater_than", "less_than", "multiple_of"))


def _not_one_of(given: object, allowed: Sequence[str]) -> str:
    return f"{_shown(given)} is not one of {', '.join(allowed)}{nearest_of(str(given), allowed)}"


def _instead(name: str, known: Sequence[str]) -> str:
    nearest = nearest_of(name, known)
    if nearest or not known:
        return nearest
    more = ", ..." if len(known) > _MOST_ALLOWED else ""
    return f"; there are {', '.join(known[:_MOST_ALLOWED])}{more}"


def _shown(given: object) -> str:
    try:
        text = json.dumps(given, ensure_ascii=False)
    except (TypeError, ValueError):
        text = repr(given)
    return text if len(text) <= _SHOWN_LETTERS else f"{text[:_SHOWN_LETTERS]}..."


def _joined(keys: Sequence[int | str]) -> str:
    """Keys as people write them: ``steps[2].kind``."""
    text = ""
    for key in keys:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def _walked(location: Sequence[int | str], kind: type[BaseModel]) -> tuple[list[int | str], tuple[object, ...]]:
    """The keys of a location that a user wrote, without pydantic's names of choices, and the types that are there."""
    shown: list[int | str] = []
    level: tuple[object, ...] = (kind,)
    for part in location:
        below = tuple(_below(level, part))
        if below:
            shown.append(part)
            level = tuple(choice for annotation in below for choice in _choices(annotation))
        elif chosen := tuple(model for model in _models(level) if part in _all_tags(model) or part == model.__name__):
            level = chosen
    return shown, level


def _below(level: Sequence[object], part: int | str) -> Iterator[object]:
    """The annotations of what has a name, or a number, in what is there."""
    for choice in level:
        origin, arguments = get_origin(choice), get_args(choice)
        if isinstance(part, str) and isinstance(choice, type) and issubclass(choice, BaseModel):
            for name, field in choice.model_fields.items():
                if part in (name, field.alias):
                    yield field.annotation
        elif isinstance(origin, type) and issubclass(origin, Mapping):
            yield arguments[1]
        elif isinstance(part, int) and isinstance(origin, type) and issubclass(origin, Sequence | set | frozenset):
            yield arguments[0] if arguments[1:] in ((), (...,)) else arguments[min(part, len(arguments) - 1)]


def _choices(annotation: object) -> Iterator[object]:
    """The types that an annotation allows, without what is said about them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _choices(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for argument in get_args(annotation):
            yield from _choices(argument)
    elif hasattr(annotation, "__value__"):  # a name that was given by a type statement
        yield from _choices(annotation.__value__)
    else:
        yield annotation


def _models(level: Sequence[object]) -> list[type[BaseModel]]:
    return [choice for choice in level if isinstance(choice, type) and issubclass(choice, BaseModel)]


def _keys(level: Sequence[object]) -> Iterator[str]:
    for model in _models(level):
        yield from (field.alias or name for name, field in model.model_fields.items())


def _tags(model: type[BaseModel], key: str) -> list[str]:
    field = model.model_fields.get(key)
    return [] if field is None else [str(value) for value in _values(tuple(_choices(field.annotation)))]


def _all_tags(model: type[BaseModel]) -> set[str]:
    return {tag for name in model.model_fields for tag in _tags(model, name)}


def _values(level: Sequence[object]) -> Iterator[str]:
    """The words that are allowed: of literals and enumerations."""
    for choice in level:
        if get_origin(choice) is Literal:
            yield from map(str, get_args(choice))
        elif isinstance(choice, type) and hasattr(choice, "__members__"):
            yield from (str(member.value) for member in choice.__members__.values())
