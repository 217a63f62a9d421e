"""What can be chosen of an overlay by name; the command line knows it without loading the settings."""

from __future__ import annotations

from enum import StrEnum


class AngleJoint(StrEnum):
    """A joint at which an angle can be written, of both sides."""

    KNEE = "knee"
    HIP = "hip"
    ELBOW = "elbow"
    SHOULDER = "shoulder"


class View(StrEnum):
    """Where the person is seen from, by the person's own sides."""

    FRONT = "front"
    BACK = "back"
    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    TURNING = "turning"
