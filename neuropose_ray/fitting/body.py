"""The body that is fitted: landmarks, bones of constant length, hinges, and what anatomy says of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import SettingsError
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton

#: The fit needs the whole of the limbs; heels and toes are used where a skeleton has them.
REQUIRED = tuple(name for name in LANDMARKS if not name.endswith(("heel", "toe")))

SIDES = ("right", "left")


@dataclass(frozen=True)
class BoneKind:
    """One bone of the body, or its right and left copies, which share one length.

    Attributes:
        name: the bone's anatomical name.
        ends: pairs of landmarks.
        stature_fraction: length over stature, or None where the model's own median is better than any table.
        length_sigma: how far its constancy in time is trusted, relative to ``bone_sigma_m``.
        prior_sigma: how far the length before the fit is trusted, relative to ``length_sigma`` of the settings.
        depth_sigma: how far the model's depth between its ends is trusted, relative to ``depth_sigma_m``; None where
            other bones carry the same information.
    """

    name: str
    ends: tuple[tuple[str, str], ...]
    stature_fraction: float | None
    length_sigma: float
    prior_sigma: float
    depth_sigma: float | None


def _sides(start: str, end: str) -> tuple[tuple[str, str], ...]:
    return tuple((f"{side}_{start}", f"{side}_{end}") for side in SIDES)


# Segment lengths of adults over stature between joint centres, after Winter (2009, after Drillis and Contini 1966)
# and the Rajagopal et al. (2016) model. The widths between hip centres and between glenohumeral centres are the wider
# figures of marker-based motion capture, because networks place these landmarks laterally.
# Hip width is the loosest bone, its ends are hidden in flesh and swap depth; the trunk is loose, the spine bends.
# Arm lengths start less certain: a table's arm that is 5 % too long turns an arm in the picture plane by 18 degrees
# into depth. Depth is trusted least for the trunk, where networks bend the body toward the camera, and most for the
# forearm, whose errors are as short as itself.
BONE_KINDS = (
    BoneKind("hip_width", (("right_hip", "left_hip"),), 0.11, 3.0, 1.0, 1.0),
    BoneKind("femur", _sides("hip", "knee"), 0.241, 1.0, 1.0, 1.0),
    BoneKind("tibia", _sides("knee", "ankle"), 0.236, 1.0, 1.0, 1.5),
    BoneKind("shoulder_width", (("right_shoulder", "left_shoulder"),), 0.23, 1.0, 1.0, 1.5),
    BoneKind("upper_arm", _sides("shoulder", "elbow"), 0.170, 1.0, 2.0, 1.25),
    BoneKind("forearm", _sides("elbow", "wrist"), 0.147, 1.0, 2.0, 0.75),
    BoneKind("trunk_side", _sides("hip", "shoulder"), None, 1.4, 2.0, 2.0),
    BoneKind(
        "trunk_diagonal", (("right_hip", "left_shoulder"), ("left_hip", "right_shoulder")), None, 1.4, 2.0, None
    ),
    BoneKind("ankle_heel", _sides("ankle", "heel"), None, 1.0, 2.0, 1.0),
    BoneKind("heel_toe", _sides("heel", "toe"), None, 1.0, 2.0, 1.0),
    BoneKind("ankle_toe", _sides("ankle", "toe"), None, 1.0, 2.0, 1.0),
)

#: Bones whose median over table length gives the model's scale: long, seen well, and in the table.
SCALE_BONES = ("femur", "tibia", "upper_arm", "forearm")

# Accelerations relative to ``acceleration_sigma``: the trunk is heavy, the arms are light, and feet are thrown and
# caught with 60 m/s2, which the knees' sigma rounds off: heel strikes came 15 ms late then, toe-offs 25 ms early.
_ACCELERATION = {
    "hip": 0.5, "shoulder": 0.5, "elbow": 2.0, "wrist": 2.0, "ankle": 2.0, "heel": 2.0, "toe": 2.0,
}  # fmt: skip

# Proximal, middle and distal landmark, and the sign that makes flexion positive about the axis to the right hip.
_HINGES = {"knee": (("hip", "knee", "ankle"), -1.0), "elbow": (("shoulder", "elbow", "wrist"), 1.0)}


@dataclass(frozen=True)
class Body:
    """The fitted body of one skeleton; positions below count landmarks, not joints of the skeleton.

    Attributes:
        landmarks: names, ``L`` of them.
        joints: ``(L,)`` the skeleton's joint of each landmark.
        kinds: the bone kinds that exist, ``K`` of them.
        bones: ``(B, 2)`` landmark positions of the ends of each bone.
        kind_of: ``(B,)`` each bone's position in ``kinds``.
        depth_bones: positions in ``bones`` of those whose depth the model is asked for.
        acceleration: ``(L,)`` relative acceleration of each landmark.
        feet: landmark positions of the heels and toes.
        hinges: ``(H, 3)`` landmark positions; ``hinge_signs`` ``(H,)`` and ``hinge_names`` go with them.
        hips, shoulders: landmark positions, right then left.
    """

    landmarks: tuple[str, ...]
    joints: NDArray[np.intp]
    kinds: tuple[BoneKind, ...]
    bones: NDArray[np.intp]
    kind_of: NDArray[np.intp]
    depth_bones: NDArray[np.intp]
    acceleration: NDArray[np.float64]
    feet: NDArray[np.intp]
    hinges: NDArray[np.intp]
    hinge_signs: NDArray[np.float64]
    hinge_names: tuple[str, ...]

    def position(self, *names: str) -> NDArray[np.intp]:
        """Where landmarks stand in ``landmarks``."""
        return np.array([self.landmarks.index(name) for name in names], np.intp)

    @property
    def hips(self) -> NDArray[np.intp]:
        """Right and left hip."""
        return self.position("right_hip", "left_hip")

    @property
    def trunk(self) -> NDArray[np.intp]:
        """Hips and shoulders: the rigid part that head and spine follow."""
        return self.position("right_hip", "left_hip", "right_shoulder", "left_shoulder")


def body_of(skeleton: Skeleton) -> Body:
    """Everything of the body that a skeleton has.

    Raises:
        SettingsError: the skeleton lacks a hip, knee, ankle, shoulder, elbow or wrist.
    """
    missing = [name for name in REQUIRED if not skeleton.has(name)]
    if missing:
        raise SettingsError(
            f"lacks {', '.join(missing)}, which the fit needs",
            where=f"skeleton {skeleton.name}", hint="choose another skeleton or do not fit",
        )  # fmt: skip
    names = tuple(name for name in LANDMARKS if skeleton.has(name))
    kinds = tuple(kind for kind in BONE_KINDS if set(kind.ends[0]) <= set(names))
    ends = [(k, a, b) for k, kind in enumerate(kinds) for a, b in kind.ends]
    hinges = [
        (part, sign, [f"{side}_{name}" for name in chain])
        for part, (chain, sign) in _HINGES.items()
        for side in SIDES
    ]  # fmt: skip
    return Body(
        landmarks=names,
        joints=np.array([skeleton.index(name) for name in names], np.intp),
        kinds=kinds,
        bones=np.array([[names.index(a), names.index(b)] for _, a, b in ends], np.intp),
        kind_of=np.array([k for k, _, _ in ends], np.intp),
        depth_bones=np.flatnonzero([kinds[k].depth_sigma is not None for k, _, _ in ends]),
        acceleration=np.array([_ACCELERATION.get(name.split("_")[1], 1.0) for name in names]),
        feet=np.array([i for i, name in enumerate(names) if name.endswith(("heel", "toe"))], np.intp),
        hinges=np.array([[names.index(name) for name in chain] for _, _, chain in hinges], np.intp),
        hinge_signs=np.array([sign for _, sign, _ in hinges]),
        hinge_names=tuple(part for part, _, _ in hinges),
    )
