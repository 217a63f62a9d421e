"""Whom a session follows, loses, looks for and believes, with networks that see what a script says.

Real pictures are in test_model.py; situations such as a person who vanishes for an exact number of frames can only
be had from stand-ins for the two networks.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest

from neuropose_ray.models.blazepose.geometry import Regions
from neuropose_ray.models.blazepose.landmarks import SKELETON, Landmarks
from neuropose_ray.models.blazepose.session import BlazePoseSession, boxes_around, painted_over
from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.schemas.camera import Camera

WIDTH, HEIGHT = 640, 480
BLANK = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
#: Side of a person's region, pixels.
SIDE = 200.0
INTERVAL, HOLD = 3, 4


def body():
    """``(39, 3)`` metres from the middle of the hips, x right, y down: upright, 1.25 m from shoulders to ankles."""
    heights = {
        "nose": -0.68, "eye": -0.72, "ear": -0.7, "mouth": -0.64, "shoulder": -0.5, "elbow": -0.25, "wrist": -0.02,
        "pinky": 0.05, "thumb": 0.05, "hip": 0.0, "knee": 0.38, "ankle": 0.75, "heel": 0.78, "foot": 0.8,
        "index": 0.05,
    }  # fmt: skip
    points = np.zeros((39, 3))
    for place, name in enumerate(SKELETON.joint_names):
        across = 0.04 if heights[part := next(part for part in heights if part in name)] < -0.6 else 0.16
        points[place] = (across if "left" in name else -across if "right" in name else 0.0), heights[part], 0
    return points


BODY = body()


def landmarks(x, y, presence=0.9, visibility=0.9, side=SIDE, stretched=1.0):
    """One person whose hips are there, and whose region has that side."""
    pixels = BODY[None, :, :2] * side / 2.5 + (x, y)
    pixels[0, 33], pixels[0, 34] = (x, y), (x, y - side / 2.5)
    return Landmarks(pixels, BODY[None] * stretched, np.full((1, 39), visibility), np.array([presence]))


@dataclass
class Person:
    """Where somebody is, by the frame's number, and what the networks say of them."""

    x: float
    y: float = 240.0
    step: float = 0.0
    frames: range = range(10**6)
    presence: float = 0.9
    faint: dict[int, float] = field(default_factory=dict)
    visibility: float = 0.9
    stretched: float = 1.0
    detected: bool = True
    wanders: float = 0.0

    def at(self, number):
        return np.array([self.x + self.step * number, self.y])


class Stage:
    """Stands for the detector and for the landmark finder: it knows who is there in the present frame."""

    def __init__(self, *people):
        self.people, self.number, self.looks, self.searches = people, 0, 0, []

    def picture(self):
        """People are white around their hips."""
        picture = BLANK.copy()
        for person in self.people:
            if self.number in person.frames:
                x, y = person.at(self.number).astype(int)
                # Large enough that the search sees a change.
                picture[max(0, y - 60) : y + 60, max(0, x - 30) : x + 30] = 255
        return picture

    def visible(self, picture):
        """Who is there and not painted over."""
        for person in self.people:
            x, y = person.at(self.number)
            inside = 0 <= x < WIDTH and 0 <= y < HEIGHT
            if self.number in person.frames and inside and picture[int(y), int(x), 0] == 255:
                yield person

    def find(self, frame, where, threshold=None):
        """Regions in a view, or landmarks in regions."""
        return self._regions(frame, where, threshold) if hasattr(where, "side") else self._landmarks(frame, where)

    def _regions(self, frame, view, threshold):
        self.searches.append((self.number, view, threshold))
        people = [person.at(self.number) for person in self.visible(frame) if person.detected]
        offsets = np.array(people).reshape(-1, 2) - (view.left, view.top)
        inside = ((offsets >= 0) & (offsets < view.side)).all(axis=1)
        count = int(inside.sum())
        return Regions(offsets[inside] + (view.left, view.top), np.full(count, SIDE), np.zeros(count))

    def _landmarks(self, frame, regions):
        self.looks += 1
        rows = [self._of_region(frame, *row) for row in zip(regions.centres, regions.sizes, strict=True)]
        return Landmarks.concatenate([landmarks(0, 0).take(np.zeros(1, bool)), *rows])

    def _of_region(self, frame, centre, size):
        def away(person):
            return np.linalg.norm(person.at(self.number) - centre)

        person = min(self.visible(frame), key=away, default=None)
        if person is None or away(person) > 0.4 * size:
            return landmarks(*centre, presence=0.01, visibility=0.1)
        x, y = person.at(self.number)
        shift = person.wanders * SIDE * (self.looks % 2)
        presence = person.faint.get(self.number, person.presence)
        return landmarks(x + shift, y, presence, person.visibility, stretched=person.stretched)


def session_of(stage, first=0, **settings):
    settings = BlazePoseSettings(**{"search_interval": INTERVAL, "hold_frames": HOLD, "tile_rows": 0, **settings})
    return BlazePoseSession(stage, stage, settings, Camera.from_field_of_view(WIDTH, HEIGHT, 60), first)


