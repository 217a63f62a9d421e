"""What an overlay writes into the pictures, as the analysis finds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.render.overlay.choices import AngleJoint
from neuropose_ray.render.overlay.measurements import AngleCurve, Measure, Measurements, RepetitionCurve
from neuropose_ray.render.overlay.settings import OverlaySettings
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.skeleton import Skeleton

if TYPE_CHECKING:
    from neuropose_ray.analysis import Motion

# Who is seen in a smaller part of the frames passes by, and does not exercise.
_LEAST_SEEN = 0.25

#: The angle at a joint, the landmarks between whose middles it is 0, and the landmark that moves.
#: "both" stands for right and left.
_DRAWN: Mapping[AngleJoint, tuple[str, str, str, str]] = MappingProxyType(
    {
        AngleJoint.KNEE: ("knee_flexion", "hip", "knee", "ankle"),
        AngleJoint.HIP: ("hip_flexion", "both_shoulder", "both_hip", "knee"),
        AngleJoint.ELBOW: ("elbow_flexion", "shoulder", "elbow", "wrist"),
        AngleJoint.SHOULDER: ("shoulder_elevation", "both_shoulder", "both_hip", "elbow"),
    }
)
#: The name of the angle at a joint, without its side.
ANGLE_AT: Mapping[str, str] = MappingProxyType({joint.value: angle for joint, (angle, *_) in _DRAWN.items()})
_SIDES = (("right", "left"), ("left", "right"))


def measure_for(settings: OverlaySettings) -> Measure:
    """What measures the angles and repetitions that the settings ask for."""
    return partial(_measure, settings)


def _measure(settings: OverlaySettings, table: PoseTable, header: PredictionsHeader) -> Measurements:
    if not len(table.poses) or not (settings.angles or settings.repetitions):
        return Measurements()
    times_s = table.timestamps_s * header.metadata.seconds_of_a_second(settings.capture_fps)
    table = replace(table, timestamps_s=times_s)
    motions = list(_cleaned_motions(table, header.skeleton))
    angles = [curve for track, motion in motions for curve in _angles(track, motion, times_s, settings)]
    repetitions = [
        _repetitions(track, motion)
        for track, motion in motions
        if settings.repetitions and motion.coverage >= _LEAST_SEEN
    ]
    return Measurements(tuple(angles), tuple(curve for curve in repetitions if len(curve)))


def _cleaned_motions(table: PoseTable, skeleton: Skeleton) -> Iterator[tuple[int | None, Motion]]:
    """Every person's, cleaned as ``analyze`` does it, so that both say the same numbers."""
    from neuropose_ray.analysis import clean, motion_of_table

    tracks = [None] if table.track_ids is None else np.unique(table.track_ids).tolist()
    for track in tracks:
        motion = motion_of_table(table, skeleton, name="overlay", track=track)
        yield track, clean(motion).motion


def _angles(
    track: int | None, motion: Motion, times_s: NDArray[np.float64], settings: OverlaySettings
) -> Iterator[AngleCurve]:
    from neuropose_ray.analysis import clinical_angles

    angles, skeleton = clinical_angles(motion), motion.skeleton

    def places(landmark: str, side: str) -> tuple[int, ...]:
        both = landmark.startswith("both_")
        names = ("right", "left") if both else (side,)
        return tuple(skeleton.index(f"{name}_{landmark.removeprefix('both_')}") for name in names)

    for joint in settings.angles:
        angle, zero_from, zero_to, end = _DRAWN[joint]
        for side, opposite in _SIDES:
            if f"{side}_{angle}" not in angles.names:
                continue
            yield AngleCurve(
                track=track,
                joint=skeleton.index(f"{side}_{joint}"),
                other_side=skeleton.index(f"{opposite}_{joint}"),
                zero_from=places(zero_from, side),
                zero_to=places(zero_to, side),
                end=skeleton.index(f"{side}_{end}"),
                degrees=_at(times_s, motion.timestamps_s, angles.angle(f"{side}_{angle}")),
            )


def _at(
    times_s: NDArray[np.float64], known_s: NDArray[np.float64], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values at the frames' own times, of which cleaning may have made even ones; NaN beside what is NaN."""
    if np.array_equal(times_s, known_s):
        return values
    return np.interp(times_s, known_s, values)


def _repetitions(track: int | None, motion: Motion) -> RepetitionCurve:
    from neuropose_ray.analysis import repetitions

    result = repetitions(motion)
    return RepetitionCurve(
        track=track,
        movement=result.movement.replace("_", " "),
        start_s=np.array([record.start_s for record in result.records]),
        end_s=np.array([record.end_s for record in result.records]),
    )
