"""Predictions of people whose heels rise and fall, one sine for each of them."""

import numpy as np

from neuropose_ray.schemas.frame_names import frame_name
from neuropose_ray.schemas.header import VideoMetadata
from neuropose_ray.schemas.predictions import FramePrediction, VideoPredictions
from neuropose_ray.schemas.skeletons import BERKELEY_MHAD_43

FRAMES = 120
BOX = (0.0, 0.0, 10.0, 10.0, 1.0)


def heel(period, phase=0.0):
    return 100 * np.sin(2 * np.pi * np.arange(FRAMES) / period + phase)


def predictions(people, skeleton=BERKELEY_MHAD_43, fps=30.0, order=None, tracks=None):
    """``people``: for each, the y of the right heel per frame; the left follows half a cycle later."""
    right, left = skeleton.index("right_heel"), skeleton.index("left_heel")
    frames = {}
    for frame in range(FRAMES):
        present = list((order or {}).get(frame, range(len(people))))
        poses = np.zeros((len(present), len(skeleton), 3))
        for place, person in enumerate(present):
            poses[place, right, 1], poses[place, left, 1] = people[person][frame], -people[person][frame]
        frames[frame_name(frame)] = FramePrediction(
            boxes=[BOX] * len(present), poses3d=poses.tolist(), poses2d=poses[..., :2].tolist(),
            track_ids=present if tracks else None,
        )  # fmt: skip
    metadata = VideoMetadata(frame_count=FRAMES, fps=fps, width=10, height=10)
    return VideoPredictions(metadata=metadata, skeleton=skeleton, frames=frames)
