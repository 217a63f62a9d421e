"""One frame at the pose model, and what is said of it afterwards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from neuropose_ray.errors import NeuroposeRayError
from neuropose_ray.service.live.bodies import FrameFacts
from neuropose_ray.service.live.stream_parts import PoseModelClient, StreamIdentity
from neuropose_ray.service.live.view import View, in_frame
from neuropose_ray.service.pose import LiveFrameRequest, LiveModel, LivePrediction
from neuropose_ray.video.live import LiveFrame

logger = logging.getLogger(__name__)

#: After a look that failed: the model may be being replaced.
_PAUSE_S = 0.3


class Looks:
    """Has the pose model look at frames of one stream.

    Args:
        identity: of the stream.
        poses: the pose model.
        budget_s: older frames are left out; None: every frame is looked at, however long that takes.
        clock: Unix seconds.
    """

    def __init__(
        self, identity: StreamIdentity, poses: PoseModelClient, budget_s: float | None, clock: Callable[[], float]
    ) -> None:
        self._identity, self._poses, self._budget_s, self._clock = identity, poses, budget_s, clock

    async def look(self, view: View, frame: LiveFrame) -> LivePrediction | None:
        """The people in a frame, in its pixels; None where it was left out."""
        cut = view.cutout(frame.image)
        if cut is None:
            return None
        # With the life: a new one counts its frames from the first again, and those of the one before are later ones.
        stream = f"{self._identity.key}|{self._identity.life}|{view.key}"
        while True:
            left_s = None if self._budget_s is None else self._budget_s - (self._clock() - frame.captured_at)
            if left_s is not None and left_s <= 0:
                return None
            request = LiveFrameRequest(cut.image, stream, frame.epoch, frame.number, cut.camera, left_s)
            try:
                prediction = await self._poses.look(request)
            except NeuroposeRayError as error:
                logger.info("%s: a frame was not looked at: %s", self._identity.url, error)
                await asyncio.sleep(_PAUSE_S)
                if self._budget_s is not None:
                    return None
                continue
            if prediction is None:
                return None
            return LivePrediction(in_frame(prediction.poses, cut), prediction.queue_s, prediction.infer_s)


def facts_of(
    key: str,
    frame: LiveFrame,
    prediction: LivePrediction,
    model: LiveModel,
    *,
    track_ms: float,
    total_ms: float,
    dropped: int,
) -> FrameFacts:
    """What a pose message says of its frame.

    Args:
        key: of the stream's source.
        frame: that was looked at.
        prediction: of the model.
        model: that looked.
        track_ms: that following people took.
        total_ms: since the frame's arrival.
        dropped: frames of the source that were not looked at, so far.
    """
    height, width = frame.image.shape[:2]
    timing = {
        "decode": frame.decode_ms,
        "queue": 1000 * prediction.queue_s,
        "infer": 1000 * prediction.infer_s,
        "track": track_ms,
        "total": total_ms,
    }
    return FrameFacts(
        stream_id=key,
        epoch=frame.epoch,
        number=frame.number,
        pts_s=frame.pts_s,
        captured_at=round(frame.captured_at, 4),
        width=width,
        height=height,
        skeleton=model.info.skeleton.name,
        model={"id": model.info.name, "sha256": model.info.sha256},
        timing_ms={name: round(value, 2) for name, value in timing.items()},
        dropped=dropped,
    )
