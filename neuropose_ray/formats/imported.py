"""Points and keypoints of other programs as predictions, so that they can be compared with ours."""

from __future__ import annotations

from typing import Literal

import numpy as np

from neuropose_ray.errors import InputError
from neuropose_ray.formats.axes import camera_to_y_up, z_up_to_y_up
from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton
from neuropose_ray.schemas.skeletons import KNOWN_SKELETONS

#: Names that laboratories and programs give a landmark's part, as letters and digits alone.
_PART_ALIASES = {"toe": ("toe", "bigtoe", "footindex"), "heel": ("heel", "calc", "calcaneus")}


def poses_of_trajectories(
    trajectories: Trajectories, *, up: Literal["y", "z"], name: str
) -> tuple[PoseTable, PredictionsHeader]:
    """One person of 3D points, on the clock of their file.

    Args:
        trajectories: points in mm, right-handed axes.
        up: which of these axes points up; it becomes the camera axes' -y. A camera's place is not known: the axes
            are turned, not moved.
        name: of the file.

    Returns:
        Track 0 in every frame in which a point is known; 2D, boxes, and scores are NaN. A skeleton with the points'
        names: a known one where it has the same names, else one whose landmarks are guessed by name, as in "RKnee",
        "r_knee" or "left knee".

    Raises:
        InputError: the points are in px.
    """
    if trajectories.units != "mm":
        raise InputError("points of a picture are not 3D", where=name, hint="give a file in m, cm or mm")
    lab = trajectories.positions if up == "y" else z_up_to_y_up(trajectories.positions)
    seen = np.isfinite(lab).all(-1).any(-1)
    rows, joints = int(seen.sum()), len(trajectories.names)
    poses = Poses(
        frame=np.flatnonzero(seen),
        boxes=np.full((rows, 5), np.nan, np.float32),
        poses2d=np.full((rows, joints, 2), np.nan, np.float32),
        poses3d=camera_to_y_up(lab[seen]).astype(np.float32),
        joint_scores=np.full((rows, joints), np.nan, np.float32),
    )
    table = PoseTable(trajectories.times_s, poses, np.zeros(rows, np.int32))
    return table, header_of_import(table, skeleton_of_points(trajectories.names), trajectories.rate_hz, name)


def header_of_import(table: PoseTable, skeleton: Skeleton, fps: float, name: str) -> PredictionsHeader:
    """What can be said of poses that came from another program's file of that name."""
    metadata = VideoMetadata(
        frame_count=table.frame_count, fps=fps, width=0, height=0, filename=name,
        notes=("Imported: no video of this program was looked at.",),
    )  # fmt: skip
    return PredictionsHeader(metadata=metadata, skeleton=skeleton)


def skeleton_of_points(names: tuple[str, ...]) -> Skeleton:
    """The known skeleton with these joints in this order, else one with landmarks guessed by name and no edges."""
    known = next((each for each in KNOWN_SKELETONS.values() if each.joint_names == names), None)
    if known is not None:
        return known
    plain = {"".join(filter(str.isalnum, name.lower())): name for name in reversed(names)}
    landmarks = {}
    for landmark in LANDMARKS:
        side, part = landmark.split("_")
        parts = _PART_ALIASES.get(part, (part,))
        spellings = (f"{word}{alias}" for alias in parts for word in (side, side[0]))
        joint = next((plain[spelling] for spelling in spellings if spelling in plain), None)
        if joint is not None:
            landmarks[landmark] = joint
    return Skeleton(name=f"imported_{len(names)}", joint_names=names, landmarks=landmarks)
