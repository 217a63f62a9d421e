"""The landmarks that markers stand for, by their names in files of Vicon, Qualisys, OpenSim, OpenCap and Pose2Sim."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from neuropose_ray.schemas.skeleton import LANDMARKS

#: Part of a landmark -> the markers that stand for it, best first; the middle of two where there are two. Letters
#: and digits of the name alone, without its side. Joint centres come before markers on either side of the joint, and
#: these before one on its outside: Plug-in Gait's FEP, FEO and TIO are centres; the others are CAST's and OpenSim's.
MARKERS: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "hip": (("hjc",), ("hip",), ("hipjointcenter",), ("hipjointcentre",), ("hjcreg",), ("fep",)),
        "knee": (
            ("kjc",), ("kneejointcenter",), ("kneejointcentre",), ("feo",), ("kneelat", "kneemed"), ("lfc", "mfc"),
            ("fle", "fme"), ("kne", "kneemed"), ("knee", "mknee"), ("knee",), ("kne",), ("kneelat",), ("lfc",),
            ("fle",),
        ),
        "ankle": (
            ("ajc",), ("anklejointcenter",), ("anklejointcentre",), ("tio",), ("anklelat", "anklemed"),
            ("lmal", "mmal"), ("fal", "tam"), ("ank", "med"), ("ankle", "mankle"), ("ankle",), ("ank",),
            ("anklelat",), ("lmal",), ("fal",),
        ),
        "shoulder": (
            ("sjc",), ("shoulderjointcenter",), ("shoulderjointcentre",), ("shoulder",), ("sho",), ("acr",),
            ("acromion",), ("acromium",), ("sae",),
        ),
        "elbow": (
            ("ejc",), ("elbowjointcenter",), ("elbowjointcentre",), ("elbowlat", "elbowmed"), ("lelbow", "melbow"),
            ("lel", "mel"), ("hle", "hme"), ("elbow",), ("elb",), ("elbowlat",), ("lelbow",), ("lel",), ("hle",),
        ),
        "wrist": (
            ("wjc",), ("wristjointcenter",), ("wristjointcentre",), ("wra", "wrb"), ("wristradius", "wristulna"),
            ("wristlat", "wristmed"), ("lwrist", "mwrist"), ("faradius", "faulna"), ("rsp", "usp"), ("wrist",),
            ("wri",), ("wristradius",), ("wra",), ("rsp",),
        ),
        "heel": (("heel",), ("hee",), ("calc",), ("calcaneus",), ("cal",), ("fcc",)),
        "toe": (("toe",), ("bigtoe",), ("footindex",), ("toetip",), ("toe1",), ("hallux",), ("hlx",), ("fm2",)),
    }
)  # fmt: skip
#: Points of the pelvis from which hips can be computed.
PELVIS_MARKERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"front": ("asis", "asi", "ias"), "back": ("psis", "psi", "ips")}
)
_SACRUM = ("sacrum", "sacr", "sac", "vsac", "s1", "s2")

_LEADING_SIDE = re.compile(r"(right|left|r|l)[\s_.\-]*(.+)", re.DOTALL)
# A single letter is a side behind a separator alone: "heel" is no left "hee".
_TRAILING_SIDE = re.compile(r"(.+?)(?:[\s_.\-]*(right|left)|[\s_.\-]+(r|l))", re.DOTALL)
# OpenCap's augmented markers.
_STUDY = "study"


def split_subject(name: str) -> tuple[str, str]:
    """The subject and the marker of a name like "P01:RKNE"; an empty subject where there is none."""
    subject, _, marker = name.rpartition(":")
    return (subject.strip(), marker.strip()) if marker.strip() else ("", name.strip())


def landmark_markers(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Which of a file's markers stand for the landmarks.

    Args:
        names: of the markers, in any case and with any separators: "RKnee", "r_knee", "R.Knee", "knee_r".

    Returns:
        For each landmark that is recognised the marker that it is, or the two of which it is the middle.
    """
    known = _by_side(names)
    recognised = {}
    for landmark in LANDMARKS:
        side, part = landmark.split("_")
        for spellings in MARKERS[part]:
            if all((side, spelling) in known for spelling in spellings):
                recognised[landmark] = tuple(known[side, spelling] for spelling in spellings)
                break
    return recognised


def pelvis_markers(names: Sequence[str]) -> tuple[str, str, tuple[str, ...]] | None:
    """The right and the left anterior iliac spine, and the posterior ones or the sacrum; None if one is missing."""
    known = _by_side(names)
    right, left = (_first(known, side, PELVIS_MARKERS["front"]) for side in ("right", "left"))
    back = tuple(filter(None, (_first(known, side, PELVIS_MARKERS["back"]) for side in ("right", "left"))))
    if len(back) < 2:
        plain = {_plain(name): name for name in reversed(names)}
        back = tuple(plain[spelling] for spelling in _SACRUM if spelling in plain)[:1]
    return (right, left, back) if right and left and back else None


def _first(known: Mapping[tuple[str, str], str], side: str, spellings: Sequence[str]) -> str | None:
    return next((known[side, spelling] for spelling in spellings if (side, spelling) in known), None)


def _by_side(names: Sequence[str]) -> dict[tuple[str, str], str]:
    """Side and plain rest of every name that has a side, the first of equals."""
    return {key: name for name in reversed(names) for key in _readings(name)}


def _readings(name: str) -> Iterator[tuple[str, str]]:
    """Side and rest of a name, in each way in which it can be read."""
    lower = name.strip().lower()
    if trailing := _TRAILING_SIDE.fullmatch(lower):
        yield _side(trailing[2] or trailing[3]), _rest(trailing[1])
    if leading := _LEADING_SIDE.fullmatch(lower):
        yield _side(leading[1]), _rest(leading[2])


def _side(text: str) -> str:
    return "right" if text.startswith("r") else "left"


def _rest(text: str) -> str:
    plain = _plain(text)
    return plain.removesuffix(_STUDY) or plain


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))
