"""The common landmarks of MeTRAbs's skeletons, derived from joint names."""

from __future__ import annotations

from collections.abc import Sequence

# In order of preference: joint centres first, then the markers nearest to them. ``hipl``, ``sho1`` and ``foo`` are
# Berkeley MHAD's lateral hip, first shoulder and foot markers; NeuroPose takes the same ones.
_NAMES_OF_PART = {
    "hip": ("hip", "hipl"),
    "knee": ("kne",),
    "ankle": ("ank",),
    "shoulder": ("sho", "sho1"),
    "elbow": ("elb",),
    "wrist": ("wri",),
    "heel": ("hee",),
    "toe": ("toe", "foo"),
}


def landmarks_of(joint_names: Sequence[str]) -> dict[str, str]:
    """Map anatomical landmarks to the joints of a MeTRAbs skeleton that stand for them.

    Names are a side (``l``, ``r``) and a part of three letters, such as ``lkne``; sets that mix data sets append the
    source, ``lkne_smpl``. An unmarked name wins over a marked one, and among marked ones the first.

    Args:
        joint_names: the ordered joints of one skeleton.

    Returns:
        Landmark (``left_knee``) to joint name, only those that the skeleton has.
    """
    joint_of: dict[str, str] = {name: name for name in joint_names}
    for name in joint_names:
        joint_of.setdefault(name.split("_")[0], name)
    landmarks = {}
    for part, names in _NAMES_OF_PART.items():
        for side in ("right", "left"):
            joint = next((joint_of[side[0] + name] for name in names if side[0] + name in joint_of), None)
            if joint is not None:
                landmarks[f"{side}_{part}"] = joint
    return landmarks
