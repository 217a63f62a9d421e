"""People standing before the camera as landmarks, to be bent by hand."""

import numpy as np

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

WHOLE_BODY = Skeleton(name="landmarks", joint_names=LANDMARKS)

#: Somebody who faces the camera, arms hanging, 3 m away: x right of the picture, so the person's left; y down; and
#: forward is towards the camera, -z.
_LEFT_HALF = {
    "hip": (90, 0, 0),
    "knee": (90, 420, 0),
    "ankle": (90, 860, 0),
    "heel": (90, 910, 50),
    "toe": (90, 910, -160),
    "shoulder": (180, -510, 0),
    "elbow": (180, -230, 0),
    "wrist": (180, 40, 0),
}
STANDING = {
    f"{side}_{part}": np.array([x if side == "left" else -x, y, z + 3000], float)
    for part, (x, y, z) in _LEFT_HALF.items()
    for side in ("left", "right")
}


def motion_of(*postures, times=None):
    """One frame for each ``{landmark: (x, y, z)}``, by default 30 a second."""
    positions = np.array([[posture[name] for name in LANDMARKS] for posture in postures], float)
    positions = positions.reshape(-1, len(LANDMARKS), 3)
    times = np.arange(len(postures)) / 30 if times is None else np.asarray(times, float)
    return Motion("figure", WHOLE_BODY, times, positions, np.ones(positions.shape[:2]))


def turned_about(centre, names, turn):
    """Standing, but the landmarks ``names`` turned about the landmark ``centre`` by a scipy rotation."""
    middle = STANDING[centre]
    return STANDING | {name: middle + turn.apply(STANDING[name] - middle) for name in names}
