"""The split into training, validation and test, by what belongs together."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from neuropose_ray.formats.datasets.kinds import Split
from neuropose_ray.formats.datasets.source import SourceVideo


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """The side of every video.

    Attributes:
        sides: by the names of the videos.
        notes: what a user should know of it, without full stops.
    """

    sides: Mapping[str, Split]
    notes: tuple[str, ...] = ()


def split_videos(videos: Sequence[SourceVideo], fractions: tuple[float, float, float]) -> SplitPlan:
    """Give every video a side, so that the frames come near to the fractions.

    Videos of one subject stay together, and so do videos that share a group of near-duplicates: what is learnt must
    not be what is tested. The largest such set goes first, to the side that lacks most; the same videos give the same
    split, in whatever order they come.

    Args:
        videos: with the frames that the data set has.
        fractions: of training, validation and test.
    """
    sets = _connected(videos)
    total = sum(len(video.frames) for video in videos)
    lacking = {side: fraction * total for side, fraction in zip(Split, fractions, strict=True) if fraction > 0}
    sides: dict[str, Split] = {}
    for members in sorted(sets, key=lambda names: (-_frames(videos, names), sorted(names))):
        side = max(lacking, key=lambda candidate: lacking[candidate])
        lacking[side] -= _frames(videos, members)
        sides |= dict.fromkeys(members, side)
    notes = []
    if empty := [side.value for side in lacking if side not in sides.values()]:
        notes.append(
            f"nothing is left for {' and '.join(empty)}: {len(videos)} videos make {len(sets)} sets that belong "
            "together by their subjects or their near-duplicates"
        )
    return SplitPlan(sides, tuple(notes))


def _connected(videos: Sequence[SourceVideo]) -> list[frozenset[str]]:
    """Videos that share a subject or a group, directly or through others, by name."""
    parents: dict[Hashable, Hashable] = {}

    def root(node: Hashable) -> Hashable:
        while (parent := parents.setdefault(node, node)) != node:
            node = parent
        return node

    for video in videos:
        own = ("video", video.name)
        for shared in {
            ("subject", video.subject),
            *(("group", frame.group) for frame in video.frames if frame.group),
        }:
            parents[root(shared)] = root(own)
    members: dict[Hashable, set[str]] = {}
    for video in videos:
        members.setdefault(root(("video", video.name)), set()).add(video.name)
    return [frozenset(names) for names in members.values()]


def _frames(videos: Sequence[SourceVideo], names: frozenset[str]) -> int:
    return sum(len(video.frames) for video in videos if video.name in names)
