"""A figure that is counted for Prometheus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure over time, kept for each value of its tags."""

    name: str
    kind: Literal["counter", "gauge"]
    description: str
    tags: tuple[str, ...] = ()

    @property
    def exported_name(self) -> str:
        """Its name in Prometheus."""
        return f"ray_{self.name}" + ("_total" if self.kind == "counter" else "")
