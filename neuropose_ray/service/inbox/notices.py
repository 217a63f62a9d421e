"""What the file system says of changes in a folder, and a steady beat where it says nothing."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

logger = logging.getLogger(__name__)

#: Changes that come so close after each other are told together, and they are collected so often.
_TOGETHER_MS, _COLLECT_MS = 400, 200


def notices(folder: Path, tick_s: float, stop: threading.Event) -> Iterator[frozenset[str]]:
    """The names directly in a folder at or below which something has changed; at every tick without, none.

    Where the file system gives no notices there are only ticks, and the caller has to look for itself.

    Args:
        folder: watched with everything below it.
        tick_s: seconds between two ticks.
        stop: ends it.
    """
    from watchfiles import watch

    yield frozenset()
    tick_ms, root = max(1, int(1000 * tick_s)), os.path.realpath(folder)
    try:
        for changes in watch(
            root, stop_event=stop, watch_filter=None, rust_timeout=tick_ms, yield_on_timeout=True,
            debounce=_TOGETHER_MS, step=_COLLECT_MS, raise_interrupt=False, ignore_permission_denied=True,
        ):  # fmt: skip
            yield frozenset(os.path.relpath(path, root).split(os.sep, 1)[0] for _, path in changes)
    except (OSError, RuntimeError) as error:
        # Too many watches, or a file system without notices.
        logger.info("no notices of the file system (%s); %s is polled", error, root)
    while not stop.wait(tick_ms / 1000):
        yield frozenset()
