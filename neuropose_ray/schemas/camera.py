"""The pinhole camera that ties millimetres to pixels."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field


class Camera(BaseModel):
    """Intrinsics in pixels of the upright frame; camera axes are x right, y down, z forward.

    ``distortion`` is OpenCV's k1, k2, p1, p2, k3, ... (empty: none). ``source`` says how far to trust the
    focal length: measured by a calibration, given as a field of view, or assumed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(gt=0)
    height: int = Field(gt=0)
    focal_x: float = Field(gt=0)
    focal_y: float = Field(gt=0)
    centre_x: float
    centre_y: float
    distortion: tuple[float, ...] = ()
    source: Literal["calibration", "field_of_view", "assumed"] = "assumed"

    @classmethod
    def from_field_of_view(
        cls,
        width: int,
        height: int,
        degrees: float,
        source: Literal["field_of_view", "assumed"] = "field_of_view",
    ) -> Camera:
        """A camera whose field of view spans the larger side of the frame (MeTRAbs's convention)."""
        focal = max(width, height) / (2 * math.tan(math.radians(degrees) / 2))
        return cls(
            width=width, height=height, focal_x=focal, focal_y=focal,
            centre_x=width / 2, centre_y=height / 2, source=source,
        )  # fmt: skip

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The 3 x 3 intrinsic matrix."""
        return np.array([[self.focal_x, 0, self.centre_x], [0, self.focal_y, self.centre_y], [0, 0, 1]])

    @property
    def field_of_view_degrees(self) -> float:
        """The angle over the larger side of the frame."""
        side, focal = (self.width, self.focal_x) if self.width >= self.height else (self.height, self.focal_y)
        return math.degrees(2 * math.atan(side / (2 * focal)))

    def project(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Pixels ``(..., 2)`` of points ``(..., 3)`` in any length unit, without lens distortion.

        Points on or behind the camera plane give NaN.
        """
        z = np.where(points[..., 2] > 0, points[..., 2], np.nan)
        u = self.focal_x * points[..., 0] / z + self.centre_x
        v = self.focal_y * points[..., 1] / z + self.centre_y
        return np.stack([u, v], axis=-1).astype(np.float64)

    def viewing_directions(self, pixels: NDArray[np.float64]) -> NDArray[np.float64]:
        """Viewing directions ``X / Z, Y / Z`` ``(..., 2)`` of pixels ``(..., 2)``, lens distortion taken off."""
        if not self.distortion:
            return np.asarray((pixels - (self.centre_x, self.centre_y)) / (self.focal_x, self.focal_y))
        import cv2

        flat = np.ascontiguousarray(pixels.reshape(-1, 1, 2))
        return np.asarray(cv2.undistortPoints(flat, self.matrix, np.array(self.distortion))).reshape(pixels.shape)
