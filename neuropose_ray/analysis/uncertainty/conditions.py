"""What is known of how a person was recorded, on which the errors of measures depend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.schemas.fitting import TrackFit
from neuropose_ray.schemas.header import PredictionsHeader

#: Where the camera stands: before or behind the person, to the side, or between.
View = Literal["front", "oblique", "side"]
#: Degrees from the front or the back up to which a view is from there, and from which it is from the side. Errors
#: were counted by these, and readers are warned by them: nearer than the first to the front, a tenth more or less
#: depth decides how far a knee or hip is bent, and beyond the last one leg and arm hide the others.
_FRONT_DEG, _SIDE_DEG = 22.5, 67.5
_PAIRS = ("hip", "shoulder")


@dataclass(frozen=True, slots=True)
class Conditions:
    """How a person was recorded.

    Attributes:
        from_video: the joints are a pose model's, seen by one camera; else they were measured, by markers or by
            several cameras.
        view_deg: from where the camera sees the trunk, 0 from the front or the back, 90 from the side; NaN where that
            is not known.
        near: the side of the body that is turned to the camera; None from the front or the back, and where it is not
            known.
        doubtful_s: times of the frames in which the fit contradicts the picture or the depth that was expected.
    """

    from_video: bool
    view_deg: float
    near: Literal["right", "left"] | None = None
    doubtful_s: tuple[float, ...] = ()

    @property
    def view(self) -> View:
        """The class of the view; oblique where it is not known."""
        return class_of_view(self.view_deg)

    def view_of(self, measured_side: str | None) -> str:
        """The class of the view of one side of the body: from the side, the far limbs are partly hidden.

        Args:
            measured_side: "right" or "left"; anything else is of both or of none.
        """
        if self.near is None or self.view == "front" or measured_side not in ("right", "left"):
            return self.view
        return f"{self.view} {'near' if measured_side == self.near else 'far'}"


def class_of_view(degrees: float) -> View:
    """The class of a view by its angle, 0 from the front or the back, 90 from the side; oblique where it is NaN."""
    if degrees < _FRONT_DEG:
        return "front"
    return "side" if degrees > _SIDE_DEG else "oblique"


#: What joints are when nothing is known of a camera: as good as measured.
MEASURED = Conditions(from_video=False, view_deg=float("nan"))


def conditions_of(motion: Motion, header: PredictionsHeader, fit: TrackFit | None) -> Conditions:
    """How a person of a file of predictions was recorded.

    Files of other programs have neither a camera nor a pose model that made them; their joints were measured.

    Args:
        motion: the person, at the frames of the video.
        header: of the file.
        fit: of the person's track; None where nothing was fitted.
    """
    from_video = header.camera is not None or header.provenance is not None
    doubtful = () if fit is None else fit.doubtful_frames
    times = tuple(float(motion.timestamps_s[frame]) for frame in doubtful if frame < len(motion))
    return Conditions(from_video, view_deg(motion), near_side(motion), times)


def near_side(motion: Motion) -> Literal["right", "left"] | None:
    """Which hip is mostly nearer to the camera; None where hips are not known."""
    if not motion.skeleton.has("left_hip", "right_hip"):
        return None
    nearer = motion.joint("left_hip")[:, 2] - motion.joint("right_hip")[:, 2]
    known = nearer[np.isfinite(nearer)]
    if not len(known):
        return None
    return "right" if float(np.median(known)) > 0 else "left"


def doubtful_frames(motion: Motion, conditions: Conditions) -> NDArray[np.bool_]:
    """``(frames,)`` of a cleaned motion, at times of its own perhaps, that are the nearest to a doubtful one."""
    doubtful = np.zeros(len(motion), bool)
    if len(motion):
        between = (motion.timestamps_s[1:] + motion.timestamps_s[:-1]) / 2
        doubtful[np.searchsorted(between, conditions.doubtful_s)] = True
    return doubtful


def view_deg(motion: Motion) -> float:
    """From where the camera sees the trunk: 0 from the front or the back, 90 from the side.

    The median over the frames of the angle between the line of the hips (and of the shoulders), seen from above, and
    the picture's plane square to the line of sight. NaN where neither is known.
    """
    angles = []
    for part in _PAIRS:
        if motion.skeleton.has(f"left_{part}", f"right_{part}"):
            right, left = motion.joint(f"right_{part}")[:, ::2], motion.joint(f"left_{part}")[:, ::2]
            across, sight = right - left, (right + left) / 2
            lengths = np.linalg.norm(across, axis=1) * np.linalg.norm(sight, axis=1)
            with np.errstate(invalid="ignore", divide="ignore"):
                angles.append(np.degrees(np.arcsin(np.clip(np.abs((across * sight).sum(1)) / lengths, 0, 1))))
    known = np.concatenate([series[np.isfinite(series)] for series in angles]) if angles else np.zeros(0)
    return float(np.median(known)) if len(known) else float("nan")
