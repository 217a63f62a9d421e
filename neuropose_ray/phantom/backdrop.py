"""The room behind the people: a wall that runs into the floor, lines on the floor, soft shadows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuropose_ray.phantom.body import SEGMENTS
from neuropose_ray.phantom.rotations import Array, rotation_y
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame

#: Red, green, blue of the wall high up, the wall at eye level, the floor far away and at the camera.
_SHADES = np.array([(176, 188, 198), (208, 215, 220), (196, 198, 198), (150, 148, 146)], np.float64)
#: The sine of the elevation at which each shade is reached.
_ELEVATIONS = np.array([0.5, 0.02, -0.06, -0.6])
_LINE = (168, 170, 172)
#: Lines a metre apart make the camera's travel and the feet's contact visible.
_TILE_MM, _TILES = 1000.0, 6
_NEAREST_MM = 300.0
#: Shadows are drawn this much smaller, which also softens them.
_SHADOW_SCALE = 8
_SHADOWS = (("pelvis", 330.0, 40), ("right_foot", 150.0, 90), ("left_foot", 150.0, 90))
_CIRCLE = rotation_y(np.arange(0, 360, 20))[:, :, 0]


class Backdrop:
    """Draws the empty room; it keeps the last one, because most cameras stand still."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._pose: Array | None = None
        self._room: Frame = np.zeros((camera.height, camera.width, 3), np.uint8)

    def draw(self, rotation: Array, position: Array, bodies: Sequence[Array]) -> Frame:
        """The room with the shadows of the people.

        Args:
            rotation: world to camera, ``(3, 3)``.
            position: of the camera, ``(3,)`` mm.
            bodies: each person's segment origins, ``(segments, 3)`` mm.
        """
        pose = np.concatenate([rotation.ravel(), position])
        if self._pose is None or not np.array_equal(pose, self._pose):
            self._pose, self._room = pose, self._empty_room(rotation, position)
        picture = self._room.copy()
        self._shade(picture, rotation, position, bodies)
        return picture

    def _empty_room(self, rotation: Array, position: Array) -> Frame:
        import cv2

        camera = self._camera
        rows = (np.arange(camera.height) + 0.5 - camera.centre_y) / camera.focal_y
        rays = np.stack([np.zeros_like(rows), rows, np.ones_like(rows)], axis=-1) @ rotation
        elevation = rays[:, 1] / np.linalg.norm(rays, axis=1)
        column = np.stack(
            [np.interp(-elevation, -_ELEVATIONS, _SHADES[:, channel]) for channel in range(3)], axis=-1
        )  # fmt: skip
        room = np.repeat(np.round(column).astype(np.uint8)[:, None], camera.width, axis=1)
        for start, end in _floor_lines():
            ends = (np.stack([start, end]) - position) @ rotation.T
            if ends[:, 2].max() < _NEAREST_MM:
                continue
            pixels = camera.project(_clipped(ends))
            if np.abs(pixels).max() < 1e5:
                first, second = (np.round(pixels * 16).astype(int)).tolist()
                cv2.line(room, first, second, _LINE, 1, cv2.LINE_AA, 4)
        return room

    def _shade(self, picture: Frame, rotation: Array, position: Array, bodies: Sequence[Array]) -> None:
        import cv2

        height, width = picture.shape[:2]
        mask = np.zeros((-(-height // _SHADOW_SCALE), -(-width // _SHADOW_SCALE)), np.uint8)
        low, high = np.array([width, height]), np.array([0, 0])
        for body in bodies:
            for segment, radius, darkness in _SHADOWS:
                middle = body[SEGMENTS.index(segment)] * [1, 0, 1]
                in_camera = (middle + radius * _CIRCLE - position) @ rotation.T
                if in_camera[:, 2].min() < _NEAREST_MM:
                    continue
                pixels = self._camera.project(in_camera)
                low = np.minimum(low, np.floor(pixels.min(axis=0)).astype(int) - 4 * _SHADOW_SCALE)
                high = np.maximum(high, np.ceil(pixels.max(axis=0)).astype(int) + 4 * _SHADOW_SCALE)
                corners = np.round(pixels / _SHADOW_SCALE * 16).astype(np.int32)
                cv2.fillConvexPoly(mask, corners, darkness, cv2.LINE_AA, 4)
        low, high = np.clip(low, 0, (width, height)), np.clip(high, 0, (width, height))
        if (high <= low).any():
            return
        soft = cv2.GaussianBlur(mask, (5, 5), 0)
        soft = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)[low[1] : high[1], low[0] : high[0]]
        region = picture[low[1] : high[1], low[0] : high[0]]
        light = cv2.cvtColor(255 - soft, cv2.COLOR_GRAY2RGB)
        region[:] = cv2.multiply(region, light, scale=1 / 255)


def _floor_lines() -> list[tuple[Array, Array]]:
    reach = _TILE_MM * _TILES
    lines = []
    for number in range(-_TILES, _TILES + 1):
        at = number * _TILE_MM
        lines.append((np.array([at, 0, -reach]), np.array([at, 0, reach])))
        lines.append((np.array([-reach, 0, at]), np.array([reach, 0, at])))
    return lines


def _clipped(ends: Array) -> Array:
    """A segment ``(2, 3)`` in camera axes without its part behind the camera."""
    clipped = ends.copy()
    for near, far in ((0, 1), (1, 0)):
        if ends[near, 2] < _NEAREST_MM:
            share = (_NEAREST_MM - ends[near, 2]) / (ends[far, 2] - ends[near, 2])
            clipped[near] = ends[near] + share * (ends[far] - ends[near])
    return clipped
