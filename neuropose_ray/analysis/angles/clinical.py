"""The clinical angles of a movement, for any skeleton whose landmarks are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.angles.definitions import ANGLE_DEFINITIONS
from neuropose_ray.analysis.angles.geometry import (
    Axes,
    angle_between_deg,
    angle_in_plane_deg,
    angle_out_of_plane_deg,
    axes_about,
    unit,
    unwrapped_deg,
)
from neuropose_ray.analysis.angles.settings import AngleSettings
from neuropose_ray.analysis.angles.table import AngleTable
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.schemas.immutable import ReadOnlyMapping
from neuropose_ray.schemas.skeleton import LANDMARKS

Array = NDArray[np.float64]


def clinical_angles(motion: Motion, settings: AngleSettings | None = None) -> AngleTable:
    """Every angle of :data:`.definitions.ANGLE_DEFINITIONS` that the skeleton's landmarks allow.

    Angles follow the positions as they are: clean the motion first where noise matters. A skeleton of markers on the
    skin, such as berkeley_mhad_43, gives every angle a constant offset of some degrees.

    Args:
        motion: one person's; a missing joint (NaN) makes its angles NaN in that frame.
        settings: None for the defaults.
    """
    body = _Body(
        {name: motion.joint(name) for name in LANDMARKS if motion.skeleton.has(name)},
        settings or AngleSettings(),
        len(motion),
    )
    lacking = {
        name: tuple(landmark for landmark in definition.landmarks if landmark not in body.places)
        for name, definition in ANGLE_DEFINITIONS.items()
    }
    names = tuple(name for name, landmarks in lacking.items() if not landmarks)
    columns = [_MEASURES[name](body) for name in names]
    return AngleTable(
        source=motion.name,
        timestamps_s=motion.timestamps_s,
        names=names,
        values_deg=np.stack(columns, axis=1) if columns else np.zeros((len(motion), 0)),
        left_out=ReadOnlyMapping({name: landmarks for name, landmarks in lacking.items() if landmarks}),
    )


@dataclass(frozen=True, slots=True)
class _Body:
    """Landmarks ``(frames, 3)`` by name, and the directions that follow from them."""

    places: Mapping[str, Array]
    settings: AngleSettings
    frames: int

    def line(self, start: str, end: str) -> Array:
        return self.places[end] - self.places[start]

    def across(self, part: str) -> Array:
        """From the left joint to the right one."""
        return self.line(f"left_{part}", f"right_{part}")

    def trunk(self) -> Array:
        hips, shoulders = (
            (self.places[f"left_{part}"] + self.places[f"right_{part}"]) / 2 for part in ("hip", "shoulder")
        )
        return unit(shoulders - hips)

    def vertical(self) -> Array:
        return np.broadcast_to(unit(np.array(self.settings.up)), (self.frames, 3))

    def trunk_axes(self, part: str) -> Axes:
        return axes_about(self.trunk(), self.across(part), self.settings.min_off_axis_deg)

    def level_axes(self) -> Axes:
        return axes_about(self.vertical(), self.across("hip"), self.settings.min_off_axis_deg)

    def in_plane(self, name: str, vectors: Array, zero: Array, quarter: Array) -> Array:
        lowest = ANGLE_DEFINITIONS[name].range_deg[0]
        degrees = angle_in_plane_deg(
            vectors, zero, quarter, min_off_axis_deg=self.settings.min_off_axis_deg, lowest=lowest
        )
        return unwrapped_deg(degrees, lowest)


_Measure = Callable[[_Body], Array]


def _bend(proximal: str, middle: str, distal: str) -> _Measure:
    """A hinge: between two segments that follow each other."""
    return lambda body: angle_between_deg(body.line(proximal, middle), body.line(middle, distal))


def _flexion(name: str, side: str, joint: str, end: str) -> _Measure:
    def measure(body: _Body) -> Array:
        axes = body.trunk_axes(joint)
        return body.in_plane(name, body.line(f"{side}_{joint}", f"{side}_{end}"), -axes.up, axes.forward)

    return measure


def _hip_abduction(side: str) -> _Measure:
    outwards = 1 if side == "right" else -1
    return lambda body: angle_out_of_plane_deg(
        body.line(f"{side}_hip", f"{side}_knee"), outwards * body.trunk_axes("hip").right
    )


def _ankle_dorsiflexion(side: str) -> _Measure:
    return lambda body: angle_out_of_plane_deg(
        body.line(f"{side}_heel", f"{side}_toe"), unit(body.line(f"{side}_ankle", f"{side}_knee"))
    )


def _shoulder_elevation(side: str) -> _Measure:
    return lambda body: angle_between_deg(body.line(f"{side}_shoulder", f"{side}_elbow"), -body.trunk())


def _segment(name: str, start: str, end: str) -> _Measure:
    def measure(body: _Body) -> Array:
        axes = body.level_axes()
        return body.in_plane(name, body.line(start, end), -axes.up, axes.forward)

    return measure


def _trunk_forward_lean(body: _Body) -> Array:
    axes = body.level_axes()
    return body.in_plane("trunk_forward_lean", body.trunk(), axes.up, axes.forward)


def _trunk_rotation(body: _Body) -> Array:
    axes = body.trunk_axes("hip")
    return body.in_plane("trunk_rotation", body.across("shoulder"), axes.right, axes.forward)


def _measures_of_side(side: str) -> Iterator[tuple[str, _Measure]]:
    def joint(part: str) -> str:
        return f"{side}_{part}"

    yield joint("hip_flexion"), _flexion(joint("hip_flexion"), side, "hip", "knee")
    yield joint("hip_abduction"), _hip_abduction(side)
    yield joint("knee_flexion"), _bend(joint("hip"), joint("knee"), joint("ankle"))
    yield joint("ankle_dorsiflexion"), _ankle_dorsiflexion(side)
    yield joint("shoulder_flexion"), _flexion(joint("shoulder_flexion"), side, "shoulder", "elbow")
    yield joint("shoulder_elevation"), _shoulder_elevation(side)
    yield joint("elbow_flexion"), _bend(joint("shoulder"), joint("elbow"), joint("wrist"))
    yield (
        joint("foot_angle"),
        lambda body: angle_out_of_plane_deg(body.line(joint("heel"), joint("toe")), body.vertical()),
    )
    for name, start, end in (
        ("thigh_angle", "hip", "knee"), ("shank_angle", "knee", "ankle"),
        ("upper_arm_angle", "shoulder", "elbow"), ("forearm_angle", "elbow", "wrist"),
    ):  # fmt: skip
        yield joint(name), _segment(joint(name), joint(start), joint(end))


_MEASURES: Mapping[str, _Measure] = ReadOnlyMapping(
    {
        **dict(_measures_of_side("right")),
        **dict(_measures_of_side("left")),
        "trunk_forward_lean": _trunk_forward_lean,
        "trunk_lateral_lean": lambda body: angle_out_of_plane_deg(body.trunk(), body.level_axes().right),
        "trunk_inclination": lambda body: angle_between_deg(body.trunk(), body.vertical()),
        "trunk_rotation": _trunk_rotation,
        "pelvis_obliquity": lambda body: angle_out_of_plane_deg(body.across("hip"), body.vertical()),
    }
)
