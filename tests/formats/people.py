"""Phantom people as predictions: exact positions under a known clock."""

from dataclasses import replace

import numpy as np
from schemas.pose_tables import header_of

from neuropose_ray.phantom.body import ADULT, PHANTOM_SKELETON
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.schemas.poses import Poses, PoseTable


def squatting(frames=20, rate_hz=30.0, missing=(), persons=1):
    """A table of one or two people who squat, and its header; nobody is seen in the ``missing`` frames."""
    people = (Person(proportions=ADULT, motion=Squatting()), Person(proportions=ADULT, motion=Squatting(period_s=2)))
    times = np.arange(frames) / rate_hz
    truth = Scene(people[:persons], PhantomCamera()).truth(times, 640, 480)
    seen = np.repeat(np.setdiff1d(np.arange(frames), missing), persons)
    tracks = np.tile(np.arange(persons, dtype=np.int32), len(seen) // persons)

    def rows(name):
        return np.stack([getattr(person, name) for person in truth.persons])[tracks, seen].astype(np.float32)

    places = rows("joints2d_px")
    low, high = np.nanmin(places, 1), np.nanmax(places, 1)
    scores = np.tile(np.linspace(0.5, 1, len(PHANTOM_SKELETON)), (len(seen), 1)).astype(np.float32)
    boxes = np.concatenate([low, high - low, np.full((len(seen), 1), 0.9)], 1).astype(np.float32)
    poses = Poses(seen, boxes, places, rows("joints3d_mm"), scores)
    table = PoseTable(times, poses, tracks)
    header = header_of(table, PHANTOM_SKELETON)
    return table, header.model_copy(update={"metadata": header.metadata.model_copy(update={"filename": "squat.mp4"})})


def seen_in(at, frames):
    """One person who is seen in a few of many frames."""
    table, header = squatting(frames=len(at))
    poses = replace(table.poses, frame=np.array(at))
    metadata = header.metadata.model_copy(update={"frame_count": frames})
    table = replace(table, timestamps_s=np.arange(frames) / 30, poses=poses)
    return table, header.model_copy(update={"metadata": metadata})


def nobody(frames=3):
    table = PoseTable(np.arange(frames) / 30, Poses.empty(len(PHANTOM_SKELETON)))
    return table, header_of(table, PHANTOM_SKELETON)
