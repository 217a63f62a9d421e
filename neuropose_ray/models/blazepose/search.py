"""The search for people who are not followed yet: detector views, chosen by what changed in the picture.

People who are followed need no detector. A newcomer changes the picture outside the people already known, so a
view is searched again when it changed there, and now and then in any case.
"""

from __future__ import annotations

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


@dataclass(frozen=True, slots=True)
class _Sketch:
    """A frame sampled coarsely, and which samples known people cover."""

    grey: NDArray[np.int16]
    covered: NDArray[np.bool_]


class Search:
    """The detector's schedule over one stretch of frames."""

    def __init__(self, width: int, height: int, settings: BlazePoseSettings) -> None:
        rows = default_tile_rows(width, height) if settings.tile_rows is None else settings.tile_rows
        self.whole = whole_view(width, height)
        self._views = [self.whole, *tile_views(width, height, rows)]
        self._settings = settings
        self._stride = max(1, round(max(width, height) / SKETCH_SIDE))
        self._last: dict[View, tuple[int, _Sketch]] = {}

    def due(self, number: int, frame: Frame, boxes: NDArray[np.floating]) -> list[View]:
        """The views to search in frame ``number``, given boxes ``(n, 4+)`` of the people already known.

        All in the first frame. Later at most one every ``search_interval`` frames, the one among the changed that
        waited longest; with nobody known, the whole frame too, as soon as it changed.
        """
        if not self._last:
            sketch = self._sketch(frame, boxes)
            self._last = dict.fromkeys(self._views, (number, sketch))
            return list(self._views)
        turn = number % self._settings.search_interval == 0
        if not turn and len(boxes):
            return []
        sketch = self._sketch(frame, boxes)
        waiting = sorted(self._views, key=lambda view: self._last[view][0]) if turn else [self.whole]
        view_due = next((view for view in waiting if self._worth_it(view, number, sketch)), None)
        chosen = [] if view_due is None else [view_due]
        if not len(boxes) and view_due is not self.whole and self._worth_it(self.whole, number, sketch):
            chosen.append(self.whole)
        self._last.update(dict.fromkeys(chosen, (number, sketch)))
        return chosen

    def _worth_it(self, view: View, number: int, sketch: _Sketch) -> bool:
        since, before = self._last[view]
        if number - since >= self._settings.refresh_interval:
            return True
        top, left = (max(0, int(edge / self._stride)) for edge in (view.top, view.left))
        bottom, right = (int((edge + view.side) / self._stride) + 1 for edge in (view.top, view.left))
        part = slice(top, bottom), slice(left, right)
        changed = np.abs(sketch.grey[part] - before.grey[part]) > CHANGED_LEVELS
        changed &= ~(sketch.covered[part] | before.covered[part])
        return bool(np.count_nonzero(changed) > CHANGED_SHARE * changed.size)

    def _sketch(self, frame: Frame, boxes: NDArray[np.floating]) -> _Sketch:
        samples = frame[:: self._stride, :: self._stride]
        grey = samples[..., 1].astype(np.int16)  # green carries most of the luminance
        covered = np.zeros(grey.shape, np.bool_)
        for left, top, width, height in np.asarray(boxes, np.float64)[:, :4] / self._stride:
            rows = slice(max(0, int(top)), max(0, int(top + height) + 2))
            covered[rows, max(0, int(left)) : max(0, int(left + width) + 2)] = True
        return _Sketch(grey, covered)
