"""Waiting for what a live source does by itself."""

import time

from neuropose_ray.schemas.live import StreamState
from neuropose_ray.video.live import LiveSource


def wait_for(source: LiveSource, *states: StreamState, within_s: float = 20.0) -> float:
    """Seconds until a source is in one of the states."""
    began = time.monotonic()
    while source.status().state not in states:
        assert time.monotonic() - began < within_s, f"still {source.status()}"
        time.sleep(0.02)
    return time.monotonic() - began
