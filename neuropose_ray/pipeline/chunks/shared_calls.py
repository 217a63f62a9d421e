"""Calls of a model that sees every frame for itself: each is filled with frames of any chunks and videos.

A GPU takes nearly as long for few frames as for many, and a chunk rarely ends with a full batch; a video of a second
has less than one. So chunks hand in their frames as they are decoded, and the model gets full batches of what came
first. Frames of one camera alone share a call: they have one size, and a call has one set of intrinsics.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.models import PoseModel
from neuropose_ray.pipeline.chunks.active_attempts import ActiveAttempts, Attempt
from neuropose_ray.pipeline.chunks.portions import Portion, parted
from neuropose_ray.pipeline.chunks.shared_time import SharedTime
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses

#: Full batches of frames that wait for the model, beside those that it has; who brings more waits.
_BATCHES_AHEAD = 2
#: Where all chunks in flight wait for the model and there is room for another one, a batch that is not full waits so
#: long for that to begin, which takes a moment after each chunk that ended; at the end of a run there is none.
_GRACE_S = 0.25
#: Batches that may overtake a frame whose camera no other video has.
_MOST_OVERTAKING = 16
# How soon a thread that waits for the model notices that the run was interrupted.
_LOOK_UP_S = 0.2


class SharedCalls:
    """One loaded model, and the frames that chunks in other threads hand in.

    As many calls are under way as the model allows: on a GPU, one batch is copied there while the one before it is
    computed.

    Args:
        model: its predictions depend on no other frame.
        in_flight: the chunks of this process.
        model_lock: held for every call; None where nobody else calls the model.

    Attributes:
        decoders: chunks that are decoded at once.
        chunks_at_once: threads that bring a chunk each; those beyond the decoders wait for the model, or write.
    """

    def __init__(
        self,
        model: PoseModel,
        in_flight: ActiveAttempts,
        model_lock: AbstractContextManager[object] | None = None,
    ) -> None:
        self.decoders = self.chunks_at_once = 1
        self._model, self._in_flight, self._model_lock = model, in_flight, model_lock or nullcontext()
        lock = threading.Lock()
        self._work, self._progress = threading.Condition(lock), threading.Condition(lock)
        self._waiting: dict[Camera, deque[Portion]] = {}
        self._shares: list[ChunkShare] = []
        self._closed, self._decoding, self._blocked, self._running, self._count = False, 0, 0, 0, 0
        self._changed_s = self._answered_s = time.monotonic()
        self._time = SharedTime()
        for _ in range(model.info.calls_at_once):
            threading.Thread(target=self._serve, name="shared-calls", daemon=True).start()

    def close(self) -> None:
        """Let the threads end after their present call."""
        with self._work:
            self._closed = True
            self._work.notify_all()

    @contextmanager
    def enter(self, camera: Camera, attempt: Attempt) -> Iterator[ChunkShare]:
        """Hand in the frames of a chunk; what is left of them when the block ends is taken back.

        Args:
            camera: what took the frames.
            attempt: the try of the chunk; it is told of every call in which it has frames.
        """
        share = ChunkShare(self, camera, attempt)
        with self._work:
            share.began_s, share.began_share_s = time.monotonic(), self._time.passed_s(len(self._shares))
            self._shares.append(share)
            self._note_change()
        try:
            yield share
        finally:
            with self._work:
                self._drop(share)
                # Should a call with its frames hang, it is still there to be blamed.
                while attempt.calls_since_s and not attempt.cancelled:
                    self._progress.wait(_LOOK_UP_S)
                self._time.passed_s(len(self._shares))
                self._shares.remove(share)
                self._note_change()

    @contextmanager
    def decoding(self, share: ChunkShare) -> Iterator[None]:
        """Wait for a turn to decode, and have it; see :meth:`ChunkShare.decoding`."""
        with self._work:
            self._await(share, lambda: self._decoding < self.decoders)
            self._decoding += 1
        try:
            yield
        finally:
            with self._work:
                self._decoding -= 1
                self._progress.notify_all()

    def submit(self, share: ChunkShare, frames: Sequence[Frame], places: NDArray[np.int64]) -> None:
        """Wait for room, and hand in frames; see :meth:`ChunkShare.submit`."""
        with self._work:
            room = max(1, _BATCHES_AHEAD * self._model.batch_size)
            self._await(share, lambda: self._frames_waiting() < room)
            self._count += 1
            portions = self._waiting.setdefault(share.camera, deque())
            portions.append(Portion(share, frames, places, self._count))
            share.left += len(frames)
            self._note_change()

    def await_all(self, share: ChunkShare) -> None:
        """Wait until the model has seen all frames of a chunk."""
        with self._work:
            self._await(share, lambda: not share.left)
            part_s = self._time.passed_s(len(self._shares)) - share.began_share_s
            share.time_share = min(1.0, part_s / max(1e-9, time.monotonic() - share.began_s))

    def _await(self, share: ChunkShare, ready: Callable[[], bool]) -> None:
        """Wait with the lock held; while all chunks wait, nobody fills a batch."""
        if not ready() and share.error is None:
            self._blocked += 1
            self._note_change()
            try:
                while not ready() and share.error is None:
                    share.attempt.at("wait")
                    self._progress.wait(_LOOK_UP_S)
            finally:
                self._blocked -= 1
        if share.error is not None:
            raise share.error

    def _note_change(self) -> None:
        self._changed_s = time.monotonic()
        self._work.notify_all()

    def _frames_waiting(self) -> int:
        return sum(len(portion.frames) for portions in self._waiting.values() for portion in portions)

    def _drop(self, share: ChunkShare) -> None:
        portions = self._waiting.get(share.camera)
        if portions is None:
            return
        left = deque(portion for portion in portions if portion.share is not share)
        self._waiting[share.camera] = left
        if not left:
            del self._waiting[share.camera]
        self._progress.notify_all()

    # The threads that call the model.

    def _serve(self) -> None:
        while (batch := self._next_batch()) is not None:
            try:
                self._call(batch)
            finally:
                with self._work:
                    self._running -= 1
                    self._note_change()

    def _next_batch(self) -> list[Portion] | None:
        """The frames of the next call, as soon as there is one to make; None at the end."""
        with self._work:
            while not self._closed:
                camera = self._due()
                if camera is not None:
                    self._running += 1
                    return self._take(camera)
                self._work.wait(self._grace_left_s())
        return None

    def _due(self) -> Camera | None:
        """Whose frames are called next: of the full batches that whose first frame came first."""
        most = self._model.batch_size
        due = [
            camera
            for camera, portions in self._waiting.items()
            if portions[0].overtaken >= _MOST_OVERTAKING or sum(len(portion.frames) for portion in portions) >= most
        ]
        if not due and self._grace_left_s() == 0.0:
            due = list(self._waiting)
        return min(due, key=lambda camera: self._waiting[camera][0].number, default=None)

    def _grace_left_s(self) -> float | None:
        """Seconds until a batch that is not full is called; None while frames to fill it can be expected."""
        if not self._waiting or self._running or self._blocked < len(self._shares):
            return None
        if len(self._shares) >= self.chunks_at_once or self._in_flight.closed():
            return 0.0
        return max(0.0, self._changed_s + _GRACE_S - time.monotonic())

    def _take(self, camera: Camera) -> list[Portion]:
        portions, batch, room = self._waiting[camera], [], max(1, self._model.batch_size)
        while portions and room:
            portion = portions.popleft()
            if len(portion.frames) > room:
                portions.appendleft(portion.after(room))
                portion = portion.until(room)
            batch.append(portion)
            room -= len(portion.frames)
        if not portions:
            del self._waiting[camera]
        for others in self._waiting.values():
            others[0].overtaken += 1
        self._progress.notify_all()
        return batch

    def _call(self, batch: list[Portion]) -> None:
        """One call of the model; where it fails, the frames of each chunk are called apart.

        What a model raises is the fault of one frame mostly, and no other chunk shall pay for it.
        """
        shares = list(dict.fromkeys(portion.share for portion in batch))
        frames = [frame for portion in batch for frame in portion.frames]
        try:
            with self._model_lock, ExitStack() as calls:
                begin_s = time.monotonic()
                for share in shares:
                    calls.enter_context(share.attempt.in_call(begin_s, shared=len(shares) > 1))
                poses = self._model.session(batch[0].share.camera).predict(frames)
            parts = parted(poses, batch)
        except Exception as error:  # noqa: BLE001  it is raised again where the chunk waits
            if len(shares) == 1:
                self._fail(shares[0], error)
                return
            for share in shares:
                self._call([portion for portion in batch if portion.share is share])
            return
        self._deliver(batch, parts, begin_s)

    def _fail(self, share: ChunkShare, error: Exception) -> None:
        with self._work:
            share.error = error
            self._drop(share)
            self._progress.notify_all()

    def _deliver(self, batch: list[Portion], parts: list[Poses], begin_s: float) -> None:
        with self._work:
            # Of two calls at once the later one waits for the other, which is no time of its own.
            now_s = time.monotonic()
            seconds = now_s - max(begin_s, self._answered_s)
            self._answered_s = now_s
            frames = sum(len(portion.frames) for portion in batch)
            for portion, poses in zip(batch, parts, strict=True):
                portion.share.receive(poses, portion, seconds * len(portion.frames) / frames)
            self._progress.notify_all()


@dataclass(slots=True, eq=False)
class ChunkShare:
    """One chunk's frames among all others', and what the model saw in them.

    Attributes:
        camera: what took them.
        attempt: the try of the chunk.
        left: frames that the model has not seen yet.
        error: what the model said of them, if it failed.
        call_s: seconds of each call with frames of the chunk, as far as they are for these.
        call_frames: frames of the chunk in each of these calls.
        time_share: the chunk's part of its worker's time while it was in flight; known once the poses are.
        began_s, began_share_s: when it came, and what every chunk in flight had had of the time until then.
    """

    _calls: SharedCalls
    camera: Camera
    attempt: Attempt
    left: int = 0
    error: Exception | None = None
    call_s: list[float] = field(default_factory=list)
    call_frames: list[int] = field(default_factory=list)
    time_share: float = 1.0
    began_s: float = 0.0
    began_share_s: float = 0.0
    _poses: list[tuple[int, Poses]] = field(default_factory=list)

    def decoding(self) -> AbstractContextManager[None]:
        """Decode the chunk inside of this; waits while enough others are decoded.

        Raises:
            CancelledError: the run was interrupted, or the try given up.
        """
        return self._calls.decoding(self)

    def submit(self, frames: Sequence[Frame], places: Sequence[int]) -> None:
        """Hand in some frames; waits while enough others do.

        Args:
            frames: all of the camera's size; they stay as they are until :meth:`poses` returns.
            places: what stands for each of them in the results, ascending.

        Raises:
            Exception: what the model raised at one of the chunk's frames.
            CancelledError: the run was interrupted, or the try given up.
        """
        if frames:
            self._calls.submit(self, frames, np.array(places, np.int64))

    def poses(self) -> list[Poses]:
        """Wait for the model; the people in all frames handed in, in the order of their places.

        Raises:
            Exception: as :meth:`submit`.
        """
        self._calls.await_all(self)
        return [poses for _, poses in sorted(self._poses, key=lambda entry: entry[0])]

    def receive(self, poses: Poses, portion: Portion, seconds: float) -> None:
        """Take what the model saw in some of the frames."""
        self._poses.append((int(portion.places[0]), poses))
        self.call_s.append(seconds)
        self.call_frames.append(len(portion.frames))
        self.left -= len(portion.frames)
