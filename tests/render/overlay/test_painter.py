from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.stick_people import people

from neuropose_ray.render.colours import SIDE_COLOURS, track_colour
from neuropose_ray.render.overlay.choices import View
from neuropose_ray.render.overlay.measurements import AngleCurve, Measurements, RepetitionCurve
from neuropose_ray.render.overlay.painter import Painter
from neuropose_ray.render.overlay.settings import OverlaySettings
from neuropose_ray.render.sides import Side
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33

HEADER = PredictionsHeader(
    metadata=VideoMetadata(frame_count=3, fps=30, width=480, height=640), skeleton=BLAZEPOSE_33
)
HIP, KNEE, ANKLE, OTHER = (BLAZEPOSE_33.index(name) for name in ("left_hip", "left_knee", "left_ankle", "right_knee"))
#: Beside the left knee, where nothing but its angle is written.
BESIDE_KNEE = np.s_[420:500, 280:360]
GREY = 90


def angle(track=0, degrees=(30.0, 30.0, 30.0)):
    return AngleCurve(
        track=track, joint=KNEE, other_side=OTHER, zero_from=(HIP,), zero_to=(KNEE,), end=ANKLE,
        degrees=np.array(degrees),
    )  # fmt: skip


def squats(track=0, starts=(0.03,), ends=(0.05,)):
    return RepetitionCurve(track=track, movement="knee flexion", start_s=np.array(starts), end_s=np.array(ends))


def standing(**changes):
    """A large person in three frames."""
    return people(range(3), [(240, 100)] * 3, scale=0.3, **changes)


def painted(table, *, frame=1, angles=(), repetitions=(), **settings):
    image = np.full((640, 480, 3), GREY, np.uint8)
    measured = Measurements(tuple(angles), tuple(repetitions))
    return Painter(table, HEADER, OverlaySettings(**settings), measured).paint(image, frame)


def is_written(image):
    """Whether the number's ground, of the side's colour, is beside the knee."""
    return (image[BESIDE_KNEE] == SIDE_COLOURS[Side.LEFT]).all(axis=2).sum() > 150


def test_an_angle_stands_beside_its_joint_in_the_colour_of_its_side():
    assert is_written(painted(standing(), angles=[angle()]))
    assert not is_written(painted(standing()))


@pytest.mark.parametrize("curve", [angle(track=3), angle(degrees=(30.0, np.nan, 30.0))])
def test_other_peoples_angles_and_unknown_ones_are_not_written(curve):
    assert not is_written(painted(standing(), angles=[curve]))


@pytest.mark.parametrize("joint", [HIP, KNEE, ANKLE])
def test_an_angle_is_not_written_where_one_of_its_joints_is_uncertain_or_unknown(joint):
    unsure = standing()
    unsure.poses.joint_scores[1, joint] = 0.3
    assert not is_written(painted(unsure, angles=[angle()]))
    unknown = standing()
    unknown.poses.poses2d[1, joint] = np.nan
    assert not is_written(painted(unknown, angles=[angle()]))


def test_small_people_have_no_angles():
    table = people(range(3), [(240, 300)] * 3, scale=0.05)
    assert (painted(table, angles=[angle()]) == painted(table)).all()


def test_without_ids_the_first_person_of_each_frame_has_them():
    table = replace(
        people([0, 1, 1], [(240, 100), (240, 100), (90, 100)], scale=0.3, times_s=[0, 0.1]), track_ids=None
    )
    image = painted(table, angles=[angle(track=None)])
    assert is_written(image)
    assert not (image[420:500, 130:210] == SIDE_COLOURS[Side.LEFT]).all(axis=2).sum() > 150


def counter(image):
    """The colour of the ground in the upper right corner."""
    return tuple(image[2, -3].tolist())


def test_repetitions_are_counted_and_coloured_while_one_is_under_way():
    table = standing()
    grounds = [counter(painted(table, frame=frame, repetitions=[squats()])) for frame in range(3)]
    assert grounds == [(0, 0, 0), track_colour(0), (0, 0, 0)]
    before, after = (painted(table, frame=frame, repetitions=[squats()])[:30, -200:] for frame in (0, 2))
    assert (before != after).any(), "the count stays the same"
    assert counter(painted(table)) == (GREY, GREY, GREY)


def test_several_people_have_a_line_each():
    one, two = (
        painted(standing(), repetitions=repetitions) for repetitions in ([squats()], [squats(), squats(track=1)])
    )

    def rows(image):
        return int((image[:, -3] != GREY).any(axis=1).sum())

    assert rows(two) == pytest.approx(2 * rows(one), abs=2)


def test_the_size_is_that_of_what_is_painted():
    for view in (None, View.TURNING):
        painter = Painter(standing(), HEADER, OverlaySettings(view=view), Measurements())
        width, height = painter.size(480, 640)
        assert painter.paint(np.full((640, 480, 3), GREY, np.uint8), 0).shape == (height, width, 3)


def test_no_landmark_is_drawn_over_a_hidden_face_and_the_rest_of_the_body_is():
    face, legs = np.s_[97:125, 215:265], np.s_[450:560, 190:290]
    shown, hidden = painted(standing()), painted(standing(), blur_faces=True)
    assert (shown[face] != GREY).any()
    assert (hidden[face] == GREY).all()
    assert (hidden[legs] != GREY).any()
    assert (hidden[legs] == shown[legs]).all()


@settings(max_examples=40)
@given(
    centres=st.lists(st.tuples(st.floats(-900, 1200), st.floats(-900, 1200)), max_size=3),
    scale=st.sampled_from([0.01, 0.1, 0.3, 2.0]),
    score=st.sampled_from([0.2, 0.9]),
    boxes=st.booleans(),
)
def test_nothing_is_drawn_outside_the_parts_of_a_frame(centres, scale, score, boxes):
    """Wherever the people are, and however much of them is in the picture."""
    table = people([1] * len(centres), centres, scale=scale, times_s=[0.0, 0.1, 0.2], joint_scores=score)
    table.poses.poses2d[::2, 5] = np.nan
    painter = Painter(table, HEADER, OverlaySettings(boxes=boxes), Measurements())
    image = np.full((640, 480, 3), GREY, np.uint8)
    parts = painter.parts(image, 1)
    drawn = (painter.paint(image, 1) != GREY).any(axis=2)
    assert drawn.any()
    for part in [] if parts is None else parts:
        part.of(drawn)[:] = False
    assert parts is None or not drawn.any()


@pytest.mark.parametrize("settings", [{"blur_faces": True}, {"view": View.FRONT}])
def test_hidden_faces_and_the_panel_leave_no_part_of_the_picture_out(settings):
    painter = Painter(standing(), HEADER, OverlaySettings(**settings), Measurements())
    assert painter.parts(np.zeros((640, 480, 3), np.uint8), 1) is None


@pytest.mark.parametrize("measured", [Measurements(angles=(angle(),)), Measurements(repetitions=(squats(),))])
def test_what_was_measured_is_written_anywhere(measured):
    assert Painter(standing(), HEADER, OverlaySettings(), measured).parts(np.zeros((640, 480, 3)), 1) is None


def test_the_parts_of_one_person_are_a_small_part_of_the_picture():
    table = people(range(3), [(240, 200)] * 3, scale=0.1)
    parts = Painter(table, HEADER, OverlaySettings(), Measurements()).parts(np.zeros((640, 480, 3)), 1)
    assert sum(part.area for part in parts) < 640 * 480 / 4
