"""Following people through a whole video, after all its frames are known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.header import TrackReturn
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.tracking.likeness import COLOUR_ROWS, END_ROWS, Colours, Ends, colour_log_odds, ends_of, log_odds
from neuropose_ray.tracking.settings import TrackingSettings
from neuropose_ray.tracking.stretches import Stretch, stretches

#: Raised where this room gives other ids for the same poses and settings: then finished videos are tracked again,
#: from the poses in their files.
TRACKS_VERSION = 4

#: The id of rows that show nobody.
NOBODY = -1
#: Below these log-odds, no colours can make two stretches one person; they are not looked at.
_HOPELESS = -2.6
#: Of so many people who left before somebody came, one is looked for: a crowd must not take the square of its size.
_MOST_CANDIDATES = 40


@dataclass(frozen=True, slots=True)
class Tracks:
    """Who is who.

    Attributes:
        ids: ``(n,)`` int32, one for each row of ``table.poses``, counted from 0; :data:`NOBODY` where the row shows
            no person: what the pose model doubted, and neither before nor after it the same person was seen.
        returns: who was away and came back, and how sure that is.
    """

    ids: NDArray[np.int32]
    returns: tuple[TrackReturn, ...] = ()


@dataclass(frozen=True, slots=True)
class _Link:
    before: int
    after: int
    odds: float


def track(table: PoseTable, skeleton: Skeleton, settings: TrackingSettings, colours: Colours | None = None) -> Tracks:
    """Give the people of a video their ids.

    From frame to frame poses continue stretches of one person. Stretches are then put together, the surest first,
    where place, size, proportions and colours make one person likely. Ids depend on the poses alone, not on how the
    video was cut into chunks: they are numbered by first appearance once the video is known, tracks shorter than
    ``settled_s`` last.

    Args:
        table: a whole video, not tracked.
        skeleton: of its poses.
        settings: see :class:`TrackingSettings`.
        colours: of people by their rows; None where the pictures are not at hand.
    """
    found = stretches(table, settings)
    ends = [ends_of(stretch, table, skeleton) for stretch in found] if len(found) > 1 else []  # alone, it has no link
    links = _chosen(_links(ends, table, settings, colours), settings)
    chains = _without_flickers(table, _chains(len(found), links), found, settings)
    return _numbered(table, found, chains, {link.after: link for link in links}, settings)


def _links(ends: list[Ends], table: PoseTable, settings: TrackingSettings, colours: Colours | None) -> list[_Link]:
    """All pairs of stretches that may be one person."""
    ended = np.array([stretch.end_s for stretch in ends])
    pairs = [
        (before, after, odds)
        for after in range(len(ends))
        for before in _latest(ended, ends[after].begin_s)
        if (odds := log_odds(ends[before], ends[after], table, settings)) > _HOPELESS
    ]
    seen = _colours_of({place for before, after, _ in pairs for place in (before, after)}, ends, colours)
    links = []
    for before, after, odds in pairs:
        unseen_s = ends[after].begin_s - ends[before].end_s
        likeness = colour_log_odds(seen[before, False], seen[after, True], unseen_s, settings.max_gap_s)
        links.append(_Link(before, after, odds + likeness))
    return links


def _latest(ended: NDArray[np.float64], begin_s: float) -> list[int]:
    """The stretches that ended last before a time, at most :data:`_MOST_CANDIDATES`."""
    earlier = np.flatnonzero(ended < begin_s)
    latest: list[int] = earlier[np.argsort(-ended[earlier], kind="stable")][:_MOST_CANDIDATES].tolist()
    return latest


def _colours_of(
    places: set[int], ends: list[Ends], colours: Colours | None
) -> dict[tuple[int, bool], NDArray[np.float64]]:
    """By stretch and whether at its begin or its end: all looked up in one go, in the order of the video."""
    wanted = {}
    for place in places:
        rows = ends[place].stretch.rows
        step = max(1, END_ROWS // COLOUR_ROWS)
        wanted[place, True] = rows[:END_ROWS:step]
        wanted[place, False] = rows[::-1][:END_ROWS:step]
    if colours is None or not wanted:
        return {key: np.zeros((0, 6)) for key in wanted}
    every = np.unique(np.concatenate([np.array(rows, np.int64) for rows in wanted.values()]))
    found = colours(every)
    return {key: found[np.searchsorted(every, rows)] for key, rows in wanted.items()}


def _chosen(links: list[_Link], settings: TrackingSettings) -> list[_Link]:
    """The links that are surest together, by which no stretch follows or is followed by two."""
    least = _odds(settings.min_certainty)
    likely = [link for link in links if link.odds >= least]
    return [link for group in _connected(likely) for link in _surest(group, least)]


def _connected(links: list[_Link]) -> list[list[_Link]]:
    """The links in groups that share no stretch as the one before nor as the one after."""
    if not links:
        return []
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    before, after = np.array([(link.before, link.after) for link in links]).T
    size = 1 + int(after.max())
    edges = coo_array((np.ones(len(links)), (before, size + after)), shape=(2 * size, 2 * size))
    labels = connected_components(edges, directed=False)[1][before]
    return [[links[place] for place in np.flatnonzero(labels == label).tolist()] for label in np.unique(labels)]


def _surest(links: list[_Link], least: float) -> list[_Link]:
    """Of one group: the assignment with the largest sum of log-odds (Hungarian method)."""
    from scipy.optimize import linear_sum_assignment

    rows = {before: row for row, before in enumerate(sorted({link.before for link in links}))}
    columns = {after: column for column, after in enumerate(sorted({link.after for link in links}))}
    worth = np.zeros((len(rows), len(columns)))
    by_place = {(rows[link.before], columns[link.after]): link for link in links}
    for place, link in by_place.items():
        worth[place] = link.odds - least + 1e-6  # what is just likely enough is better than nothing
    pairs = zip(*linear_sum_assignment(-worth), strict=True)
    return [by_place[pair] for pair in ((int(row), int(column)) for row, column in pairs) if pair in by_place]


def _odds(certainty: float) -> float:
    clipped = min(max(certainty, 1e-9), 1 - 1e-9)
    return math.log(clipped / (1 - clipped))


def _certainty(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def _chains(count: int, links: list[_Link]) -> list[list[int]]:
    """The stretches of each person, in order."""
    after = {link.before: link.after for link in links}
    chains = []
    for place in sorted(set(range(count)) - set(after.values())):
        chain = [place]
        while chain[-1] in after:
            chain.append(after[chain[-1]])
        chains.append(chain)
    return chains


def _without_flickers(
    table: PoseTable, chains: list[list[int]], found: list[Stretch], settings: TrackingSettings
) -> list[list[int]]:
    """Leave out who is seen in so few frames that it is nobody.

    Only beside people who stay, in most of the frames in which somebody is seen: in unrelated pictures and in clips
    of a few frames nobody can be seen for long.
    """
    times = table.timestamps_s
    interval_s = float(np.median(np.diff(times))) if len(times) > 1 else math.inf
    lasting = [chain for chain in chains if _rows(chain, found).size * interval_s >= settings.flicker_s]
    frames = table.poses.frame
    with_lasting = {frame for chain in lasting for frame in frames[_rows(chain, found)].tolist()}
    return lasting if len(with_lasting) > len(np.unique(frames)) / 2 else chains


def _rows(chain: list[int], found: list[Stretch]) -> NDArray[np.int64]:
    return np.concatenate([np.asarray(found[place].rows, int) for place in chain])


def _numbered(
    table: PoseTable,
    found: list[Stretch],
    chains: list[list[int]],
    links: dict[int, _Link],
    settings: TrackingSettings,
) -> Tracks:
    times = table.timestamps_s[table.poses.frame]

    def order(chain: list[int]) -> tuple[bool, int]:
        first, last = found[chain[0]].rows[0], found[chain[-1]].rows[-1]
        return times[last] - times[first] < settings.settled_s, first

    ids = np.full(len(table.poses), NOBODY, np.int32)
    returns = []
    for number, chain in enumerate(sorted(chains, key=order)):
        for place in chain:
            ids[found[place].rows] = number
        for before, after in pairwise(chain):
            away = found[before].rows[-1], found[after].rows[0]
            if times[away[1]] - times[away[0]] > settings.max_gap_s:
                returns.append(_return(table, number, away, links[after]))
            else:
                _bridge(table, ids, number, away)
    return Tracks(ids, tuple(sorted(returns, key=lambda back: (back.frame, back.track))))


def _return(table: PoseTable, track_id: int, away: tuple[int, int], link: _Link) -> TrackReturn:
    left, came = (int(table.poses.frame[row]) for row in away)
    unseen_s = float(table.timestamps_s[came] - table.timestamps_s[left])
    return TrackReturn(track=track_id, frame=came, unseen_s=unseen_s, certainty=round(_certainty(link.odds), 3))


def _bridge(table: PoseTable, ids: NDArray[np.int32], number: int, away: tuple[int, int]) -> None:
    """Give a person the doubted rows between two stretches: in each frame the nearest, if it is near."""
    poses = table.poses
    for frame in range(int(poses.frame[away[0]]) + 1, int(poses.frame[away[1]])):
        rows = np.flatnonzero((poses.frame == frame) & (ids == NOBODY))
        if not len(rows):
            continue
        share = (frame - poses.frame[away[0]]) / (poses.frame[away[1]] - poses.frame[away[0]])
        box = (1 - share) * poses.boxes[away[0]] + share * poses.boxes[away[1]]
        middles = poses.boxes[rows, :2] + poses.boxes[rows, 2:4] / 2
        apart = np.linalg.norm(middles - (box[:2] + box[2:4] / 2), axis=1)
        nearest = int(np.argmin(apart))
        if apart[nearest] <= np.linalg.norm(box[2:4]) / 2:
            ids[rows[nearest]] = number
