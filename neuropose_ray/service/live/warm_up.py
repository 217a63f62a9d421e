"""What first calls cost, paid before a frame waits for it: libraries of a second or two are loaded."""

from __future__ import annotations

import numpy as np

from neuropose_ray.schemas.poses import Poses
from neuropose_ray.service.live.angles import angles_of
from neuropose_ray.service.live.attachments import ViewKey
from neuropose_ray.service.live.view import View
from neuropose_ray.service.pose import LiveModel
from neuropose_ray.tracking import TrackingSettings


def warm_up(model: LiveModel, settings: TrackingSettings) -> None:
    """Follow a person through two frames, and measure the angles.

    Args:
        model: that finds the people.
        settings: of tracking.
    """
    joints = len(model.info.skeleton)
    person = Poses(
        np.zeros(1, np.int64), np.ones((1, 5), np.float32), np.ones((1, joints, 2), np.float32),
        np.ones((1, joints, 3), np.float32), np.ones((1, joints), np.float32),
    )  # fmt: skip
    view = View(ViewKey(), model, settings)
    for second in range(2):
        angles_of(view.follow(1, float(second), person), model.info.skeleton)
