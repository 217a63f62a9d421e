"""Short texts on a frame, before a plain ground so that they can be read on any picture."""

from __future__ import annotations

from dataclasses import dataclass

from neuropose_ray.render.colours import RGB, Colour, Ink, text_colour
from neuropose_ray.schemas.poses import Frame

# Height of text as a part of the frame's shorter side, and the smallest that survives compression, in pixels.
_TEXT_HEIGHT, _SMALLEST_TEXT = 0.022, 9
# OpenCV's letters have no degree sign: it is drawn as a ring of this radius for the height of the text.
_DEGREE, _RING_RADIUS = "°", 0.18


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text laid out for a frame; all lengths are whole pixels.

    Attributes:
        text: without a degree sign at its end.
        degrees: whether there is one.
        height: of capital letters.
        text_width: of ``text``.
    """

    text: str
    degrees: bool
    height: int
    text_width: int

    @classmethod
    def of(cls, text: str, image: Frame, *, scale: float = 1.0) -> Label:
        """Lay a text out; it may end with a degree sign. ``scale`` is for texts that matter more or less."""
        import cv2

        height = text_height(image, scale)
        written = text.removesuffix(_DEGREE)
        (width, _), _ = cv2.getTextSize(written, cv2.FONT_HERSHEY_SIMPLEX, _font_scale(height), _stroke(height))
        return cls(written, text.endswith(_DEGREE), height, width)

    @property
    def pad(self) -> int:
        """The ground around the text."""
        return self.height // 2

    @property
    def ring(self) -> int:
        """Radius of the degree sign."""
        return max(2, round(_RING_RADIUS * self.height))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the ground."""
        sign = 3 * self.ring if self.degrees else 0
        return self.text_width + sign + 2 * self.pad, _ground_height(self.height)

    def draw(self, image: Frame, foot: tuple[float, float], background: Colour, ink: Ink = RGB) -> None:
        """Write it in place, its lower edge centred on ``foot`` (x, y) as far as that keeps it on the frame."""
        import cv2

        frame_height, frame_width = image.shape[:2]
        width, height = self.size
        left = max(0, min(round(foot[0] - width / 2), frame_width - width))
        bottom = _bottom(height, foot[1], frame_height)
        colour, stroke = ink(text_colour(background)), _stroke(self.height)
        cv2.rectangle(image, (left, bottom - height), (left + width, bottom), ink(background), -1)
        start = (left + self.pad, bottom - self.pad)
        cv2.putText(
            image, self.text, start, cv2.FONT_HERSHEY_SIMPLEX, _font_scale(self.height), colour, stroke, cv2.LINE_AA
        )
        if self.degrees:
            centre = (start[0] + self.text_width + 2 * self.ring, start[1] - self.height + self.ring)
            cv2.circle(image, centre, self.ring, colour, max(1, stroke // 2), cv2.LINE_AA)


def draw_label(
    image: Frame, text: str, foot: tuple[float, float], background: Colour, *, scale: float = 1.0, ink: Ink = RGB
) -> None:
    """Write a line of text in place; see :class:`Label`."""
    Label.of(text, image, scale=scale).draw(image, foot, background, ink)


def label_rows(image: Frame, foot_y: float) -> tuple[int, int]:
    """The first and the last row that a label with its foot there may cover on a frame."""
    height = _ground_height(text_height(image))
    bottom = _bottom(height, foot_y, image.shape[0])
    return bottom - height, bottom


def text_height(image: Frame, scale: float = 1.0) -> int:
    """Height of capital letters on this frame, in pixels."""
    shorter_side: int = min(image.shape[:2])
    return max(_SMALLEST_TEXT, round(scale * _TEXT_HEIGHT * shorter_side))


def _ground_height(height: int) -> int:
    return height + height // 2 * 2


def _bottom(ground_height: int, foot_y: float, frame_height: int) -> int:
    return max(ground_height, min(round(foot_y), frame_height - 1))


def _stroke(height: int) -> int:
    return max(1, round(height / 8))


def _font_scale(height: int) -> float:
    import cv2

    scale: float = cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_SIMPLEX, height, _stroke(height))
    return scale
