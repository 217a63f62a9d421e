"""What makes a pydantic model immutable to its depth: tuples come with pydantic, read-only mappings do not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    Strict,
    WrapSerializer,
)

Key = TypeVar("Key")
Value = TypeVar("Value")


class ReadOnlyMapping(Mapping[Key, Value]):
    """A mapping that cannot be changed, and unlike ``types.MappingProxyType`` travels between processes."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[Key, Value]) -> None:
        self._items = dict(items)

    def __getitem__(self, key: Key) -> Value:
        return self._items[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)


def _freeze(value: object) -> object:
    if isinstance(value, Mapping):
        return ReadOnlyMapping({key: _freeze(item) for key, item in value.items()})
    if isinstance(value, list):
        return tuple(_freeze(item) for item in value)
    # JSON has no NaN and no infinity.
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _thaw(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _thaw(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_thaw(item) for item in value]
    return value


def _as_dict(value: Mapping[Key, Value], serialise: Callable[[dict[Key, Value]], object]) -> object:
    return serialise(dict(value))


def utf8_text(text: str) -> str:
    """The text without the lone surrogates by which Python keeps the bytes of a file name that are not UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


#: A field that maps keys to values and cannot be changed: ``FrozenMapping[str, int]``.
FrozenMapping = Annotated[Mapping[Key, Value], AfterValidator(ReadOnlyMapping), WrapSerializer(_as_dict)]

#: A field for any JSON object, read-only at every depth; a NaN or infinity in it becomes null.
FrozenJson = Annotated[
    Mapping[str, JsonValue], BeforeValidator(_thaw), AfterValidator(_freeze), PlainSerializer(_thaw)
]

#: Text; bytes of a file name that are not UTF-8, which JSON cannot hold, become the replacement character.
Utf8Str = Annotated[str, AfterValidator(utf8_text)]

#: A path, and a pattern of paths, of any bytes; in JSON those that are not UTF-8 become the replacement character.
AnyPath = Annotated[Path, PlainSerializer(lambda path: utf8_text(str(path)), return_type=str, when_used="json")]
AnyPattern = Annotated[str, PlainSerializer(utf8_text, return_type=str, when_used="json")]

#: A finite number; text and booleans are refused.
FiniteFloat = Annotated[float, Strict(), Field(allow_inf_nan=False)]

#: A number, None where it is not known: JSON has no NaN and no infinity.
OptionalFloat = Annotated[float | None, BeforeValidator(_freeze)]

#: A whole number; text, booleans and fractions are refused.
StrictInt = Annotated[int, Strict()]


class FrozenModel(BaseModel):
    """A record of a file: unknown fields are refused, nothing can be assigned."""

    model_config = ConfigDict(frozen=True, extra="forbid")
