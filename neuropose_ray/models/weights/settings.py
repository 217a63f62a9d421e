"""Settings of the weight store, and limits of its downloads."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

#: Called with the bytes received so far and the bytes in all, None where the server does not say.
Progress = Callable[[int, int | None], None]


def no_progress(_received: int, _total: int | None) -> None:
    """Report no progress: for downloads that nobody watches."""


def default_cache_dir() -> Path:
    """``$XDG_CACHE_HOME/neuropose-ray/models``, or the same under ``~/.cache``.

    A relative ``XDG_CACHE_HOME`` is ignored, as the XDG base directory specification asks.
    """
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not base.is_absolute():
        base = Path.home() / ".cache"
    return base / "neuropose-ray" / "models"


class WeightSettings(BaseModel):
    """Settings of the weight store."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cache_dir: Path = Field(
        default_factory=default_cache_dir,
        description="Folder of the weights. On a cluster name one that every node sees, so that it is filled once.",
    )
    mirror: str | None = Field(
        default=None,
        description="URL of a folder that holds the catalogue's archives under their own names, for machines that "
        "cannot reach the publisher. BlazePose comes through pip and follows pip's own configuration.",
    )
    offline: bool = Field(default=False, description="Never use the network: weights must be in the cache.")

    @field_validator("cache_dir")
    @classmethod
    def _expand_home(cls, value: Path) -> Path:
        return value.expanduser()

    @field_validator("mirror")
    @classmethod
    def _is_a_url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must be a URL that starts with http:// or https://")
        return value


@dataclass(frozen=True, slots=True)
class DownloadPolicy:
    """Limits of a download: attempts, waits, silence."""

    attempts: int = 5  # a university server that drops a 700 MB transfer twice is still worth waiting for
    first_wait_s: float = 1.0  # doubled after each attempt: 15 s in all before giving up
    timeout_s: float = 60.0  # silence on the line, not the whole transfer
