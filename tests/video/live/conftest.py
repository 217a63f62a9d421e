"""Live sources that end with their test."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from neuropose_ray.schemas.live import SourceOptions, StreamState
from neuropose_ray.video.live import LiveSource, SourceAccess


@pytest.fixture
def live() -> Iterator[Callable[..., LiveSource]]:
    """Start a source: ``live(url, fps=None)``; a camera of this machine's network unless ``access`` is given."""
    with ExitStack() as running:

        def started(url: str, access: SourceAccess | None = None, **options) -> LiveSource:
            access = access or SourceAccess(private_networks=True)
            source = running.enter_context(closing(LiveSource(url, SourceOptions(**options), access=access)))
            source.start()
            return source

        yield started


def wait_for(source: LiveSource, *states: StreamState, within_s: float = 20.0) -> float:
    """Seconds until a source is in one of the states."""
    began = time.monotonic()
    while source.status().state not in states:
        assert time.monotonic() - began < within_s, f"still {source.status()}"
        time.sleep(0.02)
    return time.monotonic() - began