def play(*people, frames, first=0, **settings):
    """``{frame: [x of each person's hips]}``, the poses of each frame, and the stage."""
    stage = Stage(*people)
    session = session_of(stage, first, **settings)
    shown, parts = {}, []
    for number in range(first, first + frames):
        stage.number = number
        poses = session.predict([stage.picture()])
        parts.append(poses)
        hips = poses.poses2d[:, [SKELETON.index("left_hip"), SKELETON.index("right_hip")]].mean(axis=1)
        shown[number] = [round(float(x)) for x in hips[:, 0]]
    return shown, parts, stage


def test_who_is_there_is_found_in_the_first_frame_and_followed():
    shown, parts, _ = play(Person(200, step=4), frames=12)
    assert shown == {number: [200 + 4 * number] for number in range(12)}
    assert {len(poses) for poses in parts} == {1}
    assert all(poses.boxes[0, 4] == pytest.approx(0.9) for poses in parts)


def test_an_empty_room_shows_nobody():
    shown, parts, _ = play(frames=5)
    assert set(map(tuple, shown.values())) == {()}
    assert parts[0].poses3d.shape == (0, len(SKELETON), 3)


def test_people_are_reported_once_each_in_the_order_in_which_they_came():
    shown, _, _ = play(Person(400), Person(150, frames=range(3, 99)), frames=12)
    assert shown[2] == [400]
    assert shown[11] == [400, 150]


def test_frames_may_come_several_at_a_time():
    stage = Stage(Person(200))
    poses = session_of(stage).predict([stage.picture()] * 3)
    assert poses.frame.tolist() == [0, 1, 2]


def test_no_more_people_than_are_allowed_the_surest_ones():
    people = Person(120, presence=0.6), Person(320, presence=0.95), Person(520, presence=0.7)
    shown, _, _ = play(*people, frames=4, max_persons=2)
    assert all(sorted(xs) == [320, 520] for xs in shown.values())


def test_a_followed_person_may_be_fainter_than_a_newcomer():
    """0.5 lets somebody in, 0.25 keeps them."""
    faint = dict.fromkeys(range(4, 8), 0.3) | dict.fromkeys(range(10, 12), 0.2)
    shown, _, _ = play(Person(200, faint=faint), frames=16)
    assert [number for number, xs in shown.items() if not xs] == [10, 11]
    assert play(Person(200, presence=0.4), frames=8)[0] == {number: [] for number in range(8)}


@pytest.mark.parametrize(("gone", "comes_back_at_once"), [(HOLD, True), (HOLD + 1, False)])
def test_who_is_unseen_is_followed_for_some_frames_unreported(gone, comes_back_at_once):
    """Nobody is detected any more, so that only the region of the last look can find them again."""
    person = Person(200, frames=[number for number in range(20) if not 5 <= number < 5 + gone])
    stage = Stage(person)
    session = session_of(stage, search_interval=100, refresh_interval=10**6)
    seen = []
    for number in range(20):
        stage.number = number
        person.detected = number < 5
        seen.append(len(session.predict([stage.picture()])))
    assert seen[:5] == [1] * 5
    assert seen[5 : 5 + gone] == [0] * gone
    assert bool(seen[5 + gone]) == comes_back_at_once


def test_who_leaves_the_room_for_long_is_searched_for_again():
    frames = [*range(4), *range(61, 70)]
    shown, _, _ = play(Person(200, frames=frames), frames=70)
    assert not any(shown[number] for number in range(4, 61))
    assert shown[61] == [200]


def test_a_person_who_moves_too_fast_is_found_in_the_same_frame():
    """The region of the last frame is far off; the detector looks before the frame is given up."""
    person = Person(150)
    person.at = lambda number: np.array([150.0 if number < 4 else 500.0, 240.0])
    shown, _, _ = play(person, frames=8)
    assert [shown[number] for number in (3, 4, 5)] == [[150], [500], [500]]


def test_two_regions_on_one_body_are_one_person():
    """One of two people vanishes behind the other: the other is not reported twice."""
    hiding = Person(300, frames=range(6))
    shown, _, _ = play(Person(360), hiding, frames=14)
    assert sorted(shown[4]) == [300, 360]
    assert all(shown[number] == [360] for number in range(6, 14))


def test_who_wanders_from_look_to_look_is_no_person():
    """Equipment and half bodies: landmarks never settle."""
    shown, _, _ = play(Person(200, wanders=0.05), frames=6)
    assert not any(shown.values())
    assert play(Person(200, wanders=0.005), frames=6)[0][5]


def test_where_somebody_was_refused_nobody_is_looked_at_for_some_frames():
    stage_looks = []
    stage = Stage(Person(200, wanders=0.05))
    session = session_of(stage, search_interval=1, refresh_interval=1)
    for number in range(21):
        stage.number = number
        before = stage.looks
        session.predict([stage.picture()])
        stage_looks.append(stage.looks - before)
    assert [number for number, looks in enumerate(stage_looks) if looks] == [0, 9, 18]
    assert max(stage_looks) == 6


