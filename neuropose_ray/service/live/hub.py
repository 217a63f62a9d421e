"""The hub: one object of the service that has the registered streams and sessions, and takes decisions."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from neuropose_ray.errors import NeuroposeRayError, NotReadyError, first_line
from neuropose_ray.rules import interrupted, load_pipeline
from neuropose_ray.schemas.live_messages import DEFAULT_OUTPUTS, Session, StreamSpec
from neuropose_ray.schemas.rules import Decision
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.live.attachments import Attachment, ViewKey
from neuropose_ray.service.live.databases import DECISIONS, database_url, has_work, open_registry
from neuropose_ray.service.live.decisions import Decisions, open_decisions, submitted_by
from neuropose_ray.service.live.outbox import ActionFailure
from neuropose_ray.service.live.pipelines import Pipelines, Resolved
from neuropose_ray.service.live.registry import KeptSession, RegisteredStream
from neuropose_ray.service.live.sources import kept_s
from neuropose_ray.service.live.stream_actor import StreamEnvironment, attached, open_stream, running_stream
from neuropose_ray.service.live.stream_parts import Engine
from neuropose_ray.service.logs import LogFiles
from neuropose_ray.service.settings import Settings

R = TypeVar("R")
logger = logging.getLogger(__name__)

_ANSWER_S, _SWEEP_S = 10.0, 60.0
#: No life of an actor is called so.
_UNKNOWN = ""


def token_of(stream_id: str) -> str:
    """What the registration of a stream is called at its actor; no subscription's token is like it."""
    return f"stream:{stream_id}"


