"""Watching over a running service from outside of Ray, so that it never lives on without working."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from neuropose_ray.errors import EngineError, NeuroposeRayError
from neuropose_ray.service.own_ray import CORE_PROGRAMS
from neuropose_ray.service.processes import ProcessFamily

logger = logging.getLogger(__name__)

#: Together with what it takes to notice and to end, the service is over half a minute after Ray is.
SILENT_S = 20.0
#: Whoever stops a process (SIGSTOP) and means to go on with it does so within this time.
FROZEN_S = 7.0
_LOOK_S = 4.0
_TICK_S = 0.5
#: For running jobs to be handed back to the queue, and Ray to end; a system's service manager waits a little longer.
END_S = 100.0
#: For the rest, once Ray's own processes have ended.
_LAST_S = 10.0


class Runner(Protocol):
    """A service in a thread."""

    error: NeuroposeRayError | None

    def is_alive(self) -> bool:
        """Whether it goes on."""
        ...

    def is_ending(self) -> bool:
        """Whether it is on its way out."""
        ...

    def silent_s(self) -> float:
        """Seconds since Serve answered last."""
        ...

    def stop(self) -> None:
        """Ask it to end."""
        ...


def supervise(runner: Runner, family: ProcessFamily, stop: threading.Event, *, owns_ray: bool) -> None:
    """Wait until a service is told to stop and has ended.

    Processes that are frozen are killed, for Serve and Ray replace what is killed.

    Args:
        runner: the service, started.
        family: the processes of this one.
        stop: set when the service is to end.
        owns_ray: whether Ray's own processes are among them.

    Raises:
        NeuroposeRayError: the service failed.
        EngineError: Ray has died, is frozen, or does not answer; or it does not end in time.
    """
    core = _CoreWatch(family) if owns_ray else None
    looked_s = -_LOOK_S
    while runner.is_alive() and not runner.is_ending() and not stop.wait(_TICK_S):
        if runner.silent_s() > SILENT_S:
            raise _lost(f"Ray Serve has not answered for {SILENT_S:.0f} s")
        if core is not None and time.monotonic() - looked_s >= _LOOK_S:
            looked_s = time.monotonic()
            core.look()
    runner.stop()
    _wait_for_end(runner, lambda: core is not None and core.is_over())
    if runner.error is not None:
        raise runner.error


def _wait_for_end(runner: Runner, is_over: Callable[[], bool]) -> None:
    until = time.monotonic() + END_S
    while runner.is_alive():
        if is_over():
            until = min(until, time.monotonic() + _LAST_S)
        if time.monotonic() > until:
            raise EngineError("the service has not ended in time and is killed", hint="its jobs go on later")
        time.sleep(_TICK_S)


class _CoreWatch:
    """Ray's own processes, from the time that they are there."""

    def __init__(self, family: ProcessFamily) -> None:
        self._family = family
        self._has_started = False

    def look(self) -> None:
        """Look at all processes once.

        Raises:
            EngineError: one without which Ray cannot go on is dead or frozen.
        """
        self._family.look()
        missing = self._family.missing(CORE_PROGRAMS)
        if self._has_started and missing:
            raise _lost(f"{' and '.join(missing)} of Ray died")
        self._has_started = self._has_started or not missing
        for program, pid in self._family.frozen(FROZEN_S):
            if program in CORE_PROGRAMS:
                raise _lost(f"{program} of Ray is frozen (process {pid})")
            logger.warning("%s (process %d) is frozen and is killed", program, pid)
            self._family.kill(pid)

    def is_over(self) -> bool:
        """Whether Ray's own processes have ended, or will never answer."""
        self._family.look()
        frozen = {program for program, _ in self._family.frozen(FROZEN_S)}
        return self._has_started and bool(self._family.missing(CORE_PROGRAMS) or frozen & set(CORE_PROGRAMS))


def _lost(what: str) -> EngineError:
    return EngineError(what, hint="start the service again: its jobs go on where they were")
