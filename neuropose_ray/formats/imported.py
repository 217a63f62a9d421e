"""Points and keypoints of other programs as predictions, so that they can be compared with ours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.formats.axes import camera_to_y_up, z_up_to_y_up
from neuropose_ray.formats.hips import hip_centres
from neuropose_ray.formats.markers import landmark_markers, pelvis_markers, split_subject
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import KNOWN_SKELETONS

# A laboratory is smaller; a person's markers that lie farther apart are in another unit than the file says.
_LARGEST_EXTENT_MM = 100_000.0

_Columns = dict[str, NDArray[np.float64]]


def poses_of_trajectories(
    trajectories: Trajectories, *, up: Literal["y", "z"], name: str
) -> tuple[PoseTable, PredictionsHeader]:
    """One person of 3D points, or one for each subject that the names begin with, on the clock of their file.

    Landmarks are recognised by the names of :mod:`~neuropose_ray.formats.markers`. Where a landmark lies between two
    markers a joint of its name is added, and so are hips where there are only markers on the pelvis.

    Args:
        trajectories: points in mm, right-handed axes.
        up: which of these axes points up; it becomes the camera axes' -y. A camera's place is not known: the axes
            are turned, not moved.
        name: of the file.

    Returns:
        A track, from 0, in every frame in which a point of it is known; 2D, boxes, and scores are NaN. A skeleton
        with the points' names, a known one where it has the same; notes that say which landmarks are missing.

    Raises:
        InputError: the points are in px.
    """
    if trajectories.units != "mm":
        raise InputError("points of a picture are not 3D", where=name, hint="give a file in m, cm or mm")
    lab = trajectories.positions if up == "y" else z_up_to_y_up(trajectories.positions)
    people, notes = _people(trajectories.names, lab)
    columns = list(people.values())
    skeleton = _known_skeleton(tuple(columns[0]))
    if skeleton is None or any(tuple(person) != skeleton.joint_names for person in columns):
        columns, landmarks, computed = _with_landmarks(columns)
        joints = tuple(dict.fromkeys(joint for person in columns for joint in person))
        skeleton = Skeleton(name=f"imported_{len(joints)}", joint_names=joints, landmarks=landmarks)
        notes += _landmark_notes(skeleton, computed)
    table = _table(trajectories.times_s, columns, skeleton)
    notes += _extent_notes(table)
    header = header_of_import(table, skeleton, trajectories.rate_hz, name, (*trajectories.notes, *notes))
    return table, header


def header_of_import(
    table: PoseTable, skeleton: Skeleton, fps: float, name: str, notes: Sequence[str] = ()
) -> PredictionsHeader:
    """The description of poses that came from another program's file of that name."""
    metadata = VideoMetadata(
        frame_count=table.frame_count, fps=fps, width=0, height=0, filename=name,
        notes=("Imported: no video of this program was looked at.", *notes),
    )  # fmt: skip
    return PredictionsHeader(metadata=metadata, skeleton=skeleton)


def _people(names: Sequence[str], positions: NDArray[np.float64]) -> tuple[dict[str, _Columns], list[str]]:
    """The points of each subject without its name, and what is to be said of the others."""
    groups: dict[str, _Columns] = defaultdict(dict)
    for column, full_name in enumerate(names):
        subject, marker = split_subject(full_name)
        groups[subject][marker] = positions[:, column]
    bodies = {subject: points for subject, points in groups.items() if landmark_markers(list(points))}
    if len(groups) == 1:
        return dict(groups), []
    if len(bodies) == 1 and "" in groups:
        # One subject among points that nobody was given: all are kept, under their own names.
        (subject,) = bodies
        others = {
            full_name: positions[:, column]
            for column, full_name in enumerate(names)
            if split_subject(full_name)[0] != subject and full_name not in bodies[subject]
        }
        return {subject: bodies[subject] | others}, []
    if not bodies:
        return {"": {full_name: positions[:, column] for column, full_name in enumerate(names)}}, []
    notes = []
    if len(bodies) > 1:
        listed = ", ".join(f"{subject or 'without a name'} is track {track}" for track, subject in enumerate(bodies))
        notes.append(f"The file has {len(bodies)} subjects: {listed}.")
    left_out = sum(len(points) for subject, points in groups.items() if subject not in bodies)
    if left_out:
        notes.append(f"{left_out} points belong to no subject with joints and are left out.")
    return bodies, notes


