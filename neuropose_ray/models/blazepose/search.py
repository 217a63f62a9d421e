"""The search for people who are not followed yet: detector views, chosen by what changed in the picture.

People who are followed need no detector. A newcomer changes the picture outside the people already known, so a
view is searched again when it changed there, and now and then in any case.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.models.blazepose.geometry import View, default_tile_rows, tile_views, whole_view
from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.schemas.poses import Frame

#: Samples along the longer side of the sketch that frames are compared by.
SKETCH_SIDE = 112
#: Grey levels that a sample must differ by; noise, flicker and a shaking hand stay mostly under it.
CHANGED_LEVELS = 30
#: Share of a view's samples that must have changed: less is compression and shadows, a small person fills more.
CHANGED_SHARE = 0.015
#: Frames after which a change is forgotten, at least: who comes slowly changes little within fewer.
REMEMBERED_FRAMES = 27
#: Turns in which a view that begins to change is searched at once. What goes on changing is mostly no newcomer, but
#: leaves in the wind, a screen, or the reflection of somebody known on a floor: it waits for the view's own turn.
NEW_TURNS = 2


@dataclass(frozen=True, slots=True)
class _Sketch:
    """A frame sampled coarsely, and which samples known people cover."""

    grey: NDArray[np.int16]
    covered: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Turn:
    """What was seen at a turn, and which views had changed by then."""

    number: int
    sketch: _Sketch
    changed: Sequence[View]


class Search:
    """The detector's schedule over one stretch of frames.

    It depends on the numbers of the frames in their video and on the pictures of the last two rounds alone, so that
    stretches that begin at different frames search the same views after two rounds, of a second or so each.
    """

    def __init__(self, width: int, height: int, settings: BlazePoseSettings) -> None:
        rows = default_tile_rows(width, height) if settings.tile_rows is None else settings.tile_rows
        self.whole = whole_view(width, height)
        self._views = [self.whole, *tile_views(width, height, rows)]
        self._interval, self._refresh = settings.search_interval, settings.refresh_interval
        self._stride = max(1, round(max(width, height) / SKETCH_SIDE))
        self._last: deque[_Turn] = deque()

    @property
    def _round(self) -> int:
        """Frames in which each view has a turn."""
        return self._interval * len(self._views)

    def due(self, number: int, frame: Frame, boxes: NDArray[np.floating]) -> list[View]:
        """The views to search in frame ``number``, given boxes ``(n, 4+)`` of the people already known.

        All in the first frame. Later one every ``search_interval`` frames at the most, among those that changed
        within a round: the one whose own turn in the round it is, else one that has only begun to change. With nobody
        known, the whole frame too, as soon as it changed. Every ``refresh_interval`` frames a round of all.
        """
        if not self._last:
            self._last.append(_Turn(number, self._sketch(frame, boxes), ()))
            return list(self._views)
        is_turn = number % self._interval == 0
        if not is_turn and len(boxes):
            return []
        sketch, own = self._sketch(frame, boxes), self._views[number // self._interval % len(self._views)]
        while len(self._last) > 1 and self._last[1].number <= number - max(self._round, REMEMBERED_FRAMES):
            self._last.popleft()
        before = self._last[0].sketch
        candidates = self._views if is_turn else [self.whole]
        changed = [view for view in candidates if self._changed(view, before, sketch)]
        chosen = [self._first_due(changed, own)] if changed and is_turn else []
        if not len(boxes) and self.whole in changed:
            chosen.append(self.whole)
        if is_turn:
            self._last.append(_Turn(number, sketch, changed))
            if number >= self._refresh and number % self._refresh < self._round:
                chosen.append(own)
        return list(dict.fromkeys(view for view in chosen if view is not None))

    def _first_due(self, changed: Sequence[View], own: View) -> View | None:
        """Of the views that changed the one to search: that whose turn it is, or the newest of the new ones."""
        if own in changed:
            return own
        turns = {view: sum(view in turn.changed for turn in self._last) for view in changed}
        after_own = self._views.index(own)
        order = [*self._views[after_own:], *self._views[:after_own]]
        new = [view for view in order if turns.get(view, NEW_TURNS) < NEW_TURNS]
        return min(new, key=lambda view: turns[view], default=None)

    def _changed(self, view: View, before: _Sketch, now: _Sketch) -> bool:
        top, left = (max(0, int(edge / self._stride)) for edge in (view.top, view.left))
        bottom, right = (int((edge + view.side) / self._stride) + 1 for edge in (view.top, view.left))
        part = slice(top, bottom), slice(left, right)
        changed = np.abs(now.grey[part] - before.grey[part]) > CHANGED_LEVELS
        changed &= ~(now.covered[part] | before.covered[part])
        return bool(np.count_nonzero(changed) > CHANGED_SHARE * changed.size)

    def _sketch(self, frame: Frame, boxes: NDArray[np.floating]) -> _Sketch:
        samples = frame[:: self._stride, :: self._stride]
        grey = samples[..., 1].astype(np.int16)  # green carries most of the luminance
        covered = np.zeros(grey.shape, np.bool_)
        for left, top, width, height in np.asarray(boxes, np.float64)[:, :4] / self._stride:
            rows = slice(max(0, int(top)), max(0, int(top + height) + 2))
            covered[rows, max(0, int(left)) : max(0, int(left + width) + 2)] = True
        return _Sketch(grey, covered)