class LiveHub:
    """Registered streams, sessions and decisions, from any process over its handle. There is one at a time.

    What takes decisions is opened in the background when there may be some: until then they are refused with
    NotReadyError, and whoever has them waits.

    Args:
        settings: of the service.
        poses: handle of the deployment with the pose model.
        jobs: handle of the job manager, for jobs that rules make.
        handle: gives its own handle, for the actors of streams.
        open_stream: makes or finds an actor, instead of Ray.
        find_stream: finds an actor by the key of its source, instead of Ray.
        logs: of this process; None where somebody else writes them.
    """

    def __init__(
        self,
        settings: Settings,
        poses: Any,
        jobs: Any,
        *,
        handle: Callable[[], Any] | None = None,
        open_stream: Callable[..., Any] = open_stream,
        find_stream: Callable[[str], Any | None] = running_stream,
        logs: LogFiles | None = None,
    ) -> None:
        if logs is not None:
            logs.start()
        import sqlalchemy  # noqa: F401  by one thread alone: two that import it at once find half of it

        self._settings, self._poses, self._jobs, self._logs = settings, poses, jobs, logs
        self._handle, self._open_stream, self._find_stream = handle or _own_handle, open_stream, find_stream
        self._registry = open_registry(settings)
        self._pipelines = Pipelines(settings.service, DataFolder(settings.service.data_dir).live / "bundles")
        self._decisions: Decisions | None = None
        self._actors: dict[str, Any] = {}
        self._closed, self._changed, self._decides = threading.Event(), threading.Event(), threading.Event()
        self._fault: str | None = None
        if has_work(settings):
            self.expect_decisions()
        self._threads = [
            threading.Thread(target=work, name=name, daemon=True)
            for name, work in (("live-start", self._start), ("live-streams", self._keep_streams))
        ]
        for thread in self._threads:
            thread.start()

    async def answer(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        """Call a method for another process: an error that the caller is to be told is given back, not raised."""
        try:
            return await asyncio.to_thread(getattr(self, method), *arguments, **keywords)
        except NeuroposeRayError as error:
            return error

    def streams(self) -> tuple[RegisteredStream, ...]:
        """All registered streams."""
        return self._registry.streams()

    def stream(self, stream_id: str) -> RegisteredStream:
        """One registered stream.

        Raises:
            StreamNotFoundError: there is none of this name.
        """
        return self._registry.stream(stream_id)

    def put(self, stream_id: str, spec: StreamSpec, owner: str | None, only_own: bool = False) -> bool:
        """Register a stream, in place of one of the same name; whether it is new.

        Raises:
            RuleError, BundleError: its pipeline cannot be used.
            StreamNotFoundError, SessionNotFoundError: it, or the session that it has, is another owner's, and
                ``only_own`` are to be used.
            OverloadedError: there are too many.
        """
        if spec.pipeline is not None:
            self.resolved(spec.pipeline, kept_s(spec.url, spec.source))
        if spec.session_id is not None:
            self._registry.claim_session(spec.session_id, owner, only_own=only_own)
        is_new = self._registry.put(stream_id, spec, owner, only_own=only_own)
        self._changed.set()
        return is_new

    def remove(self, stream_id: str) -> None:
        """Forget a stream; its actor ends when nobody else looks at it.

        Raises:
            StreamNotFoundError: there is none of this name.
        """
        self._registry.remove(stream_id)
        actor = self._actors.pop(stream_id, None)
        if actor is not None:
            actor.detach.remote(token_of(stream_id), False)

    def set_session(self, stream_id: str, session_id: str | None) -> None:
        """Stamp a session on what a registered stream gives from now on.

        Raises:
            StreamNotFoundError: there is none of this name.
        """
        stream = self._registry.stream(stream_id)
        self._registry.put(stream_id, stream.spec.model_copy(update={"session_id": session_id}), stream.owner)
        self._changed.set()

    def session(self, session_id: str) -> KeptSession:
        """What is kept of a session, and whose it is."""
        return self._registry.session(session_id)

    def claim_session(self, session_id: str, owner: str | None, only_own: bool = False) -> Session:
        """What is kept of a session that is used; see :meth:`.registry.Registry.claim_session`."""
        return self._registry.claim_session(session_id, owner, only_own=only_own)

    def patch_session(
        self, session_id: str, version: int | None, patch: Any, owner: str | None, only_own: bool = False
    ) -> Session:
        """Change what is kept of a session; see :meth:`.registry.Registry.patch_session`."""
        return self._registry.patch_session(session_id, version, patch, owner, only_own=only_own)

    def resolved(self, reference: Any, kept_s: float) -> Resolved:
        """A pipeline that a client names, checked; see :meth:`.pipelines.Pipelines.resolved`."""
        self.expect_decisions()
        return self._pipelines.resolved(reference, kept_s)

    def expect_decisions(self) -> None:
        """Open what takes decisions, in the background."""
        self._decides.set()

    def accept(self, decision: Decision, engine: Engine | None = None) -> bool:
        """Take a decision on; whether it is new. From here on its actions are done, whatever happens.

        Args:
            decision: of an engine, or about one that is dead.
            engine: of a decision at the begin of an episode: when it dies the episode ends.

        Raises:
            NotReadyError: not now; the caller keeps it and comes again.
        """
        if self._decisions is None:
            self.expect_decisions()
            raise NotReadyError(f"the hub cannot take decisions yet ({self._fault or 'it is starting'})")
        if engine is not None:
            self._registry.open_episode(decision, engine)
            self._changed.set()
        is_new = self._decisions.accept(decision)
        if decision.phase == "complete":
            self._registry.close_episode(decision)
        return is_new

    def ready(self) -> tuple[str, ...]:
        """What it still waits for; nothing when it is ready."""
        is_ready = self._decisions is not None or not self._decides.is_set()
        return () if is_ready else ("the hub of live streams",)

    def check_health(self) -> None:
        """For Serve: a store that is away is no reason to be replaced."""

    def close(self) -> None:
        """Leave streams and decisions as they are, for the next process."""
        for event in (self._closed, self._changed, self._decides):
            event.set()
        for thread in self._threads:
            thread.join(_ANSWER_S)
        if self._decisions is not None:
            self._decisions.close()
        self._registry.close()

    def __del__(self) -> None:
        """Serve's way to end a replica."""
        closed = getattr(self, "_closed", None)
        if closed is not None and not closed.is_set():
            thread = threading.Thread(target=self.close, name="live-close")
            thread.start()
            thread.join()

    def _start(self) -> None:
        """Open what takes decisions when there may be some; a database that is away is tried again."""
        self._decides.wait()
        while not self._closed.is_set():
            try:
                url = database_url(self._settings, DECISIONS)
                submit = submitted_by(self._jobs)
                self._decisions = open_decisions(self._settings, url, submit, self._actor_of, self._tell_failure)
                self._fault = None
                break
            except Exception as error:
                self._fault = first_line(error)
                logger.exception("decisions cannot be taken yet")
                self._closed.wait(_ANSWER_S)
        while not self._closed.wait(_SWEEP_S):
            try:
                self._registry.sweep()
                if self._decisions is not None:
                    self._decisions.sweep(time.time())
            except NeuroposeRayError as error:
                logger.warning("what is outdated is not removed yet: %s", error)

    def _actor_of(self, stream_id: str) -> Any | None:
        """The actor of a registered stream, or of a source by its key."""
        return self._actors.get(stream_id) or self._find_stream(stream_id)

    def _tell_failure(self, failure: ActionFailure) -> None:
        """Let the stream's subscribers know of an action that was given up."""
        actor = self._actor_of(failure.stream_id)
        if actor is not None:
            actor.tell_failure.remote(failure)

    def _keep_streams(self) -> None:
        """Have an actor for every registered stream, renew its lease, and end episodes whose engines are dead."""
        every_s = self._settings.service.live.lease_s / 6
        while not self._closed.is_set():
            self._changed.clear()
            wait_s: float | None = every_s
            try:
                streams, episodes = self._registry.streams(), self._registry.open_episodes()
                asyncio.run(self._look_after(streams, episodes))
                if not streams and not episodes:
                    wait_s = None
            except Exception:
                # A database or a cluster that is away for a while must not end this thread for good.
                logger.exception("registered streams are looked after again in a moment")
            self._changed.wait(wait_s)

    async def _look_after(
        self, streams: tuple[RegisteredStream, ...], episodes: tuple[tuple[Decision, Engine], ...]
    ) -> None:
        if streams:
            environment = StreamEnvironment(
                self._settings.service.live, self._settings.tracking, self._poses, self._handle(), self._logs
            )
            await asyncio.gather(*(self._renew_one(stream, environment) for stream in streams))
        keys = {engine.key for _, engine in episodes}
        lives = dict(zip(keys, await asyncio.gather(*map(self._life, keys)), strict=True))
        for entered, engine in episodes:
            if lives[engine.key] not in (engine.life, _UNKNOWN):
                await asyncio.to_thread(self._interrupt, entered, engine)

    async def _life(self, key: str) -> str | None:
        """Which life a source's actor is in; None where there is no actor, and UNKNOWN where it does not answer."""
        try:
            actor = await asyncio.to_thread(self._find_stream, key)
            if actor is None:
                return None
            async with asyncio.timeout(_ANSWER_S):
                life: str = await actor.life.remote()
        except Exception as error:  # noqa: BLE001  the actor is being restarted, or its machine is gone
            logger.info("stream %s does not answer: %s", key, first_line(error))
            return _UNKNOWN
        return life

    async def _renew_one(self, stream: RegisteredStream, environment: StreamEnvironment) -> None:
        try:
            actor = await asyncio.to_thread(self._open_stream, stream.spec.url, stream.spec.source, environment)
            before = self._actors.get(stream.stream_id)
            if before is not None and before != actor:  # it looks at another source now
                before.detach.remote(token_of(stream.stream_id), False)
            self._actors[stream.stream_id] = actor
            async with asyncio.timeout(_ANSWER_S):
                answer = await attached(actor, None, self._attachment(stream))
        except Exception as error:  # noqa: BLE001  the actor is being restarted, or its machine is gone
            answer = error
        if isinstance(answer, Exception):
            logger.warning("stream %s: %s", stream.stream_id, first_line(answer))

    def _interrupt(self, entered: Decision, engine: Engine) -> None:
        """End an episode whose engine died with its actor, or ended with the service: its actions are done."""
        rules = load_pipeline(json.loads(engine.pipeline))
        with suppress(NotReadyError):  # the next look comes soon
            self.accept(interrupted(entered, rules, time.time(), "the stream was lost"))

    def _attachment(self, stream: RegisteredStream) -> Attachment:
        spec = stream.spec
        pipeline, models = self._pipelines.resolved(spec.pipeline)
        plain = Attachment(
            token=token_of(stream.stream_id),
            view=ViewKey(spec.crop, spec.camera.field_of_view_degrees),
            outputs=DEFAULT_OUTPUTS,
            stream_id=stream.stream_id,
            camera_id=spec.camera.id,
            session_id=spec.session_id,
            owner=stream.owner,
        )
        return replace(plain, pipeline=pipeline, models=models)


def _own_handle() -> Any:
    from ray import serve

    from neuropose_ray.service.names import LIVE_HUB

    return serve.get_deployment_handle(LIVE_HUB, serve.get_replica_context().app_name)
