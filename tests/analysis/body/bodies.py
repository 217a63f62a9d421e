"""Bodies whose masses and movements are known: phantoms as rigid segments, a jump, a body in free fall."""

from dataclasses import dataclass, replace

import numpy as np

from neuropose_ray.analysis.body.inertia import BodyInertia, body_inertia
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.phantom.body import ADULT, PHANTOM_SKELETON, SEGMENTS, SIDES, forward_kinematics
from neuropose_ray.phantom.gait import _quintic
from neuropose_ray.phantom.planted import flat_foot, hip_over_ankle_mm, planted_posture, standing_ankle_mm
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

G = 9.80665
UP = (0.0, 1.0, 0.0)
LANDMARK_SKELETON = Skeleton(name="landmarks", joint_names=LANDMARKS, landmarks={name: name for name in LANDMARKS})
_STEP_S = 1e-4


@dataclass(frozen=True)
class Truth:
    centre_m: np.ndarray
    translational: np.ndarray
    rotational: np.ndarray

    @property
    def kinetic(self):
        return self.translational + self.rotational


def motion_of(joints_mm, times, skeleton=PHANTOM_SKELETON, name="phantom"):
    return Motion(name, skeleton, times, joints_mm, np.ones(joints_mm.shape[:2]), is_measured=True)


def performed(movement, proportions=ADULT, seconds=4.0, fps=30.0):
    """A phantom's true joints; the world's y is up."""
    times = np.arange(0, seconds, 1 / fps)
    return motion_of(forward_kinematics(proportions, movement.perform(proportions, times).posture).joints_mm, times)


def truth(movement, proportions, times, masses="mean"):
    """Every segment as a rigid body that turns about all three of its axes: more than two ends of it show."""
    body = body_inertia(masses)
    before, here, after = (_rigid(movement, proportions, times + step, body) for step in (-_STEP_S, 0.0, _STEP_S))
    centre = sum(inertia.mass * place for inertia, place, _, _ in here)
    moving = turning = 0.0
    for (inertia, _, rotation, length), (_, place0, rotation0, _), (_, place1, rotation1, _) in zip(
        here, before, after, strict=True
    ):
        velocity = (place1 - place0) / (2 * _STEP_S)
        spin = np.einsum("fij,fkj->fik", (rotation1 - rotation0) / (2 * _STEP_S), rotation)
        about_world = np.stack([spin[:, 2, 1], spin[:, 0, 2], spin[:, 1, 0]], axis=1)
        about_own = np.einsum("fij,fi->fj", rotation, about_world)
        moving = moving + inertia.mass * (velocity**2).sum(1) / 2
        turning = turning + inertia.mass * ((length * about_own) ** 2).sum(1) / 2
    return Truth(centre, moving, turning)


def _rigid(movement, proportions, times, body: BodyInertia):
    """Each segment's inertia, centre, axes, and radii of gyration about them in m."""
    kinematics = forward_kinematics(proportions, movement.perform(proportions, times).posture)
    joint = {name: kinematics.joints_mm[:, n] / 1000 for n, name in enumerate(PHANTOM_SKELETON.joint_names)}
    axes = {name: kinematics.rotations[:, n] for n, name in enumerate(SEGMENTS)}
    stature = proportions.stature_mm / 1000

    def segment(part, turns_with, start, end, length, long_axis=1):
        inertia = body.parts[part]
        radii = [inertia.sagittal, inertia.longitudinal, inertia.transverse]  # x forward, y along, z to the side
        if long_axis == 0:
            radii = [inertia.longitudinal, inertia.sagittal, inertia.transverse]
        return inertia, start + inertia.centre * (end - start), axes[turns_with], length * np.array(radii)

    shoulders, hips = ((joint[f"left_{part}"] + joint[f"right_{part}"]) / 2 for part in ("shoulder", "hip"))
    trunk = proportions.trunk * stature
    ears = (joint["left_ear"] + joint["right_ear"]) / 2
    found = []
    for turns_with in ("pelvis", "thorax"):  # a half of the trunk each
        inertia, *rest = segment("trunk", turns_with, shoulders, hips, trunk)
        found.append((replace(inertia, mass=inertia.mass / 2), *rest))
    found.append(segment("head", "head", ears, ears, body.head * trunk))
    for side in SIDES:
        shoulder, elbow, wrist, hip, knee, ankle, heel, toe = (
            joint[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "toe")
        )
        forearm, fist = proportions.forearm * stature, wrist + body.hand * (wrist - elbow)
        foot = (proportions.heel_back + proportions.toe_front) * stature
        found += [
            segment("upper_arm", f"{side}_upper_arm", shoulder, elbow, proportions.upper_arm * stature),
            segment("forearm", f"{side}_forearm", elbow, wrist, forearm),
            segment("hand", f"{side}_forearm", wrist, fist, body.hand * forearm),
            segment("thigh", f"{side}_thigh", hip, knee, proportions.thigh * stature),
            segment("shank", f"{side}_shank", knee, ankle, proportions.shank * stature),
            segment("foot", f"{side}_foot", heel, toe, foot, long_axis=0),
        ]
    return found


