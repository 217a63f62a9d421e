"""Ports of a Ray that this process starts, such that another Ray on the same machine has none of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial


@contextmanager
def free_agent_port() -> Iterator[None]:
    """Let ``ray.init`` start a Ray whose dashboard agent listens at a free port, for the time of the block.

    The agent is what jobs are submitted through. Its port is 52365, whoever has that already: an agent that cannot
    listen goes on without, and no job of its Ray ever starts. ``ray start`` has an option for it
    (``--dashboard-agent-listen-port``), ``ray.init`` has none, and takes the default of the parameters that are
    replaced here.
    """
    from ray._private import parameter

    usual = parameter.RayParams
    parameter.RayParams = partial(usual, dashboard_agent_listen_port=0)
    try:
        yield
    finally:
        parameter.RayParams = usual
