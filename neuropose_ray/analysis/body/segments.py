"""Where the body's segments are, out of the joints of any skeleton that has the large ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.analysis.body.inertia import BodyInertia, Inertia, body_inertia
from neuropose_ray.analysis.body.settings import MassDistribution
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.schemas.skeleton import Skeleton

Array = NDArray[np.float64]

SIDES = ("right", "left")
#: Without these there is no centre of mass.
NEEDED = tuple(f"{side}_{part}" for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in SIDES)
#: Both sides of the head, by the names of several skeletons. The canal of the ear is where Dempster found the centre
#: of head and neck (Winter 2009, table 4.1).
_SIDES_OF_HEAD = (("left_ear", "right_ear"), ("lear", "rear"), ("lhead", "rhead"))
#: A limb that is seen in fewer of the frames is left hanging where it begins: it would leave hardly any frame, and a
#: mass that comes and goes would be a movement. An arm is 5 % of the body, a foot 1.3 %.
_MOSTLY = 0.8
_NECK_AND_VERTEX = ("neck", "htop")


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment over time.

    Attributes:
        name: with its side ("right_thigh").
        inertia: its share of the mass, and where that is.
        start: ``(frames, 3)`` in m, from where its centre is counted.
        end: ``(frames, 3)`` in m.
    """

    name: str
    inertia: Inertia
    start: Array
    end: Array

    @property
    def centre(self) -> Array:
        """``(frames, 3)`` of its centre of mass, in m."""
        return self.start + self.inertia.centre * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Segments:
    """All segments of a body, whose masses add up to 1.

    Attributes:
        parts: trunk and head first.
        across: ``(2, frames, 3)`` in m, from left to right through the hips and through the shoulders.
        stand_ins: what was put in the place of joints that the skeleton does not have, a sentence each.
    """

    parts: tuple[Segment, ...]
    across: Array
    stand_ins: tuple[str, ...]


def missing_joints(skeleton: Skeleton) -> tuple[str, ...]:
    """The large joints that a skeleton lacks, without which its body has no centre of mass."""
    return tuple(name for name in NEEDED if not skeleton.has(name))


def body_segments(motion: Motion, masses: MassDistribution) -> Segments:
    """The segments between the joints of a person.

    Hands go on in line with the forearms. What else a skeleton does not show, or arms and feet that are hidden in
    many frames, are put where they mostly are, and that is said.

    Args:
        motion: NaN joints make NaN segments.
        masses: whose segments.

    Raises:
        InputError: the skeleton lacks a large joint, see :func:`missing_joints`.
    """
    body = body_inertia(masses)
    joints = {name: motion.joint(name) / 1000 for name in NEEDED}
    hips, shoulders = ((joints[f"left_{part}"] + joints[f"right_{part}"]) / 2 for part in ("hip", "shoulder"))
    parts = [Segment("trunk", body.parts["trunk"], shoulders, hips)]
    head, of_head = _head(motion, body, shoulders, hips)
    parts.append(head)
    hidden: list[str] = []
    for side in SIDES:
        arm, leg = _arm(side, joints, body), _leg(side, joints, motion, body)
        if _seen(joints[f"{side}_shoulder"], joints[f"{side}_elbow"], joints[f"{side}_wrist"]) < _MOSTLY:
            arm = _at(joints[f"{side}_shoulder"], arm)
            hidden.append(f"the {side} arm is hidden in many frames, and its mass is taken to be at the shoulder")
        *leg, foot = leg
        if _seen(joints[f"{side}_ankle"], foot.start, foot.end) < _MOSTLY:
            (foot,) = _at(joints[f"{side}_ankle"], [foot])
            hidden.append(f"the {side} foot is hidden in many frames, and its mass is taken to be at the ankle")
        parts += [*arm, *leg, foot]
    across = np.stack([joints[f"right_{part}"] - joints[f"left_{part}"] for part in ("hip", "shoulder")])
    return Segments(tuple(parts), across, (*of_head, *_of_feet(motion.skeleton), *hidden))


def _head(motion: Motion, body: BodyInertia, shoulders: Array, hips: Array) -> tuple[Segment, tuple[str, ...]]:
    """From the vertex to the seventh vertebra; where they are not known, as usual and in line with the trunk."""
    inertia, trunk = body.parts["head"], shoulders - hips
    if motion.skeleton.has(*_NECK_AND_VERTEX):
        neck, vertex = (motion.joint(name) / 1000 for name in _NECK_AND_VERTEX)
        return Segment("head", inertia, vertex, neck), ()
    vertex, cervicale = shoulders + (body.neck + body.head) * trunk, shoulders + body.neck * trunk
    in_line = Segment("head", inertia, vertex, cervicale)
    for pair in _SIDES_OF_HEAD:
        if motion.skeleton.has(*pair):
            left, right = (motion.joint(name) / 1000 for name in pair)
            moved = (left + right) / 2 - in_line.centre
            return Segment("head", inertia, vertex + moved, cervicale + moved), ()
    return in_line, ("the head is taken to be in line with the trunk",)


def _arm(side: str, joints: Mapping[str, Array], body: BodyInertia) -> list[Segment]:
    shoulder, elbow, wrist = (joints[f"{side}_{part}"] for part in ("shoulder", "elbow", "wrist"))
    return [
        Segment(f"{side}_upper_arm", body.parts["upper_arm"], shoulder, elbow),
        Segment(f"{side}_forearm", body.parts["forearm"], elbow, wrist),
        Segment(f"{side}_hand", body.parts["hand"], wrist, wrist + body.hand * (wrist - elbow)),
    ]


def _leg(side: str, joints: Mapping[str, Array], motion: Motion, body: BodyInertia) -> list[Segment]:
    """Thigh, shank and foot."""
    hip, knee, ankle = (joints[f"{side}_{part}"] for part in ("hip", "knee", "ankle"))
    heel, toe = f"{side}_heel", f"{side}_toe"
    end = motion.joint(toe) / 1000 if motion.skeleton.has(toe) else ankle
    start = motion.joint(heel) / 1000 if motion.skeleton.has(heel) else ankle
    return [
        Segment(f"{side}_thigh", body.parts["thigh"], hip, knee),
        Segment(f"{side}_shank", body.parts["shank"], knee, ankle),
        Segment(f"{side}_foot", body.parts["foot"], start, end if motion.skeleton.has(toe) else start),
    ]


def _seen(root: Array, *ends: Array) -> float:
    """Share of the frames in which the root of a limb is known that know its ends too; 1 where there is none."""
    known = np.isfinite(root).all(1)
    return float(np.isfinite(ends)[:, known].all((0, 2)).mean()) if known.any() else 1.0


def _at(position: Array, segments: Iterable[Segment]) -> list[Segment]:
    """The same masses at one place."""
    return [replace(segment, start=position, end=position) for segment in segments]


def _of_feet(skeleton: Skeleton) -> Iterator[str]:
    if not skeleton.has("left_toe", "right_toe"):
        yield "the mass of a foot is taken to be at its ankle"
    elif not skeleton.has("left_heel", "right_heel"):
        yield "a foot is taken to reach from the ankle to the toe"
