"""Drawing a scene without a display: shaded quadrilaterals, far ones first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.phantom.backdrop import Backdrop
from neuropose_ray.phantom.body import Body
from neuropose_ray.phantom.mesh import Mesh, body_mesh, stool_mesh
from neuropose_ray.phantom.rotations import Array, rotate
from neuropose_ray.phantom.scene import Scene
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame


class RenderSettings(BaseModel):
    """Settings of the picture: light, noise and sharpness."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    supersampling: int = Field(
        2, ge=1, le=4, description="people are drawn this much larger, then averaged: smooth edges"
    )
    ambient: float = Field(0.6, ge=0, le=1, description="brightness of a surface that is turned away from the light")
    to_light: tuple[float, float, float] = Field(
        (0.6, 0.9, -0.45), description="world axes: from above, the front left"
    )
    nearest_mm: float = Field(100, gt=0, description="surfaces closer to the camera's plane are not drawn")


@dataclass(frozen=True, slots=True)
class _Surface:
    """One person or thing to draw: a mesh and the positions of its vertices in each frame."""

    mesh: Mesh
    body: Body | None
    origin_mm: Array

    def vertices_mm(self, frame: int) -> Array:
        """World positions ``(vertices, 3)``."""
        if self.body is None:
            return np.asarray(self.mesh.vertices_mm + self.origin_mm)
        rotations = self.body.rotations[frame][self.mesh.segments]
        return np.asarray(rotate(rotations, self.mesh.vertices_mm) + self.body.origins_mm[frame][self.mesh.segments])


def render_frames(
    scene: Scene, timestamps_s: Array, width: int, height: int, settings: RenderSettings | None = None
) -> Iterator[Frame]:
    """Render the pictures of a scene, one after the other.

    Args:
        scene: who and what is seen.
        timestamps_s: ``(frames,)`` seconds ascending.
        width: of the picture in pixels.
        height: of the picture in pixels.
        settings: how it looks.

    Yields:
        ``(height, width, 3)`` RGB, one for each timestamp; the same input gives the same bytes.
    """
    settings = settings or RenderSettings()
    camera = scene.camera.intrinsics(width, height)
    rotations, positions = scene.camera.extrinsics(timestamps_s)
    surfaces, bodies = [], []
    for staged in scene.stage(timestamps_s):
        bodies.append(staged.body)
        surfaces.append(
            _Surface(body_mesh(staged.person.proportions, staged.person.appearance), staged.body, np.zeros(3))
        )
        if staged.seat_mm is not None:
            surfaces.append(_Surface(stool_mesh(float(staged.seat_mm[1])), None, staged.seat_mm))
    backdrop = Backdrop(camera)
    for frame in range(len(timestamps_s)):
        picture = backdrop.draw(rotations[frame], positions[frame], [body.origins_mm[frame] for body in bodies])
        patches = _patches(surfaces, frame, camera, rotations[frame], positions[frame], settings)
        _draw(picture, patches, settings.supersampling)
        yield picture


@dataclass(frozen=True, slots=True)
class _Patches:
    """Quadrilaterals in the picture, far ones first: ``(n, 4, 2)`` pixels and ``(n, 3)`` colours."""

    corners_px: Array
    colours: NDArray[np.uint8]


def _patches(
    surfaces: Sequence[_Surface],
    frame: int,
    camera: Camera,
    rotation: Array,
    position: Array,
    settings: RenderSettings,
) -> _Patches:
    """The patches that face the camera, lit and sorted by depth."""
    to_light = np.array(settings.to_light) / np.linalg.norm(settings.to_light)
    corners, colours, depths = [], [], []
    for surface in surfaces:
        world = surface.vertices_mm(frame)
        in_camera = (world - position) @ rotation.T
        quads = surface.mesh.quads
        pixels = camera.project(in_camera)[quads]
        across, along = pixels[:, 2] - pixels[:, 0], pixels[:, 3] - pixels[:, 1]
        # Counter-clockwise in space is clockwise in a picture with y down: negative area faces the camera.
        facing = across[:, 0] * along[:, 1] - across[:, 1] * along[:, 0] < 0
        visible = facing & (in_camera[quads, 2].min(axis=1) > settings.nearest_mm)
        quads = quads[visible]
        normal = _unit_normals(world[quads])
        light = settings.ambient + (1 - settings.ambient) * np.clip(0.25 + 0.75 * normal @ to_light, 0, 1)
        corners.append(pixels[visible])
        colours.append(surface.mesh.colours[visible] * light[:, None])
        depths.append(in_camera[quads, 2].mean(axis=1) - surface.mesh.covers_mm[visible])
    far_first = np.argsort(-np.concatenate(depths), kind="stable") if depths else np.zeros(0, int)
    return _Patches(
        np.concatenate(corners)[far_first] if corners else np.zeros((0, 4, 2)),
        np.clip(np.concatenate(colours)[far_first], 0, 255).astype(np.uint8)
        if colours
        else np.zeros((0, 3), np.uint8),
    )


def _unit_normals(quads: Array) -> Array:
    """Outward normals ``(n, 3)`` of quadrilaterals ``(n, 4, 3)``, from their diagonals."""
    a, b = quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1]
    (ax, ay, az), (bx, by, bz) = a.T, b.T  # numpy.cross takes several times as long
    normal = np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=-1)
    return np.asarray(normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9))


_SUBPIXEL_BITS = 4


def _draw(picture: Frame, patches: _Patches, supersampling: int) -> None:
    """Fill the patches into the picture, drawing only around them at the higher resolution."""
    import cv2

    height, width = picture.shape[:2]
    if len(patches.corners_px) == 0:
        return
    low = np.maximum(np.floor(patches.corners_px.min(axis=(0, 1))).astype(int) - 1, 0)
    high = np.minimum(np.ceil(patches.corners_px.max(axis=(0, 1))).astype(int) + 2, (width, height))
    if (high <= low).any():
        return
    region = picture[low[1] : high[1], low[0] : high[0]]
    canvas = cv2.resize(region, None, fx=supersampling, fy=supersampling, interpolation=cv2.INTER_NEAREST)
    # A pixel's middle has whole coordinates here and half ones in the camera's picture.
    corners = (patches.corners_px - low) * supersampling - 0.5
    points = np.round(corners * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    for corner, colour in zip(points, patches.colours.tolist(), strict=True):
        cv2.fillConvexPoly(canvas, corner, colour, cv2.LINE_8, _SUBPIXEL_BITS)
    region[:] = cv2.resize(canvas, (region.shape[1], region.shape[0]), interpolation=cv2.INTER_AREA)
