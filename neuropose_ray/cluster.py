"""Ray as every room uses it: connecting, a bounded number of tasks at a time, and what its errors mean."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from neuropose_ray import machine
from neuropose_ray.errors import EngineError, NeuroposeRayError, first_line
from neuropose_ray.ray_auth import refusal_hint, use_passing_token
from neuropose_ray.ray_ports import free_agent_port

T = TypeVar("T")
R = TypeVar("R")

#: The address that starts a Ray of its own on this machine.
OWN_RAY = "local"
#: What to do when Ray fails a command.
RUN_AGAIN = "run the same command again"
#: What to do when Ray fails a part of the service.
SEE_LOG = "see the service's log"
#: Where a Ray on this machine writes its address, which the address ``auto`` stands for.
CURRENT_CLUSTER = Path("/tmp/ray/ray_current_cluster")
#: Whoever asks for an end waits no longer than this, in seconds.
_CHECK_EVERY_S = 0.5
#: For tasks that are cancelled to leave what they are at.
_LEAVE_S = 2.0


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Connect to a Ray for the time of the block; where this process is connected already, that Ray is used and kept.

    Args:
        address: of a cluster, ``auto`` for the one on this machine, or :data:`OWN_RAY` to start one for this process.

    Raises:
        EngineError: Ray cannot be reached or started.
    """
    import ray

    if ray.is_initialized():
        yield
        return
    hint = "check the address, or start a Ray with `ray start --head`"
    with connection_errors(address, hint):
        if address == OWN_RAY:
            _start_own_ray(machine.usable_cpus(machine.allowed_cpus(), machine.ControlGroups()))
        else:
            listening_endpoint(address)
            ray.init(address=address, logging_level=logging.ERROR)
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def connection_errors(address: str | None, hint: str) -> Iterator[None]:
    """Turn what ``ray.init`` raises into one line; also keep uv from building the environment anew for each worker.

    Raises:
        EngineError: Ray cannot be reached or started.
    """
    os.environ.setdefault("RAY_ENABLE_UV_RUN_RUNTIME_ENV", "0")
    try:
        yield
    except NeuroposeRayError:
        raise
    except Exception as error:  # Ray raises plain ones too, and its own for a token that is missing
        what = f"cannot connect to Ray ({first_line(error)})"
        raise EngineError(what, where=address, hint=refusal_hint(error) or hint) from error


def listening_endpoint(address: str, *, timeout_s: float = 3.0, current_cluster: Path = CURRENT_CLUSTER) -> str:
    """The endpoint HOST:PORT of an address, at which something listens. Ray itself would try for many minutes.

    Raises:
        EngineError: nothing listens there, or the address is none.
    """
    endpoint = address
    if address == "auto":
        if not current_cluster.is_file():
            raise EngineError("no Ray runs on this machine", where=address, hint="ray start --head")
        endpoint = current_cluster.read_text("utf-8").strip()
    try:
        parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
        if parts.hostname is None or parts.port is None:
            raise ValueError("no host and port")
    except ValueError as error:
        hint = "write HOST:6379, ray://HOST:10001 or auto"
        raise EngineError(f"cannot connect to Ray ({error})", where=endpoint, hint=hint) from error
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=timeout_s).close()
    except OSError as error:
        what = f"cannot connect to Ray ({error.strerror or error})"
        hint = "start the cluster, correct the address, or unset RAY_ADDRESS to work on this machine"
        raise EngineError(what, where=endpoint, hint=hint) from error
    return endpoint


def run_tasks(
    function: Callable[..., R],
    items: Iterable[T],
    *shared: object,
    name: Callable[[T], str],
    at_once: int,
    in_order: bool = False,
    check: Callable[[], None] | None = None,
    **options: Any,
) -> Iterator[tuple[T, R | Exception]]:
    """Run a function for every item as Ray tasks, of which a bounded number waits or runs.

    Tasks that have not ended when the caller leaves the iterator are cancelled.

    Args:
        function: called with an item and ``shared``, in another process.
        items: read as there is room for one more.
        shared: further arguments, which the tasks share in the object store.
        name: of an item's task, for the dashboard.
        at_once: how many tasks Ray has at a time, at least one.
        in_order: give the results in the order of the items, else as they come.
        check: called at least twice a second; what it raises ends the tasks at once, with their processes.
        options: of ``ray.remote``.

    Yields:
        An item, and what the function returned for it or the error of its task, which :func:`cause_of` explains.
    """
    import ray

    remote = ray.remote(**{"num_cpus": 1, **options})(_call)
    references = [ray.put(value) for value in shared]
    waiting = iter(items)
    running: dict[Any, T] = {}  # in the order of the items
    try:
        while True:
            for item in islice(waiting, at_once - len(running)):
                task = remote.options(name=name(item))
                running[task.remote(function, item, *references)] = item
            if not running:
                return
            if check is not None:
                check()
            candidates = list(running)[:1] if in_order else list(running)
            ended, _ = ray.wait(candidates, timeout=None if check is None else _CHECK_EVERY_S)
            for reference in ended:
                yield running.pop(reference), _outcome(reference)
    finally:
        _end(list(running), at_once=check is not None)


