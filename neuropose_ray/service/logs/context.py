"""What a thread or an asyncio task is at: the ids that each of its log lines has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_IDS: ContextVar[Mapping[str, str]] = ContextVar("log_ids", default=MappingProxyType({}))


@contextmanager
def log_context(**ids: str) -> Iterator[None]:
    """Add ids to the log lines of this thread or task while the block runs: ``job``, ``step``, ``request``."""
    token = _IDS.set(MappingProxyType({**_IDS.get(), **ids}))
    try:
        yield
    finally:
        _IDS.reset(token)


def current_ids() -> Mapping[str, str]:
    """The ids of what this thread or task is at."""
    return _IDS.get()