def jumping(height_m, fps=60.0, proportions=ADULT, at_s=1.5, seconds=4.0):
    """A jump from both feet, which bends the legs, stretches them, flies, and lands as it took off.

    Returns:
        The motion, the true take-off and the true landing in s.
    """
    times = np.arange(0, seconds, 1 / fps)
    stature, gravity = proportions.stature_mm, 1000 * G
    speed = np.sqrt(2 * gravity * 1000 * height_m)
    flight_s, highest = 2 * speed / gravity, proportions.ankle_height * stature
    highest += hip_over_ankle_mm(proportions, np.array(12.0))
    lowest = highest - 0.28 * stature
    push_s, sink_s = 2.2 * (highest - lowest) / speed, 0.7
    flown = np.clip(times - at_s, 0, flight_s)
    apart = np.abs(times - at_s - flight_s / 2) - flight_s / 2  # before take-off, and likewise after landing
    leaving, landing = np.array([highest, speed, -gravity]), np.array([lowest, 0.0, 0.0])
    pushed = _quintic(-apart, -push_s, 0.0, landing, leaving)
    sunk = _quintic(-apart, -push_s - sink_s, -push_s, np.array([highest, 0.0, 0.0]), landing)
    lift = speed * flown - gravity * flown**2 / 2
    height = np.select([apart <= 0, apart < push_s, apart < push_s + sink_s], [highest + lift, pushed, sunk], highest)
    depth = np.clip((highest + lift - height) / (0.28 * stature), 0, 1.2)
    upper_body = {"pelvis_tilt": 2 + 35 * depth}
    upper_body |= {f"{side}_shoulder_abduction": np.full_like(times, 10.0) for side in SIDES}
    ankles = {side: standing_ankle_mm(proportions, side, 0.2 * stature) + lift[:, None] * [0, 1, 0] for side in SIDES}
    feet = {side: np.broadcast_to(flat_foot(side, 10.0), (len(times), 3, 3)) for side in SIDES}
    pelvis = np.stack([0 * height, height, 0 * height], axis=1)
    posture = planted_posture(proportions, pelvis, upper_body, ankles, feet)
    return motion_of(forward_kinematics(proportions, posture).joints_mm, times), at_s, at_s + flight_s


def thrown(seed, fps=60.0, seconds=0.8):
    """A rigid body that was thrown, and turns about an axis as it flies: its energy does not change."""
    random = np.random.default_rng(seed)
    times = np.arange(0, seconds, 1 / fps)
    rest = performed(_Standing(), seconds=0.05).positions[0]
    rest = rest - 1000 * centre_of(rest)
    velocity, start = 1000 * random.uniform(-3, 3, 3), 1000 * random.uniform(-2, 2, 3)
    fall = -500 * G * times[:, None] ** 2 * np.array(UP)
    path = start + times[:, None] * velocity + fall
    return motion_of(path[:, None] + rest, times)


class _Standing:
    def perform(self, proportions, times):
        from neuropose_ray.phantom.motions import Squatting

        return Squatting().perform(proportions, 0 * times)


def centre_of(joints_mm):
    """``(3,)`` in m of one pose."""
    from neuropose_ray.analysis.body.segments import body_segments

    motion = motion_of(joints_mm[None], np.zeros(1))
    return sum(part.inertia.mass * part.centre[0] for part in body_segments(motion, "mean").parts)