def _end(references: list[Any], *, at_once: bool) -> None:
    """Cancel tasks; at once, or where they do not leave soon, with their processes.

    A process that is just beginning with its task can miss that it is cancelled.
    """
    import ray

    if references and not at_once:
        for reference in references:
            ray.cancel(reference)
        _, references = ray.wait(references, num_returns=len(references), timeout=_LEAVE_S)
    for reference in references:
        ray.cancel(reference, force=True)


async def task_result(reference: Any) -> Any:
    """What a Ray task returns, awaited in an event loop.

    A task for which nobody waits any more, since the wait was cancelled or took too long, ends with its process.

    Args:
        reference: of the task's result.

    Raises:
        RayError: the task failed.
    """
    import asyncio

    try:
        return await reference
    except asyncio.CancelledError:
        import ray

        ray.cancel(reference, force=True)
        raise


def cluster_cpus() -> int:
    """The CPUs of the cluster, at least one."""
    import ray

    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def process_died(error: BaseException) -> bool:
    """Whether a task's error is the death of its process, so that another task may still do well."""
    from ray.exceptions import OutOfMemoryError, WorkerCrashedError

    return isinstance(error, OutOfMemoryError | WorkerCrashedError)


def cause_of(error: BaseException, hint: str) -> NeuroposeRayError:
    """The error of this package inside an error of Ray, or one line that says what happened in the task.

    Args:
        error: what Ray raised; its text begins with where that was, and what happened comes many lines later.
        hint: what to do about an error that is not this package's own.
    """
    from ray.exceptions import OutOfMemoryError, RayError, WorkerCrashedError

    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, NeuroposeRayError) and not isinstance(inner, RayError):
            return inner
        inner = _raised_in_task(inner) or inner.__cause__
    if isinstance(error, OutOfMemoryError):
        what = "its process was ended, since the memory of its machine was nearly full"
    elif isinstance(error, WorkerCrashedError):
        what = "its process died without a word"
    else:
        what = _what_happened(error)
    return EngineError(what, where="Ray", hint=hint)


def _what_happened(error: BaseException) -> str:
    """The kind and the first line of the exception that was raised in a task, however deep."""
    from ray.exceptions import RayError

    raised = error
    while (inner := _raised_in_task(raised)) is not None:
        raised = inner
    if not isinstance(raised, RayError):
        kind, line = type(raised).__name__, first_line(raised)
        return line if raised is error or line == kind else f"{kind}: {line}"
    # An exception that cannot be pickled comes as a traceback in text, which ends with what the exception says.
    lines = str(getattr(error, "traceback_str", "")).rstrip().splitlines()
    frames = [number for number, line in enumerate(lines) if line.startswith('  File "')]
    messages = [line for line in lines[frames[-1] + 1 :] if line and not line[0].isspace()] if frames else []
    return messages[0] if messages else first_line(raised)


def _raised_in_task(error: BaseException) -> BaseException | None:
    inner = getattr(error, "cause", None)
    return inner if isinstance(inner, BaseException) else None


def _outcome(reference: Any) -> Any:
    import ray
    from ray.exceptions import RayError

    try:
        return ray.get(reference)
    except RayError as error:
        return error


def _call(function: Callable[..., R], item: object, *shared: object) -> R:
    return function(item, *shared)


def _start_own_ray(cores: int) -> None:
    use_passing_token()
    import ray

    # Ray's own processes would warn on this terminal of things that the user of a run cannot change, and say so
    # once more when told not to: that one line goes nowhere. What goes wrong comes as an exception.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    # Figures and events of tasks are for the dashboard. Without it nobody sees them, and on two cores it shows what
    # collecting them costs.
    os.environ.setdefault("RAY_enable_metrics_collection", "0")
    os.environ.setdefault("RAY_task_events_report_interval_ms", "0")
    terminal, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        # No dashboard: it costs seconds and memory, and goes away with this process anyway.
        with free_agent_port():
            ray.init(
                address="local",
                num_cpus=cores,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
    finally:
        os.dup2(terminal, 2)
        os.close(terminal)
        os.close(nowhere)
