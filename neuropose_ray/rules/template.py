"""Texts with fields in braces: ``"{camera_id}: {squats.count} squats"``.

``{name}`` is a field of the episode, ``{branch.field}`` one of a branch's result, ``{action.field}`` one of an
earlier action's; ``{{`` and ``}}`` are braces. A text that is one field alone becomes its value, of whatever type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from neuropose_ray.errors import RuleError

_NAME: Final = r"[A-Za-z][A-Za-z0-9_-]*"
_TOKEN: Final = re.compile(rf"\{{\{{|\}}\}}|\{{({_NAME}(?:\.{_NAME})?)\}}|[{{}}]")
_ALONE: Final = re.compile(rf"\{{({_NAME}(?:\.{_NAME})?)\}}")


def references(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """All fields that texts name, each with the path of its text.

    Args:
        value: a text, or any JSON with texts in it.
        path: of the value itself.

    Yields:
        Paths like ``fields.reps[0]``, and names like ``squats.count``.

    Raises:
        RuleError: a brace that belongs to no field; ``where`` is the path.
    """
    if isinstance(value, str):
        for match in _TOKEN.finditer(value):
            if match[1]:
                yield path, match[1]
            elif match[0] in "{}":
                raise RuleError(
                    f"a brace without a field at letter {match.start() + 1} of {_shown(value)}",
                    where=path or None,
                    hint="write {field}, or {{ and }} for braces",
                )
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from references(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from references(item, f"{path}[{index}]")


def render(template: JsonValue | Mapping[str, JsonValue], fields: Mapping[str, JsonValue]) -> JsonValue:
    """Put values in the place of fields.

    Args:
        template: a text, or any JSON with texts in it; keys of objects are left as they are.
        fields: by their whole names: ``"squats.count"``.

    Returns:
        The value itself where a text is one field alone; else text, in which numbers, true, false, null, lists and
        objects are JSON.

    Raises:
        RuleError: a field that is not there, or a brace that belongs to none.
    """
    if isinstance(template, str):
        alone = _ALONE.fullmatch(template)
        return _value(alone[1], fields) if alone else _TOKEN.sub(lambda match: _text(match, fields), template)
    if isinstance(template, Mapping):
        return {key: render(item, fields) for key, item in template.items()}
    if isinstance(template, list | tuple):
        return [render(item, fields) for item in template]
    return template


def _value(name: str, fields: Mapping[str, JsonValue]) -> JsonValue:
    try:
        return _plain(fields[name])
    except KeyError:
        raise RuleError(f"there is no field {name}", hint="check the pipeline that names it") from None


def _plain(value: object) -> JsonValue:
    """The value with dictionaries and lists in the place of what cannot be changed."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value  # type: ignore[return-value]


def _text(match: re.Match[str], fields: Mapping[str, JsonValue]) -> str:
    if not match[1]:
        if match[0] in "{}":
            raise RuleError(f"a brace without a field in {_shown(match.string)}")
        return match[0][0]
    value = _value(match[1], fields)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(text: str) -> str:
    return json.dumps(text if len(text) <= 60 else f"{text[:60]}...", ensure_ascii=False)


def render_text(template: str, fields: Mapping[str, JsonValue]) -> str:
    """Put values in the place of fields, in a text that stays one: a key, a channel.

    Args:
        template: the text.
        fields: by their whole names.

    Raises:
        RuleError: a field that is not there, or a brace that belongs to none.
    """
    value = render(template, fields)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
