"""Phantom people who squat, walk, stand up from a seat or reach, each in a manner of their own."""

from dataclasses import replace

import numpy as np

from neuropose_ray.analysis.motion import Motion
from neuropose_ray.phantom.body import PHANTOM_SKELETON, Proportions, forward_kinematics
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, SitToStand, Squatting

#: World axes (y up) into camera axes (y down, z forward), without mirroring.
CAMERA_AXES = np.array([1.0, -1.0, -1.0])


def performed(name, motion, *, stature_mm=1741, seconds=3.0, start_s=0.0, noise_mm=0.0, seed=0, fps=25):
    """What a pose model would see of it, with independent noise on every coordinate."""
    times = np.arange(round(seconds * fps)) / fps
    proportions = Proportions(stature_mm=stature_mm)
    body = forward_kinematics(proportions, motion.perform(proportions, times + start_s).posture)
    noise = np.random.default_rng(seed).normal(0, noise_mm, body.joints_mm.shape)
    scores = np.ones(body.joints_mm.shape[:2])
    return Motion(name, PHANTOM_SKELETON, times, body.joints_mm * CAMERA_AXES + noise, scores)


def movements(tempo=1.0, depth=1.0):
    """One of each kind: ``tempo`` above 1 is slower, ``depth`` above 1 larger."""
    return {
        "squat": Squatting(period_s=2.5 * tempo, bottom_knee_deg=100 * depth),
        "walk": Walking(stride_s=1.1 * tempo, stride_length=0.7 * depth),
        "sit_to_stand": SitToStand(period_s=3.0 * tempo, seated_knee_deg=92 * depth),
        "reach": Reaching(period_s=1.5 * tempo, forward_deg=88 * depth),
    }


def cohort():
    """``(subject, label, motion)``: three people of different size, tempo and range, each kind of movement twice."""
    people = {"anna": (1600, 0.85, 0.9), "ben": (1750, 1.0, 1.0), "carl": (1900, 1.2, 1.1)}
    for number, (person, (stature, tempo, depth)) in enumerate(people.items()):
        for label, motion in movements(tempo, depth).items():
            for take in range(2):
                name = f"{person}_{label}_{take}"
                seed = 100 * number + take
                start = 0.15 * take
                seen = performed(name, motion, stature_mm=stature, start_s=start, noise_mm=10, seed=seed)
                yield person, label, seen


def unseen(motion, frames):
    """The same with nobody in these frames."""
    positions = motion.positions.copy()
    positions[frames] = np.nan
    return replace(motion, positions=positions)
