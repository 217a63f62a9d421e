"""The engine of the service's jobs: chunks are done by the replicas that also answer requests."""

from __future__ import annotations

import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from neuropose_ray.cluster import SEE_LOG, cause_of
from neuropose_ray.errors import EngineError, JobCancelledError
from neuropose_ray.pipeline import ChunkOutcome, ChunkRef, RayTasks, RunContext
from neuropose_ray.service.pose.requests import ChunkCall

logger = logging.getLogger("ray.serve")

# How soon a cancelled job is noticed.
_LOOK_UP_S = 0.5
# Autoscaling adds and removes replicas in tens of seconds.
_RECOUNT_S = 5.0
# Before a chunk is offered again that no replica had room for.
_RETRY_S = 0.5
# A chunk that kills replicas is given up by its tries on the disk. This many deaths without a word there are the
# replicas' own trouble, as a node without memory.
_MOST_DEATHS = 20
# Chunks of one job under way; more GPUs are better used by more jobs.
_MOST_THREADS = 256


class ServeEngine(RayTasks):
    """Sends chunks to the deployment with the pose model, a few for each replica, from plain threads.

    Args:
        handle: of the deployment, with ``process_chunk``.
        chunks_per_replica: that a replica works on at once.
        replicas: how many there are; None asks Serve, again and again.
        should_stop: whether the job was cancelled; asked at least once a second.
        log: takes a line for the job's log, where replicas die or are waited for.
    """

    name = "serve"

    def __init__(
        self,
        handle: Any,
        *,
        chunks_per_replica: int,
        replicas: int | None = None,
        should_stop: Callable[[], bool] = lambda: False,
        log: Callable[[str], None] = lambda _line: None,
    ) -> None:
        super().__init__(task_cpus=0)  # the replicas hold the cores
        self._handle, self._should_stop, self._log = handle, should_stop, log
        self._waits = False
        self._given_replicas, self._per_replica = replicas, chunks_per_replica
        self.workers = 1
        self._room()

    def process(self, context: RunContext, chunks: Sequence[ChunkRef]) -> Generator[ChunkOutcome, None, None]:
        """Do all chunks.

        Raises:
            JobCancelledError: the job was cancelled; chunks that replicas have begun with are given up there.
            ModelError: the job was planned for another model.
            OutputError: the results cannot be written.
            EngineError: replicas die again and again, or none can be made.
        """
        run, fingerprint = uuid.uuid4().hex, context.pose_model.fingerprint()
        calls = (
            ChunkCall(context.out, chunks[index], run, fingerprint, context.decode_threads, context.max_attempts)
            for index in range(len(chunks))
        )
        pending = _PendingCalls(self._handle, self._log)
        with ThreadPoolExecutor(_MOST_THREADS, thread_name_prefix="chunk") as pool:
            try:
                left, under_way, room, counted_s = len(chunks), 0, self._room(), time.monotonic()
                while left:
                    if time.monotonic() - counted_s > _RECOUNT_S:
                        room, counted_s = self._room(), time.monotonic()
                    while under_way < room and (call := next(calls, None)) is not None:
                        pool.submit(pending.do, call)
                        under_way += 1
                    outcome = pending.next(_LOOK_UP_S)
                    if self._should_stop():
                        raise JobCancelledError("the job was cancelled")
                    if outcome is not None:
                        left, under_way = left - 1, under_way - 1
                        yield outcome
            finally:
                pending.end()

    def _room(self) -> int:
        """Chunks under way at once: one more than the replicas have hands for, or none would ever be added."""
        self.workers = self._replicas()
        return min(self.workers * self._per_replica + 1, _MOST_THREADS)

    def _replicas(self) -> int:
        if self._given_replicas is not None:
            return self._given_replicas
        from ray import serve
        from ray.exceptions import RayError
        from ray.serve.exceptions import RayServeException

        try:
            applications = serve.status().applications
        except (RayError, RayServeException):  # Serve's controller is being replaced
            return self.workers
        application = applications.get(self._handle.app_name)
        deployment = application and application.deployments.get(self._handle.deployment_name)
        running = deployment.replica_states.get("RUNNING", 0) if deployment else 0
        if (running == 0) != self._waits:
            self._waits = running == 0
            self._log(
                "waits for a replica of the pose model" if self._waits else "a replica of the pose model is there"
            )
        return max(1, running)

    def close(self) -> None:
        """The replicas go on: they are not this job's alone."""


class _EndedError(Exception):
    """Nobody waits for the outcome any more."""


class _PendingCalls:
    """Chunks under way, each with a thread that waits for it."""

    def __init__(self, handle: Any, log: Callable[[str], None]) -> None:
        self._handle, self._log = handle, log
        self._ended = threading.Event()
        self._outcomes: queue.SimpleQueue[ChunkOutcome | BaseException] = queue.SimpleQueue()

    def next(self, timeout_s: float) -> ChunkOutcome | None:
        """An outcome that has come, or None; an error that concerns all chunks is raised."""
        try:
            outcome = self._outcomes.get(timeout=timeout_s)
        except queue.Empty:
            return None
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def end(self) -> None:
        """Let the threads cancel what is under way, and end."""
        self._ended.set()

    def do(self, call: ChunkCall) -> None:
        """Wait for one chunk."""
        try:
            self._outcomes.put(self._outcome(call))
        except _EndedError:
            return
        except BaseException as error:  # noqa: BLE001  it is raised again where the run waits
            self._outcomes.put(error)

    def _outcome(self, call: ChunkCall) -> ChunkOutcome:
        from ray.exceptions import RayActorError, RayError, TaskCancelledError
        from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError, ReplicaUnavailableError

        deaths, is_waiting = 0, False
        while deaths < _MOST_DEATHS:
            if self._ended.is_set():
                raise _EndedError
            try:
                return ChunkOutcome.model_validate_json(self._result(call))
            except BackPressureError:
                if not is_waiting:
                    self._log(f"{call.chunk.video}, chunk {call.chunk.index}: waits for a replica with room")
                is_waiting = True
                self._ended.wait(_RETRY_S)
            except (RayActorError, ReplicaUnavailableError, TaskCancelledError) as error:
                # How often the chunk may do that is counted on the disk, by the replica that gets it next.
                logger.warning(
                    "%s, chunk %d: its replica died (%s)", call.chunk.video, call.chunk.index, type(error).__name__
                )
                self._log(
                    f"{call.chunk.video}, chunk {call.chunk.index}: its replica of the pose model died "
                    f"({type(error).__name__}); the chunk is sent again"
                )
                deaths += 1
                self._ended.wait(_RETRY_S)
            except DeploymentUnavailableError as error:
                raise EngineError("no replica of the pose model can be made", hint="see the service's log") from error
            except RayError as error:
                raise cause_of(error, SEE_LOG) from error
        raise EngineError(f"{deaths} replicas of the pose model died", hint="see the service's log")

    def _result(self, call: ChunkCall) -> str:
        response = self._handle.process_chunk.remote(call)
        while True:
            try:
                outcome: str = response.result(timeout_s=_LOOK_UP_S)
            except TimeoutError:
                if self._ended.is_set():
                    response.cancel()
                    raise _EndedError from None
            else:
                return outcome
