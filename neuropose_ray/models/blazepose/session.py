"""Following people from frame to frame through one stretch of a video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.models.blazepose.camera_space import to_camera_space
from neuropose_ray.models.blazepose.detection import PersonDetector, agrees, newcomers
from neuropose_ray.models.blazepose.geometry import Regions, View
from neuropose_ray.models.blazepose.landmarks import SKELETON, LandmarkFinder, Landmarks
from neuropose_ray.models.blazepose.search import Search
from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses

#: Two sets of landmarks nearer than this share of the region's side, in the mean, are one person found twice.
SAME_PERSON_DISTANCE = 0.06
#: Settled landmarks move less than this share of the region's side between two looks; measured on people 0.001
#: to 0.009 by the sixth look, on equipment and on half bodies 0.02 to 0.2 for ever.
SETTLED_DISTANCE = 0.012
MOST_LOOKS = 6
#: Turns in radians tried on a person who is lost.
TURNS = np.radians([-90.0, -45.0, 45.0, 90.0])
#: Where a newcomer was refused, nobody is looked at again for this many frames.
REFUSED_FRAMES = 9
#: The box is the landmarks' extent, widened by this much on each side: they lie inside the body's outline.
BOX_MARGIN = 0.1
#: Landmarks of a body that is seen wholly and well have such statures in metres, mean visibilities, and shares
#: inside the picture; others are believed where the detector finds the person in the same place.
USUAL_STATURE_M, USUAL_VISIBILITY, USUAL_SHARE_INSIDE = (1.08, 1.42), 0.5, 0.75
#: Sides of the views in which the detector looks again, as shares of the region's (in wider ones it finds lamps too,
#: by what is around them), and the score that is enough where it finds what landmarks have found already.
CLOSE_SIDES, CLOSE_THRESHOLD = np.array([0.8, 1.0]), 0.3
#: Nobody's region grows or shrinks by more than this factor between two frames.
LARGEST_GROWTH = 1.3
#: Who is doubted gives way to somebody whom the detector finds nearer than this share of the region's side.
REPLACED_DISTANCE = 0.25
#: The score of a person of whom landmarks and detector do not agree is at most this: under any that is believed.
UNSURE_SCORE = 0.2
#: Frames that a session sees before its own: enough for its regions to fall into the cells of the grid into which
#: those of the session before it fall, but for one in 2000 of the people whom both follow.
LEAD_IN_FRAMES = 6
_BODY = slice(0, len(SKELETON))
_LIMBS = np.array([SKELETON.index(f"{side}_{part}") for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
                   for side in ("right", "left")])  # fmt: skip
_TORSO = np.array([SKELETON.index(name) for name in ("left_shoulder", "right_shoulder", "left_hip", "right_hip")])
_HEAD = np.arange(11)  # nose, eyes, ears, mouth


class BlazePoseSession:
    """One stretch of consecutive frames; remembers the regions where it saw people last."""

    def __init__(
        self,
        detector: PersonDetector,
        finder: LandmarkFinder,
        settings: BlazePoseSettings,
        camera: Camera,
        first_frame: int = 0,
    ) -> None:
        self._detector, self._finder, self._settings, self._camera = detector, finder, settings, camera
        self._search = Search(camera.width, camera.height, settings)
        self._people = _nobody()
        self._unseen = np.zeros(0, np.int64)  # for each of the people, frames since it was last reported
        self._unsure = np.zeros(0, np.int64)  # and frames since landmarks and detector last agreed
        self._refused: list[tuple[int, Regions]] = []
        self._number = first_frame

    def predict(self, frames: Sequence[Frame]) -> Poses:
        """The people in the next frames."""
        people = [self._follow(frame) for frame in frames]
        rows = np.repeat(np.arange(len(people)), [len(detected) for detected in people])
        return self._poses(rows, Landmarks.concatenate([_nobody(), *people]))

    def _follow(self, frame: Frame) -> Landmarks:
        """The people of the next frame: those known from the last one, then new ones."""
        boxes = boxes_around(self._people.pixels[:, _BODY], self._people.presence)
        views = self._search.due(self._number, frame, boxes)
        if len(self._people):
            before = self._people.next_regions()
            followed = self._follow_known(frame)
            just_lost = ~followed & (self._unseen == 0)
            self._unseen = np.where(followed, 0, self._unseen + 1)
            self._unsure = np.where(self._confirmed(frame, before), 0, self._unsure + 1)
            held = self._settings.hold_frames
            self._keep((self._unseen <= held) & (self._unsure <= held))
            if just_lost.any():
                # A followed person who vanishes may only have moved fast: look before the frame is given up.
                views = [*views, self._search.whole, *_around(boxes[just_lost])]
            if (doubted := (self._unsure > 0) & (self._unsure % self._settings.search_interval == 1)).any():
                views = [*views, *_around(boxes_around(self._people.pixels[doubted, _BODY], self._unsure[doubted]))]
        if views:
            came = self._newcomers(frame, list(dict.fromkeys(views)))
            self._keep((self._unsure == 0) | ~_replaced(self._people, came))
            self._people = Landmarks.concatenate([self._people, came])
            self._unseen = np.concatenate([self._unseen, np.zeros(len(came), np.int64)])
            self._unsure = np.concatenate([self._unsure, np.zeros(len(came), np.int64)])
        if len(self._people) > self._settings.max_persons:
            surest = np.argsort(-self._people.presence, kind="stable")[: self._settings.max_persons]
            self._keep(np.isin(np.arange(len(self._people)), surest))
        self._number += 1
        return self._reported()

    def _keep(self, rows: NDArray[np.bool_]) -> None:
        self._people, self._unseen, self._unsure = self._people.take(rows), self._unseen[rows], self._unsure[rows]

    def _reported(self) -> Landmarks:
        """The people who are seen, with low scores for those of whom landmarks and detector do not agree."""
        people = self._people
        scores = np.where(self._unsure > 0, np.minimum(people.presence, UNSURE_SCORE), people.presence)
        return replace(people, presence=scores).take(self._unseen == 0)

    def _confirmed(self, frame: Frame, before: Regions) -> NDArray[np.bool_]:
        """Of whom landmarks say what they say of a person, or the detector agrees; all in whom nothing is new."""
        grown = np.abs(np.log(self._people.next_regions().sizes / before.sizes)) < np.log(LARGEST_GROWTH)
        confirmed: NDArray[np.bool_] = grown & _usual(self._people, frame.shape)
        for row in np.flatnonzero(~confirmed & (self._unseen == 0)):
            confirmed[row] = self._found_again(frame, self._people.take(np.array([row])).next_regions())
        return confirmed

    def _found_again(self, frame: Frame, region: Regions) -> bool:
        """Whether the detector, looking closely at a region, finds a person as the landmarks have it."""
        sides = float(region.sizes[0]) * CLOSE_SIDES
        corners = region.centres[0] - sides[:, None] / 2
        views = (View(float(x), float(y), float(side)) for (x, y), side in zip(corners, sides, strict=True))
        return any(agrees(self._detector.find(frame, view, CLOSE_THRESHOLD), region) for view in views)

    def _follow_known(self, frame: Frame) -> NDArray[np.bool_]:
        """Move the known people to the next frame; a mask of those who are visible there."""
        regions = self._people.next_regions().snapped(self._number)
        now = self._finder.find(frame, regions)
        double = ~_distinct(now)
        if double.any():
            # Two regions slid onto one body: hide that body, and see whether the other is still there.
            canvas = painted_over(frame, now.take(~double))
            now = now.replaced(double, self._finder.find(canvas, regions.take(double)))
        is_seen = (now.presence >= self._settings.following_threshold) & _distinct(now)
        for row in np.flatnonzero(~is_seen):
            # A tumbling body turns further between two frames than its region does.
            turned = self._finder.find(frame, regions.take(np.full(len(TURNS), row)).turned(TURNS))
            best = turned.take(np.array([np.argmax(turned.presence)]))
            candidate = now.replaced(np.arange(len(now)) == row, best)
            if best.presence[0] >= self._settings.presence_threshold and _distinct(candidate)[row]:
                now, is_seen[row] = candidate, True
        double = ~_distinct(now)
        self._people = now.replaced(double, self._people.take(double)) if double.any() else now
        return is_seen

    def _newcomers(self, frame: Frame, views: Sequence[View]) -> Landmarks:
        """People whom the detector finds in ``views`` besides those known and those refused lately."""
        self._refused = [refusal for refusal in self._refused if self._number < refusal[0]]
        shunned = Regions.concatenate([region for _, region in self._refused])
        sure = self._people.take(self._unsure == 0)
        known, came = sure.next_regions(), _nobody()
        for view in views:
            detections = self._detector.find(frame, view)
            for row in range(len(detections)):
                candidate = newcomers(
                    detections.take(np.array([row])), Regions.concatenate([shunned, known, came.next_regions()])
                )
                if not len(candidate):
                    continue
                canvas = painted_over(frame, Landmarks.concatenate([sure, came]))
                looked = self._look_until_settled(canvas, candidate)
                if looked is None:
                    self._refused.append((self._number + REFUSED_FRAMES, candidate))
                elif _distinct(Landmarks.concatenate([sure, came, looked]))[-1]:
                    came = Landmarks.concatenate([came, looked])
        return came

    def _look_until_settled(self, canvas: Frame, candidate: Regions) -> Landmarks | None:
        """Landmarks of one candidate, or None if it is no person.

        A detector box is only a guess. On a person, looking again from where the landmarks say that the body
        is leads to landmarks that no longer move; on equipment or half a body they wander on.
        """
        now = self._finder.find(canvas, candidate)
        for _ in range(MOST_LOOKS - 1):
            if now.presence[0] < self._settings.following_threshold:
                return None
            before, now = now, self._finder.find(canvas, now.next_regions().snapped(self._number))
            present = now.presence[0] >= self._settings.presence_threshold
            if present and _wandering(before, now, canvas.shape)[0] < SETTLED_DISTANCE:
                region = now.next_regions()
                return now if not _hips_inside(region, canvas) or self._found_again(canvas, region) else None
        return None

    def _poses(self, rows: NDArray[np.int64], people: Landmarks) -> Poses:
        pixels, scores = people.pixels[:, _BODY], people.visibility[:, _BODY]
        millimetres = to_camera_space(people.world[:, _BODY], pixels, scores, self._camera)
        return Poses(
            frame=rows.astype(np.int64),
            boxes=boxes_around(pixels, people.presence),
            poses2d=pixels.astype(np.float32),
            poses3d=millimetres.astype(np.float32),
            joint_scores=scores.astype(np.float32),
        )


def boxes_around(pixels: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.float32]:
    """``(n, 5)`` left, top, width, height, score of landmarks ``(n, joints, 2)``, a little wider than they reach."""
    low, high = pixels.min(1), pixels.max(1)
    margin = BOX_MARGIN * (high - low)
    return np.asarray(np.concatenate([low - margin, high - low + 2 * margin, scores[:, None]], 1), np.float32)


def _distinct(people: Landmarks) -> NDArray[np.bool_]:
    """Everybody once: of two sets of landmarks that lie on each other the earlier, longer followed one stays."""
    if len(people) < 2:
        return np.ones(len(people), np.bool_)
    kept: list[int] = []
    sizes = people.next_regions().sizes
    for row in range(len(people)):
        apart = np.linalg.norm(people.pixels[kept][:, _LIMBS] - people.pixels[row, _LIMBS], axis=-1).mean(-1)
        if not np.any(apart < SAME_PERSON_DISTANCE * np.maximum(sizes[kept], sizes[row])):
            kept.append(row)
    return np.isin(np.arange(len(people)), kept)


def _hips_inside(region: Regions, frame: Frame) -> bool:
    """Whether the middle of one region is in the picture; else a close look shows less of the body than the first."""
    return bool((region.centres[0] >= 0).all() and (region.centres[0] < frame.shape[1::-1]).all())


def _usual(people: Landmarks, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """``(n,)`` whose landmarks are those of a body that is seen wholly and well, in a picture of this shape."""
    stature = people.stature_m()
    pixels = people.pixels[:, _BODY]
    inside = ((pixels >= 0) & (pixels < (shape[1], shape[0]))).all(-1).mean(-1)
    return np.asarray(
        (stature > USUAL_STATURE_M[0])
        & (stature < USUAL_STATURE_M[1])
        & (people.visibility[:, _BODY].mean(-1) > USUAL_VISIBILITY)
        & (inside > USUAL_SHARE_INSIDE)
    )


def _wandering(before: Landmarks, now: Landmarks, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """``(n,)`` mean distance between the landmarks of two looks, as a share of the region's side.

    Landmarks outside the picture are guesses in any case and do not count; with fewer than a third inside,
    nothing can be said and the distance is infinite.
    """
    pixels = now.pixels[:, _BODY]
    apart = np.linalg.norm(pixels - before.pixels[:, _BODY], axis=-1)
    inside = ((pixels >= 0) & (pixels < (shape[1], shape[0]))).all(-1)
    count = inside.sum(-1)
    mean = (apart * inside).sum(-1) / np.maximum(count, 1) / now.next_regions().sizes
    return np.where(count >= len(SKELETON) / 3, mean, np.inf)


def painted_over(frame: Frame, people: Landmarks) -> Frame:
    """The frame with known people hidden under plain colour, so that detections in it are other people."""
    import cv2

    if not len(people):
        return frame
    canvas = frame.copy()
    paint = [float(level) for level in np.median(frame[::16, ::16].reshape(-1, 3), axis=0)]
    for pixels in np.clip(people.pixels[:, _BODY], -1e5, 1e5).round().astype(np.int32):
        shoulders, hips = pixels[_TORSO[:2]], pixels[_TORSO[2:]]
        width = max(1, int(0.35 * max(np.linalg.norm(np.subtract(*shoulders)), np.linalg.norm(np.subtract(*hips)))))
        cv2.fillConvexPoly(canvas, cv2.convexHull(pixels[_TORSO]), paint)
        for start, end in SKELETON.edges:
            cv2.line(canvas, pixels[start].tolist(), pixels[end].tolist(), paint, min(width, 255))
        cv2.circle(canvas, pixels[_HEAD].mean(0).astype(int).tolist(), int(1.3 * width), paint, -1)
    return canvas


def _replaced(people: Landmarks, came: Landmarks) -> NDArray[np.bool_]:
    """``(n,)`` in whose place somebody came."""
    old, new = people.next_regions(), came.next_regions()
    apart = np.linalg.norm(old.centres[:, None] - new.centres[None], axis=-1)
    return np.asarray((apart < REPLACED_DISTANCE * np.maximum(old.sizes[:, None], new.sizes[None])).any(1))


def _around(boxes: NDArray[np.float32]) -> list[View]:
    """Square views on the neighbourhoods of lost people."""
    sides = 1.5 * boxes[:, 2:4].max(1)
    corners = boxes[:, :2] + boxes[:, 2:4] / 2 - sides[:, None] / 2
    return [View(float(x), float(y), float(side)) for (x, y), side in zip(corners, sides, strict=True)]


def _nobody() -> Landmarks:
    return Landmarks(np.zeros((0, 39, 2)), np.zeros((0, 39, 3)), np.zeros((0, 39)), np.zeros(0))
