"""When a stream takes its next frame: as late as the pose model allows, so that it is fresh when its turn comes."""

from __future__ import annotations

#: Of the model's own time, for which a frame should be there before the model is: enough for what varies.
_MARGIN = 0.2
#: How much of what a frame waited too long the next is taken later, and how fast that is taken back.
_LATER, _SOONER = 0.2, 1.0


class Pace:
    """How long to wait before a frame is taken while another one is at the pose model.

    A frame that is taken as soon as there is room for one waits at the model until that is done with the one before,
    while newer frames come and are left out. So it is taken later, by what the frames before have waited there, but
    for a margin: the model must not wait either. What others let a frame wait for is not made up for: the delay is
    never longer than the model's own time.
    """

    def __init__(self) -> None:
        self.delay_s = 0.0

    def waited(self, queue_s: float, infer_s: float) -> None:
        """Take note of a frame.

        Args:
            queue_s: seconds for which it waited at the model.
            infer_s: seconds of the model's own.
        """
        excess_s = queue_s - _MARGIN * infer_s
        self.delay_s += (_LATER if excess_s > 0 else _SOONER) * excess_s
        self.delay_s = min(max(self.delay_s, 0.0), infer_s)
