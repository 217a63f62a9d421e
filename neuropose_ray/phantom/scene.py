"""Scenes of people before a camera, and the exact truth of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from neuropose_ray.phantom.appearance import TEAL, Appearance
from neuropose_ray.phantom.body import ADULT, Body, Posture, Proportions, forward_kinematics
from neuropose_ray.phantom.motions import Event, Motion, Squatting
from neuropose_ray.phantom.rotations import Array, rotate, rotation_y, transpose
from neuropose_ray.schemas.camera import Camera


@dataclass(frozen=True, slots=True)
class Person:
    """Someone doing something somewhere.

    Attributes:
        place_mm: x and z of where the motion's origin is put on the floor.
        heading_deg: where the person faces: 0 along x, positive to the left.
    """

    motion: Motion
    proportions: Proportions = ADULT
    appearance: Appearance = TEAL
    place_mm: tuple[float, float] = (0.0, 0.0)
    heading_deg: float = 0.0


class PhantomCamera(BaseModel):
    """Position and direction of the camera; the picture is always level.

    It starts on a circle around its target and may move from there: what it sees then moves through the picture.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    view_deg: float = Field(
        0, description="0 faces somebody with heading 0, 90 sees the left side, 180 the back, 270 the right side"
    )
    distance_mm: float = Field(3800, gt=0, description="to the target, level; a whole adult fits with room around")
    height_mm: float = Field(1200, gt=0, description="above the floor: a tripod at chest height")
    target_mm: tuple[float, float, float] = Field(
        (0.0, 900.0, 0.0), description="world point in the picture's middle"
    )
    field_of_view_deg: float = Field(67, gt=0, lt=150, description="over the larger side: a phone's main camera")
    pan_deg_per_s: float = Field(0, description="turning on the spot, positive to the left")
    velocity_mm_per_s: tuple[float, float, float] = Field((0.0, 0.0, 0.0), description="travel in world axes")

    def intrinsics(self, width: int, height: int) -> Camera:
        """The camera of pictures of this size in pixels."""
        return Camera.from_field_of_view(width, height, self.field_of_view_deg)

    def extrinsics(self, timestamps_s: Array) -> tuple[Array, Array]:
        """World-to-camera rotations ``(frames, 3, 3)`` and camera positions in the world ``(frames, 3)``, mm."""
        target = np.array(self.target_mm)
        away = rotate(rotation_y(self.view_deg), [self.distance_mm, 0, 0])
        start = np.array([target[0] + away[0], self.height_mm, target[2] + away[2]])
        position = start + np.multiply.outer(timestamps_s, np.array(self.velocity_mm_per_s))
        forward = (target - start) / np.linalg.norm(target - start)
        right = np.cross(forward, [0, 1, 0]) / math.hypot(forward[0], forward[2])
        world_from_camera = np.stack([right, np.cross(forward, right), forward], axis=-1)
        panned = rotation_y(self.pan_deg_per_s * timestamps_s) @ world_from_camera
        return transpose(panned), position


@dataclass(frozen=True, slots=True)
class PersonTruth:
    """The truth of one person.

    Attributes:
        joints3d_mm: ``(frames, joints, 3)``, camera axes (x right, y down, z forward), the phantom skeleton's joints.
        joints2d_px: ``(frames, joints, 2)``, pixels, also of hidden joints and those outside the picture; NaN behind
            the camera.
        joints_world_mm: ``(frames, joints, 3)``, world axes (y up).
        angles_deg: each angle's name to ``(frames,)``.
        events: ascending in time.
    """

    joints3d_mm: Array
    joints2d_px: Array
    joints_world_mm: Array
    angles_deg: Mapping[str, Array]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """The truth of a scene at some times.

    Attributes:
        timestamps_s: ``(frames,)``.
        camera: intrinsics.
        camera_rotations: ``(frames, 3, 3)``, world axes to camera axes.
        camera_positions_mm: ``(frames, 3)``, in the world.
        persons: in the scene's order.
    """

    timestamps_s: Array
    camera: Camera
    camera_rotations: Array
    camera_positions_mm: Array
    persons: tuple[PersonTruth, ...]


@dataclass(frozen=True, slots=True)
class Staged:
    """A person's body in the world at some times, with the truth that does not depend on the camera."""

    person: Person
    body: Body
    angles_deg: Mapping[str, Array]
    events: tuple[Event, ...]
    seat_mm: Array | None


@dataclass(frozen=True, slots=True)
class Scene:
    """People and the camera that sees them."""

    persons: tuple[Person, ...]
    camera: PhantomCamera = field(default_factory=PhantomCamera)

    def stage(self, timestamps_s: Array) -> tuple[Staged, ...]:
        """Every person's body in the world at these times, ``(frames,)`` seconds ascending."""
        return tuple(_stage(person, timestamps_s) for person in self.persons)

    def truth(self, timestamps_s: Array, width: int, height: int) -> Truth:
        """The truth at these times, ``(frames,)`` seconds ascending, in pictures of this size."""
        camera = self.camera.intrinsics(width, height)
        rotations, positions = self.camera.extrinsics(timestamps_s)
        persons = []
        for staged in self.stage(timestamps_s):
            world = staged.body.joints_mm
            in_camera = rotate(rotations[:, None], world - positions[:, None])
            persons.append(PersonTruth(in_camera, camera.project(in_camera), world, staged.angles_deg, staged.events))
        return Truth(timestamps_s, camera, rotations, positions, tuple(persons))


def _stage(person: Person, timestamps_s: Array) -> Staged:
    performance = person.motion.perform(person.proportions, timestamps_s)
    turn = rotation_y(person.heading_deg)
    position_mm = np.array([person.place_mm[0], 0, person.place_mm[1]])
    angles = dict(performance.posture.angles_deg)
    angles["pelvis_heading"] = angles["pelvis_heading"] + person.heading_deg
    posture = Posture(rotate(turn, performance.posture.pelvis_mm) + position_mm, angles)
    seat = None if performance.seat_mm is None else rotate(turn, performance.seat_mm) + position_mm
    body = forward_kinematics(person.proportions, posture)
    return Staged(person, body, angles, performance.events, seat)


def demo_scene() -> Scene:
    """An adult squatting, seen obliquely from the front: what a phone on a tripod would see of an exercise."""
    return Scene((Person(Squatting()),), PhantomCamera(view_deg=40, distance_mm=3100))
