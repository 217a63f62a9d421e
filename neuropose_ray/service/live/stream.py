"""One stream at work: frames from a source, the people in them, messages, and what rules decide.

Nothing here knows of Ray: the source, the pose model and the hub are given.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.schemas.live import SourceOptions
from neuropose_ray.schemas.live_messages import StreamReport
from neuropose_ray.schemas.pose_replies import SkeletonDescription
from neuropose_ray.service.live.angles import angles_of
from neuropose_ray.service.live.attachments import Attached, Attachment
from neuropose_ray.service.live.bodies import pose_body
from neuropose_ray.service.live.fanout import Fanout
from neuropose_ray.service.live.figures import StreamFigures, report_of
from neuropose_ray.service.live.looks import Looks, facts_of
from neuropose_ray.service.live.pictures import jpeg, painted_jpeg
from neuropose_ray.service.live.rule_runs import RuleRunFactory, RuleRuns
from neuropose_ray.service.live.settings import LiveSettings
from neuropose_ray.service.live.stream_clock import StreamClock
from neuropose_ray.service.live.stream_events import StreamEvents
from neuropose_ray.service.live.stream_parts import Decide, PoseModelClient, Source, StreamIdentity
from neuropose_ray.service.live.view import View, Viewed
from neuropose_ray.service.pose import LiveModel, LivePrediction
from neuropose_ray.tracking import TrackingSettings
from neuropose_ray.video.live import LiveFrame

if TYPE_CHECKING:
    from neuropose_ray.service.live.outbox import ActionFailure

logger = logging.getLogger(__name__)

_TAKE_S, _LOOK_S, _PAUSE_S = 0.5, 0.5, 0.3
#: A stream that nobody looks at ends after so long; who opens one looks at it at once.
_UNWANTED_S = 5.0
#: Pictures in messages are for people in front of a page.
_PICTURE_HEIGHT, _PICTURE_QUALITY = 540, 70
#: States in which nobody is looked at any more.
_INTERRUPTED = frozenset({"stalled", "reconnecting", "failed", "stopped"})

#: A frame, and the looks at it by the views that take them.
_Looked = tuple[LiveFrame, dict[str, asyncio.Task[LivePrediction | None]]]


class LiveStream:
    """Works on one source for as long as somebody looks at it.

    Args:
        identity: its names.
        source: started, or not yet.
        options: of the source.
        poses: the pose model.
        settings: of live streams.
        tracking: how people are followed.
        rules: makes the runs of pipelines.
        decide: hands a decision on, until it is taken; awaited one by one.
        figures: what it counts.
        clock: Unix seconds.
    """

    def __init__(
        self,
        identity: StreamIdentity,
        source: Source,
        options: SourceOptions,
        poses: PoseModelClient,
        settings: LiveSettings,
        *,
        tracking: TrackingSettings,
        rules: RuleRunFactory,
        decide: Decide,
        figures: StreamFigures,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.identity, self._source, self._poses, self._settings = identity, source, poses, settings
        self._tracking, self._figures, self._clock = tracking, figures, clock
        self._waits = options.buffer == "wait"
        self._stream_clock = StreamClock(realtime=options.realtime and not self._waits)
        # Milliseconds: no restart of the actor begins below what its predecessor reached.
        first_seq = int(1000 * clock())
        self.fanout = Fanout(first_seq, clock=clock, lease_s=settings.lease_s / 2, linger_s=settings.linger_s)
        self._rules = RuleRuns(rules)
        self._looks = Looks(identity, poses, None if self._waits else settings.latency_budget_s, clock)
        self._events = StreamEvents(identity, self.fanout, decide, clock)
        self._views: dict[str, View] = {}
        self._model: LiveModel | None = None
        self._room = asyncio.Semaphore(settings.frames_in_flight)
        # Bounded: where following, rules or pictures take longer than looks, frames would pile up in memory.
        self._looked: asyncio.Queue[_Looked] = asyncio.Queue(settings.frames_in_flight)
        self._under_way = 0
        self._latest: LiveFrame | None = None
        self._state, self._since = "starting", clock()
        self._leased_at = self._wanted_at = clock()
        self._threads = ThreadPoolExecutor(3, thread_name_prefix="stream")
        self._skeleton: SkeletonDescription | None = None

    async def run(self) -> None:
        """Work until the lease runs out; the source is closed then."""
        self._source.start()
        works = (self._load_model, self._take_frames, self._show_frames, self._events.send_decisions, self._watch)
        tasks = [asyncio.create_task(work()) for work in works]
        try:
            await asyncio.gather(*tasks)
        except _LeaseEndedError:
            logger.info("nobody looks at %s any more", self.identity.url)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.fanout.close()
            await asyncio.get_running_loop().run_in_executor(None, self._source.close)
            self._threads.shutdown(wait=False, cancel_futures=True)

    def renew(self, link_id: str | None = None) -> None:
        """Note that somebody needs it: a link with clients, or the hub."""
        self._leased_at = self._clock()
        if link_id is not None:
            self.fanout.renew(link_id)

    def attach(self, link_id: str | None, attachment: Attachment) -> Attached:
        """Let somebody look, or go on.

        Raises:
            RuleError: the pipeline cannot be run.
        """
        self.renew(link_id)
        known = self.fanout.attachments.get(attachment.token)
        if known is None or known.pipeline != attachment.pipeline:
            self._events.deliver(attachment.token, self._rules.remove(attachment.token, self._clock(), "other rules"))
            self._rules.add(attachment)
        self._rules.set_session(attachment.token, attachment.session_id)
        resumed, missed = self.fanout.attach(link_id, attachment)
        if known is not None and known.session_id != attachment.session_id:
            self._events.tell_session(attachment)
        return Attached(resumed, missed, self.report(), self._skeleton)

    def detach(self, token: str, *, keep: bool, link_id: str | None = None) -> None:
        """Let somebody go, unless it came back by another link than ``link_id``.

        ``keep``: for a while, until the client comes back.
        """
        if self.fanout.has_moved(token, link_id):
            return
        self.fanout.detach(token, keep=keep)
        if not keep:
            self._events.deliver(token, self._rules.remove(token, self._clock(), "unsubscribed"))

    def set_session(self, token: str, session_id: str | None) -> None:
        """Stamp a session on what follows."""
        self._rules.set_session(token, session_id)
        attachment = self.fanout.attachments.get(token)
        if attachment is not None:
            self.fanout.update(replace(attachment, session_id=session_id))

    def tell_failure(self, failure: ActionFailure) -> None:
        """Publish that an action of a decision was given up."""
        self._events.tell_failure(failure)

    def report(self) -> StreamReport:
        """How the stream is now."""
        return report_of(
            self.identity,
            self._source.status(),
            self._figures.summary(self._clock()),
            since=self._since,
            subscribers=self.fanout.subscribers,
            decisions_waiting=self._events.waiting,
        )

    async def picture(self, *, overlay: bool, height: int | None, quality: int) -> tuple[bytes, float] | None:
        """The latest frame as JPEG, with the people in it where wanted, and when it came; None before the first.

        The width follows the height, in pixels; None for the frame's own. The quality is 1 to 100.
        """
        frame = self._latest
        if frame is None:
            return None
        views = [view.latest for view in self._views.values() if view.latest is not None] if overlay else []
        skeleton = None if self._model is None else self._model.info.skeleton
        return await self._in_thread(painted_jpeg, frame.image, views, skeleton, height, quality), frame.captured_at

    async def clip(self, seconds: float, path: Path) -> Any:
        """Write the last seconds into a file.

        Raises:
            SourceError: there is nothing to write.
        """
        return await self._in_thread(self._source.clip, seconds, path)

    async def _load_model(self) -> None:
        model = None
        while model is None:
            try:
                model = await self._poses.model()
            except NeuroposeRayError as error:
                logger.warning("%s: the pose model is waited for: %s", self.identity.url, error)
                await asyncio.sleep(_PAUSE_S)
        self._model = model
        self._skeleton = SkeletonDescription.of(self._model.info.skeleton)
        for token, reason in self._rules.use(self._model):
            logger.warning("%s: rules cannot be run: %s", self.identity.url, reason)
            self._events.publish("rules.failed", {"data": {"error": reason}}, frozenset({token}))
        self._events.publish("stream.model", {"data": {"skeleton": self._skeleton.model_dump(mode="json")}})

    async def _take_frames(self) -> None:
        """Take the newest frame whenever there is room for one on the way to the pose model."""
        while True:
            await self._room.acquire()
            while self._waits and not self._wanted_views():  # no frame is lost before somebody looks
                await asyncio.sleep(_PAUSE_S)
            frame = await self._in_thread(self._source.take, _TAKE_S)
            if frame is None:
                self._room.release()
                if self._source.status().ended:
                    await asyncio.sleep(_TAKE_S)
                continue
            self._latest = frame
            views = self._wanted_views()
            if not views:
                self._room.release()
                continue
            self._under_way += 1
            looks = {name: asyncio.create_task(self._looks.look(view, frame)) for name, view in views.items()}
            ended = asyncio.gather(*looks.values(), return_exceptions=True)
            ended.add_done_callback(lambda _: self._room.release())
            await self._looked.put((frame, looks))

    def _wanted_views(self) -> dict[str, View]:
        if self._model is None:
            return {}
        keys = {str(attachment.view): attachment.view for attachment in self.fanout.attachments.values()}
        self._views = {
            name: self._views.get(name) or View(key, self._model, self._tracking) for name, key in keys.items()
        }
        return self._views

    async def _show_frames(self) -> None:
        """Follow the people of each frame in order, and publish them."""
        while True:
            frame, looks = await self._looked.get()
            for name, look in looks.items():
                try:
                    prediction = await look
                    if prediction is None:
                        self._figures.late()
                    elif name in self._views:
                        await self._show(self._views[name], frame, prediction)
                except Exception:
                    # One frame that nobody foresaw must not end the stream.
                    logger.exception("%s: a frame failed", self.identity.url)
            self._under_way -= 1

    async def _show(self, view: View, frame: LiveFrame, prediction: LivePrediction) -> None:
        assert self._model is not None, "nothing is looked at before it is loaded"
        begin_s, model = time.perf_counter(), self._model
        at = self._stream_clock.at(frame.epoch, frame.pts_s, frame.captured_at)
        viewed = view.follow(frame.epoch, at, prediction.poses)
        track_ms = 1000 * (time.perf_counter() - begin_s)
        wanted = self.fanout.outputs_of(str(view.key))
        if wanted:
            image = None
            if any("image" in outputs for _, outputs in wanted):
                image = await self._in_thread(jpeg, frame.image, _PICTURE_HEIGHT, _PICTURE_QUALITY)
            total_ms = 1000 * (self._clock() - frame.captured_at)
            dropped = self._source.status().frames_dropped
            facts = facts_of(
                self.identity.key, frame, prediction, model, track_ms=track_ms, total_ms=total_ms, dropped=dropped
            )
            angles = {}
            if any("angles" in outputs for _, outputs in wanted):
                angles = angles_of(viewed, model.info.skeleton)
            bodies = {key: pose_body(facts, viewed, outputs, image, angles) for key, outputs in wanted}
            self.fanout.publish_poses(str(view.key), bodies, dropped)
        self._figures.shown(self._clock(), self._clock() - frame.captured_at, len(viewed.poses))
        await self._run_rules(view, viewed, frame)

    async def _run_rules(self, view: View, viewed: Viewed, frame: LiveFrame) -> None:
        tokens = [
            token for token, attachment in self.fanout.attachments.items()
            if attachment.pipeline is not None and attachment.view == view.key
        ]  # fmt: skip
        for token in tokens:
            steps = await self._in_thread(self._rules.observe, token, viewed, frame)
            self._events.deliver(token, steps)

    async def _watch(self) -> None:
        """Say when the state changes, and end with the lease."""
        while True:
            await asyncio.sleep(_LOOK_S)
            with suppress(NeuroposeRayError):
                self._note_state()
            for token in self.fanout.prune():
                self._events.deliver(token, self._rules.remove(token, self._clock(), "the client is gone"))
            self._figures.show(self.report())
            if self._is_unwanted() and not self._events.waiting:
                raise _LeaseEndedError

    def _is_unwanted(self) -> bool:
        """Whether nobody has asked for it for too long, or nobody has looked at it for a while."""
        now = self._clock()
        if self.fanout.attachments:
            self._wanted_at = now
        return now - self._leased_at > self._settings.lease_s or now - self._wanted_at > _UNWANTED_S

    def _note_state(self) -> None:
        status = self._source.status()
        if status.ended and self._under_way:
            return  # the last frames are looked at first
        if status.state == self._state:
            return
        self._state, self._since = status.state, self._clock()
        logger.info(
            "%s: %s%s", self.identity.url, status.state, f" ({status.last_error})" if status.last_error else ""
        )
        now = self._clock()
        if status.ended:
            endings = self._rules.finish(now)
        else:
            interrupts = status.state in _INTERRUPTED
            endings = self._rules.interrupt(now, f"the stream is {status.state}") if interrupts else []
        for token, steps in endings:
            self._events.deliver(token, steps)
        self._events.tell_state(status)

    async def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


class _LeaseEndedError(Exception):
    """Nobody asked for the stream for too long."""