def test_an_unusual_body_is_believed_where_the_detector_agrees():
    lying = Person(200, stretched=1.5)
    shown, parts, stage = play(lying, frames=10)
    assert all(shown.values())
    assert all(poses.boxes[0, 4] == pytest.approx(0.9) for poses in parts)
    assert any(threshold == 0.3 for _, _, threshold in stage.searches)  # looked at closely


def test_a_usual_body_needs_no_detector():
    _, _, stage = play(Person(200), frames=10)
    assert not [view for number, view, threshold in stage.searches if number > 0 and threshold is not None]


def test_whom_the_detector_no_longer_finds_is_doubted_and_given_up():
    """Landmarks of equipment look like a person's at first."""
    doubtful = Person(200, stretched=1.5)
    stage = Stage(doubtful)
    session = session_of(stage, refresh_interval=10**6)
    scores = []
    for number in range(14):
        stage.number, doubtful.detected = number, number < 5
        poses = session.predict([stage.picture()])
        scores.append([round(float(score), 2) for score in poses.boxes[:, 4]])
    assert scores[:5] == [[0.9]] * 5
    assert scores[5 : 5 + HOLD] == [[0.2]] * HOLD
    assert scores[5 + HOLD :] == [[]] * 5


def test_somebody_new_takes_the_place_of_who_is_doubted():
    """Nobody is reported beside a region that slid onto equipment in the same place."""
    doubted = Person(200, stretched=1.5)
    newcomer = Person(240, frames=range(8, 99))
    stage = Stage(doubted, newcomer)
    session = session_of(stage, hold_frames=30)
    for number in range(24):
        stage.number, doubted.detected = number, number < 4
        poses = session.predict([stage.picture()])
    assert len(poses) == 1
    assert poses.poses2d[0, SKELETON.index("nose"), 0] == pytest.approx(240, abs=1)
    assert poses.boxes[0, 4] == pytest.approx(0.9)


def test_low_visibility_and_parts_outside_the_picture_are_unusual_too():
    for person in (Person(200, visibility=0.4), Person(200, y=478)):
        _, _, stage = play(person, frames=4)
        assert any(threshold == 0.3 for number, _, threshold in stage.searches if number > 0)


def test_a_session_may_begin_in_the_middle_of_a_video():
    shown, _, stage = play(Person(200), frames=12, first=58, refresh_interval=1)
    assert list(shown.values()) == [[200]] * 12
    # The turns of the search go by the numbers of the frames in their video.
    assert sorted({number for number, _, _ in stage.searches}) == [58, 60, 63, 66, 69]


def test_poses_have_their_boxes_pixels_and_scores():
    _, parts, _ = play(Person(200), frames=1)
    poses, told = parts[0], landmarks(200, 240)
    np.testing.assert_allclose(poses.poses2d, told.pixels[:, : len(SKELETON)], atol=1e-3)
    np.testing.assert_allclose(poses.joint_scores, 0.9)
    np.testing.assert_allclose(poses.boxes, boxes_around(told.pixels[:, : len(SKELETON)], told.presence), atol=1e-3)
    assert poses.poses3d[..., 2].min() > 500
    lengths = np.linalg.norm(np.diff(poses.poses3d[0, [23, 25, 27]], axis=0), axis=-1)
    np.testing.assert_allclose(
        lengths, 1000 * np.linalg.norm(np.diff(BODY[[23, 25, 27]], axis=0), axis=-1), rtol=1e-3
    )


def test_a_box_reaches_a_tenth_beyond_the_landmarks_on_each_side():
    pixels = np.array([[[10.0, 20], [60, 120]], [[0, 0], [0, 0]]])
    np.testing.assert_allclose(
        boxes_around(pixels, np.array([0.5, 0.25])), [[5, 10, 60, 120, 0.5], [0, 0, 0, 0, 0.25]]
    )


def test_known_people_are_painted_over_and_nobody_else():
    random = np.random.default_rng(0)
    frame = random.integers(0, 256, BLANK.shape, np.uint8)
    before = frame.copy()
    painted = painted_over(frame, landmarks(200, 240))
    np.testing.assert_array_equal(frame, before)
    changed = (painted != frame).any(axis=-1)
    for pixel in landmarks(200, 240).pixels[0, : len(SKELETON)].round().astype(int):
        assert changed[pixel[1], pixel[0]]
    rows, columns = np.nonzero(changed)
    low, high = (edge(landmarks(200, 240).pixels[0, : len(SKELETON)], axis=0) for edge in (np.min, np.max))
    assert (columns.min() > low[0] - 30) & (columns.max() < high[0] + 30)
    assert (rows.min() > low[1] - 30) & (rows.max() < high[1] + 30)
    assert len(np.unique(painted[changed], axis=0)) == 1
    np.testing.assert_array_equal(painted_over(frame, landmarks(0, 0).take(np.zeros(1, bool))), frame)


@pytest.mark.parametrize("wild", [1e30, -1e30, 1e7])
def test_wild_landmarks_paint_nothing_that_breaks(wild):
    people = landmarks(200, 240)
    people.pixels[0, 5:20] = wild
    assert painted_over(BLANK, people).shape == BLANK.shape
