"""Live sources that end with their test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from neuropose_ray.schemas.live import SourceOptions
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
