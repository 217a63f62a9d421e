"""The one thread that lets the model see the pictures of requests, and which of them it sees together."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from neuropose_ray.errors import ModelError, NeuroposeRayError
from neuropose_ray.models import PoseModel, PoseSession
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model saw in one picture.

    Attributes:
        poses: the people; rows of frame 0.
        infer_s: seconds of the model's call.
        call_frames: pictures in that call.
    """

    poses: Poses
    infer_s: float
    call_frames: int


class FrameStream:
    """Consecutive pictures of one request, through which a model may follow people.

    A picture of another size is another camera's: people are looked for anew.
    """

    def __init__(self, model: PoseModel) -> None:
        self._model = model
        self._session: PoseSession | None = None
        self._camera: Camera | None = None

    def session(self, camera: Camera) -> PoseSession:
        """The session that sees the next picture."""
        if self._session is None or camera != self._camera:
            self._session, self._camera = self._model.session(camera), camera
        return self._session

    def reset(self) -> None:
        """The session failed; what it remembers is worth nothing."""
        self._session = None


@dataclass(frozen=True, slots=True, eq=False)
class _Pending:
    frame: Frame
    camera: Camera
    stream: FrameStream
    prediction: Future[Prediction] = field(default_factory=Future)


class Inference:
    """Pictures of several requests in, people out, in the order in which they came.

    A model that sees every frame for itself gets pictures of one size and camera together, whoever sent them; one
    that follows people gets them one by one, so that a request waits for one picture of another at most.

    Args:
        model: loaded; only this thread calls it, inside ``model_lock``.
        model_lock: held for each call.
        call_frames: most pictures of a call.
        wait_s: how long a call that is not full waits for more.
    """

    def __init__(
        self, model: PoseModel, model_lock: AbstractContextManager[object], *, call_frames: int, wait_s: float
    ) -> None:
        self._model, self._model_lock = model, model_lock
        self._most = call_frames if model.info.frames_alone else 1
        self._wait_s = wait_s
        self._waiting: deque[_Pending] = deque()
        self._changed = threading.Condition()
        threading.Thread(target=self._run, name="inference", daemon=True).start()

    @property
    def call_frames(self) -> int:
        """Most pictures that the model gets at once now; it takes fewer once its memory ran out."""
        return max(1, min(self._most, self._model.batch_size))

    def submit(self, frame: Frame, camera: Camera, stream: FrameStream) -> Future[Prediction]:
        """Let the model see a picture; cancelled before its turn, it is left out.

        The result raises ModelError where the model failed.
        """
        pending = _Pending(frame, camera, stream)
        with self._changed:
            self._waiting.append(pending)
            self._changed.notify()
        return pending.prediction

    def _run(self) -> None:
        while True:
            self._await_some()
            with self._model_lock:
                self._predict(self._take())

    def _await_some(self) -> None:
        """Wait for a picture, and a little longer for more to share its call."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._waiting))
            if self.call_frames > 1:
                self._changed.wait_for(lambda: len(self._waiting) >= self.call_frames, self._wait_s)

    def _take(self) -> list[_Pending]:
        """The pictures of the next call, now that the model is free; the first that waits is among them."""
        taken: list[_Pending] = []
        left: deque[_Pending] = deque()
        with self._changed:
            while self._waiting and len(taken) < self.call_frames:
                pending = self._waiting.popleft()
                if taken and pending.camera != taken[0].camera:
                    left.append(pending)
                elif pending.prediction.set_running_or_notify_cancel():
                    taken.append(pending)
            self._waiting = left + self._waiting
        return taken

    def _predict(self, batch: list[_Pending]) -> None:
        if not batch:
            return
        try:
            results = self._call(batch)
        except NeuroposeRayError as error:
            self._apart(batch, error)
            return
        except Exception as error:
            # Also what nobody foresaw: one picture must not end the thread that all others wait for.
            logger.exception("the pose model failed")
            self._apart(batch, ModelError(f"the pose model failed ({type(error).__name__})"))
            return
        for pending, prediction in zip(batch, results, strict=True):
            pending.prediction.set_result(prediction)

    def _apart(self, batch: list[_Pending], error: NeuroposeRayError) -> None:
        """A call failed: it is the fault of one picture mostly, and the others shall not pay for it."""
        if len(batch) == 1:
            batch[0].stream.reset()
            batch[0].prediction.set_exception(error)
            return
        for pending in batch:
            self._predict([pending])

    def _call(self, batch: list[_Pending]) -> list[Prediction]:
        session = batch[0].stream.session(batch[0].camera)
        begin_s = time.perf_counter()
        poses = session.predict([pending.frame for pending in batch])
        infer_s = time.perf_counter() - begin_s
        rows = (poses.frame == index for index in range(len(batch)))
        return [Prediction(poses.take(rows_of_request), infer_s, len(batch)) for rows_of_request in rows]
