"""A source of live pictures: connected to again whenever it breaks off, watched, and ended within two seconds."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import SourceError
from neuropose_ray.schemas.live import CLIP_BYTES, SourceOptions, StreamState
from neuropose_ray.video.live.access import SourceAccess, allowed_file, check_source, kind_of
from neuropose_ray.video.live.backoff import Backoff
from neuropose_ray.video.live.decoder_client import DecoderClient, DecoderLostError
from neuropose_ray.video.live.frame_counts import FrameCounts
from neuropose_ray.video.live.packets import EncodedPacket, PacketRing
from neuropose_ray.video.live.types import ClipInfo, LiveFrame, SourceStatus
from neuropose_ray.video.live.url import redacted
from neuropose_ray.video.live.watchdog import Progress, Watchdog
from neuropose_ray.video.live.wire import Message

logger = logging.getLogger(__name__)

# How often the end is looked for, and the watchdog asked.
_TURN_S = 0.05
# A process takes about half a second to start; it is there when its time comes.
_AHEAD_S = 2.0
_STARTS_WITHIN_S = 30.0
_CLOSES_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class _Ending:
    """Why a connection is over; a reason of None is a file's end."""

    reason: str | None
    denied: bool = False
    final: bool = False


class LiveSource:
    """Pictures of a camera or a file, by a decoder in a process of its own.

    Frames are taken by whoever wants them, from any thread. Between them nothing is converted. A connection that
    breaks off or goes silent is made again: after a while that doubles with each failure, slowly where the password
    is refused, and each new one is an epoch of its own.

    Args:
        url: of the source, see :func:`~neuropose_ray.video.live.url.normalised_url`.
        options: how it is read.
        access: what may be opened.
        clip_bytes: of the encoded stream that are kept for clips at most.

    Raises:
        SourceError: it is no source, or may not be opened.
    """

    def __init__(
        self, url: str, options: SourceOptions, *, access: SourceAccess, clip_bytes: int = CLIP_BYTES
    ) -> None:
        self._url = check_source(url, options.kind, access)
        self._kind = kind_of(self._url, options.kind, access)
        self._options, self._access = options, access
        self._shown = redacted(self._url)
        self._backoff = Backoff(options, random.random)
        self._ring = PacketRing(options.clip_s, clip_bytes)
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._one_taker = threading.Lock()
        # All that follows is changed with this held.
        self._changed = threading.Condition()
        self._decoder: DecoderClient | None = None
        self._frames: deque[LiveFrame] = deque()
        self._request, self._asked_until = 0, 0.0
        self._state: StreamState = "starting"
        self._since = time.time()
        self._over = self._ended = False
        self._counts = FrameCounts()
        self._epoch = self._reconnects = 0
        self._last_error: str | None = None
        self._size = (0, 0)
        self._last_given: tuple[float, float] | None = None

    def start(self) -> None:
        """Connect, and stay connected until :meth:`close`; returns at once.

        Raises:
            SourceError: it is closed.
        """
        with self._changed:
            if self._closing.is_set():
                raise SourceError("the source is closed", where=self._shown, hint="make a new one")
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live source", daemon=True)
                self._thread.start()

    def take(self, timeout_s: float) -> LiveFrame | None:
        """The next frame by the buffer's policy; None where none comes in time, or none will.

        Args:
            timeout_s: seconds to wait at most.
        """
        deadline = time.monotonic() + timeout_s
        if not self._one_taker.acquire(timeout=max(0.0, timeout_s)):
            return None
        try:
            with self._changed:
                if self._options.buffer == "latest":
                    # They came for somebody who had stopped waiting.
                    self._counts.discarded += len(self._frames)
                    self._frames.clear()
                while not self._frames:
                    remaining_s = deadline - time.monotonic()
                    if self._over or remaining_s <= 0:
                        return None
                    self._ask(deadline)
                    self._changed.wait(remaining_s)
                self._counts.taken += 1
                frame = self._frames.popleft()
                self._last_given = (frame.pts_s or 0.0, frame.captured_at)
                return frame
        finally:
            self._one_taker.release()

    def status(self) -> SourceStatus:
        """The state as it is now."""
        with self._changed:
            counts = self._counts
            return SourceStatus(
                state=self._state, fps=counts.fps(time.monotonic()), frames_decoded=counts.decoded,
                frames_taken=counts.taken, frames_dropped=counts.dropped, epoch=self._epoch,
                reconnects=self._reconnects, last_error=self._last_error, since=self._since, width=self._size[0],
                height=self._size[1], ended=self._ended,
                clip_s=self._ring.kept_s, clip_limit=self._ring.limit,
            )  # fmt: skip

    def clip(self, seconds: float, path: Path) -> ClipInfo:
        """Write the last seconds as they came, not encoded anew, as MP4; of a file, those before the last frame.

        Args:
            seconds: its length at least, as far as so much is kept; it begins at a keyframe.
            path: of the clip.

        Raises:
            SourceError: nothing is kept, or the stream cannot be put into a file.
            OutputError: the file cannot be written.
        """
        if self._kind != "file":
            if not self._options.clip_s:
                raise SourceError("no pictures are kept for clips", where=self._shown, hint="set `clip_s`")
            return self._ring.write(seconds, path)
        with self._changed:
            given = self._last_given
        if given is None:
            raise SourceError("no frame has been taken yet", where=self._shown, hint="take one first")
        from neuropose_ray.video.live.files import clip_of_file  # which loads what reads files

        file = allowed_file(self._url, self._access)
        return clip_of_file(file, given[0] - seconds, given[0], path, end_at=given[1])

    def close(self) -> None:
        """End it, within two seconds in every state; whoever waits for a frame gets None."""
        with self._changed:
            self._closing.set()
            self._over = True
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_CLOSES_WITHIN_S)
        with self._changed:
            self._set_state("stopped")

    def _run(self) -> None:
        state: StreamState = "stopped"
        decoder: DecoderClient | None = None
        try:
            while not self._closing.is_set():
                ending, decoder = self._follow(decoder), None
                if ending is None:
                    break
                if ending.reason is None:
                    with self._changed:
                        self._ended = True
                    break
                retry = self._backoff.failed(denied=ending.denied)
                delay_s = None if ending.final else retry.delay_s
                state = "failed" if delay_s is None else "stopped"
                self._record(ending, delay_s)
                if delay_s is None:
                    break
                decoder = self._wait(delay_s)
        finally:
            if decoder is not None:
                decoder.close(goodbye=False)
            with self._changed:
                self._over = True
                self._set_state(state)
                self._changed.notify_all()

    def _wait(self, delay_s: float) -> DecoderClient | None:
        """Let the time until the next attempt pass; its process is started shortly before."""
        due = time.monotonic() + delay_s
        self._closing.wait(max(0.0, delay_s - _AHEAD_S))
        decoder = None
        if not self._closing.is_set():
            with suppress(OSError):  # where none can be started now, the attempt fails, and the next one may not
                decoder = DecoderClient(self._kind)
        self._closing.wait(max(0.0, due - time.monotonic()))
        with self._changed:
            self._reconnects += 1
        return decoder

    def _follow(self, decoder: DecoderClient | None) -> _Ending | None:
        """One connection, until it ends; None when this source is closed."""
        connection = _Connection(time.monotonic())
        try:
            decoder = decoder or DecoderClient(self._kind)
        except OSError as error:
            return _Ending(f"the decoder cannot be started ({error.strerror})")
        lost = True
        try:
            decoder.open(self._url, self._options, self._access)
            while not self._closing.is_set():
                for message, payload in decoder.messages(_TURN_S):
                    ending = self._heard(message, payload, decoder, connection)
                    if ending is not None:
                        return ending
                ending = self._watch(connection)
                if ending is not None:
                    return ending
            lost = False
            return None
        except DecoderLostError as error:
            return _Ending(str(error))
        except (KeyError, TypeError, ValueError):
            return _Ending("the decoder says what is no message")
        finally:
            with self._changed:
                self._decoder = None
                self._counts.close_connection()
            decoder.close(goodbye=not lost)

    def _heard(
        self, message: Message, payload: bytes, decoder: DecoderClient, connection: _Connection
    ) -> _Ending | None:
        now = time.monotonic()
        match message["type"]:
            case "ready":
                connection.watchdog = Watchdog(now, stall_s=self._options.stall_s, kill_s=self._options.kill_s)
                with self._changed:
                    self._decoder, self._asked_until = decoder, 0.0
                    self._changed.notify_all()
            case "beat":
                self._beat(message, connection, now)
            case "frame":
                self._begin_epoch(connection)
                connection.has_size = True
                frame = LiveFrame(
                    decoder.image(message), message["captured_at"], message["pts_s"], self._epoch, message["number"],
                    message["decode_ms"],
                )  # fmt: skip
                with self._changed:
                    self._size = (message["width"], message["height"])
                    if message["request"] == self._request:
                        self._asked_until = 0.0
                    self._counts.frame(frame.number)
                    self._frames.append(frame)
                    self._changed.notify_all()
            case "codec":
                self._ring.begin(message["codec"], payload)
            case "packet":
                self._ring.add(
                    EncodedPacket(payload, message["pts_s"], message["dts_s"], message["key"], message["at"])
                )
            case "end":
                is_files_end = self._kind == "file" and not message["denied"] and not message["final"]
                return _Ending(None if is_files_end else message["reason"], message["denied"], message["final"])
        return None

    def _beat(self, message: Message, connection: _Connection, now: float) -> None:
        progress = Progress(message["packets"], message["frames"] + message["unchanged"], message["idle"])
        came = connection.watchdog is not None and connection.watchdog.report(progress, now)
        if came:
            self._begin_epoch(connection)
            self._backoff.frame(now)
        with self._changed:
            self._counts.report(now, message["frames"], message["dropped"])
            # That of the upright frame, where there has been one.
            if not connection.has_size:
                width, height = message["size"]
                self._size = (width, height)
            if came:
                self._set_state("active")

    def _watch(self, connection: _Connection) -> _Ending | None:
        now = time.monotonic()
        if connection.watchdog is None:
            late = now - connection.started > _STARTS_WITHIN_S
            return _Ending("the decoder does not start") if late else None
        verdict = connection.watchdog.verdict(now)
        if verdict == "stalled":
            self._backoff.gap()
            with self._changed:
                if self._state == "active":
                    self._set_state("stalled")
        if verdict == "dead":
            return _Ending(f"no frame for {self._options.kill_s:g} s")
        return None

    def _begin_epoch(self, connection: _Connection) -> None:
        if not connection.has_frames:
            connection.has_frames = True
            with self._changed:
                self._epoch += 1
                self._set_state("active")

    def _record(self, ending: _Ending, delay_s: float | None) -> None:
        then = "given up" if delay_s is None else f"tried again in {delay_s:.1f} s"
        logger.warning("%s: %s; %s", self._shown, ending.reason, then)
        with self._changed:
            self._last_error = ending.reason
            self._set_state("failed" if ending.denied or delay_s is None else "reconnecting")

    def _ask(self, deadline: float) -> None:
        """Ask the decoder for a frame, unless it has been asked already and still looks for one."""
        if self._decoder is not None and self._asked_until < time.monotonic():
            self._request += 1
            self._asked_until = deadline
            self._decoder.ask(self._request, deadline)

    def _set_state(self, state: StreamState) -> None:
        if state != self._state:
            self._state, self._since = state, time.time()


class _Connection:
    """What is known of the present connection; its watchdog begins when the process is there."""

    def __init__(self, started: float) -> None:
        self.started = started
        self.watchdog: Watchdog | None = None
        self.has_frames = self.has_size = False