def _known_skeleton(names: tuple[str, ...]) -> Skeleton | None:
    return next((skeleton for skeleton in KNOWN_SKELETONS.values() if skeleton.joint_names == names), None)


def _with_landmarks(people: list[_Columns]) -> tuple[list[_Columns], dict[str, str], list[str]]:
    """The points with those that are computed, the joint of each landmark, and which of them were hips."""
    markers: Mapping[str, tuple[str, ...]] = landmark_markers(list(dict.fromkeys(name for p in people for name in p)))
    extended, landmarks, hips = [], {}, []
    for points in people:
        added = dict(points)
        for landmark, names in markers.items():
            joint = names[0] if len(names) == 1 else _free_name(landmark, points)
            if len(names) > 1 and all(name in points for name in names):
                added[joint] = (points[names[0]] + points[names[1]]) / 2
            landmarks[landmark] = joint
        pelvis = pelvis_markers(list(points))
        if pelvis is not None and not any(landmark.endswith("_hip") for landmark in markers):
            right, left, back = pelvis
            centres = hip_centres(points[right], points[left], np.mean([points[marker] for marker in back], axis=0))
            for landmark, centre in zip(("right_hip", "left_hip"), centres, strict=True):
                joint = _free_name(landmark, points)
                added[joint], landmarks[landmark] = centre, joint
            hips = ["right_hip", "left_hip"]
        extended.append(added)
    return extended, landmarks, hips


def _free_name(landmark: str, points: _Columns) -> str:
    return landmark if landmark not in points else f"{landmark}_centre"


def _landmark_notes(skeleton: Skeleton, computed: list[str]) -> list[str]:
    notes = []
    if computed:
        notes.append("The hips are computed from the markers on the pelvis (Harrington 2007), within about 15 mm.")
    missing = [landmark.replace("_", " ") for landmark in skeleton.missing_landmarks]
    if missing:
        notes.append(f"Not recognised among the points: {', '.join(missing)}; angles that need them are missing.")
    return notes


def _table(times_s: NDArray[np.float64], people: list[_Columns], skeleton: Skeleton) -> PoseTable:
    """A row for each person and frame in which a point is known, by frame, then by track."""
    unknown = np.full((len(times_s), 3), np.nan)
    stacked = np.stack(
        [np.stack([person.get(joint, unknown) for joint in skeleton.joint_names], 1) for person in people], 1
    )
    frame, track = np.nonzero(np.isfinite(stacked).all(-1).any(-1))
    rows, joints = len(frame), len(skeleton)
    poses = Poses(
        frame=frame,
        boxes=np.full((rows, 5), np.nan, np.float32),
        poses2d=np.full((rows, joints, 2), np.nan, np.float32),
        poses3d=camera_to_y_up(stacked[frame, track]).astype(np.float32),
        joint_scores=np.full((rows, joints), np.nan, np.float32),
    )
    return PoseTable(times_s, poses, track.astype(np.int32))


def _extent_notes(table: PoseTable) -> list[str]:
    if not len(table.poses):
        return ["No point is known in any frame."]
    points = table.poses.poses3d
    extent = float(np.nanmedian(np.nanmax(points, 1) - np.nanmin(points, 1), axis=0).max())
    if extent <= _LARGEST_EXTENT_MM:
        return []
    return [f"The points lie {extent / 1000:.0f} m apart: is the unit right that the file states?"]
