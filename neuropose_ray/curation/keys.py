"""What a stage's result depends on, part by part, so that a change can be explained and an equal result found."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

#: Why a stage runs that never did, and why one does not run.
FIRST_TIME, UNCHANGED = "it had not run before", "nothing changed"


@dataclass(frozen=True)
class StageKey:
    """The name of a stage, and every part that decides about what it makes.

    Attributes:
        stage: its name.
        parts: what each part is called, in words that stand in a sentence, and its value as text.
    """

    stage: str
    parts: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 of all parts, hexadecimal: equal digests mean equal results."""
        return hashlib.sha256(json.dumps([self.stage, self.parts], sort_keys=True).encode()).hexdigest()

    def changes_since(self, earlier: StageKey) -> tuple[str, ...]:
        """What is different from an earlier key, a clause for each part."""
        names = sorted({*self.parts, *earlier.parts})
        return tuple(
            _change(name, earlier.parts.get(name), self.parts.get(name))
            for name in names
            if earlier.parts.get(name) != self.parts.get(name)
        )


def flattened(settings: BaseModel) -> dict[str, str]:
    """Every setting by its dotted name, with its value as JSON."""
    flat: dict[str, str] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                walk(f"{prefix}.{name}" if prefix else name, inner)
        else:
            flat[prefix] = json.dumps(value)

    walk("", settings.model_dump(mode="json"))
    return flat


def _change(name: str, before: str | None, now: str | None) -> str:
    if before is None:
        return f"{name} is new"
    if now is None:
        return f"{name} is gone"
    if max(len(before), len(now)) > _LONGEST_VALUE:
        return f"{name} changed"
    return f"{name} changed from {before} to {now}"


#: Longer values, such as digests, say nothing to people.
_LONGEST_VALUE = 24
