import numpy as np
import pytest
from support.stick_people import joints_mm

from neuropose_ray.render.colours import WHITE
from neuropose_ray.render.overlay.angles import apart, draw_arc, draws_angles, number
from neuropose_ray.render.overlay.measurements import AngleCurve
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33

GREY = 90
SIZE = 330.0
HIP, KNEE, ANKLE, OTHER = (BLAZEPOSE_33.index(f"left_{name}") for name in ("hip", "knee", "ankle", "elbow"))
RIGHT_KNEE = BLAZEPOSE_33.index("right_knee")
CURVE = AngleCurve(
    track=0, joint=KNEE, other_side=RIGHT_KNEE, zero_from=(HIP,), zero_to=(KNEE,), end=ANKLE, degrees=np.zeros(1)
)


def canvas():
    return np.full((400, 300, 3), GREY, np.uint8)


def bent(ankle):
    """The left knee at (150, 200) below the hip, the ankle so far from the knee."""
    pose = (150, 40) + 0.2 * joints_mm()[:, :2]
    pose[HIP], pose[KNEE], pose[RIGHT_KNEE] = (150, 130), (150, 200), (90, 200)
    pose[ANKLE] = pose[KNEE] + ankle
    return pose


def arc(ankle):
    image = canvas()
    draw_arc(image, bent(ankle), SIZE, CURVE, WHITE)
    rows, columns = np.nonzero((image == 255).all(axis=2))
    return rows - 200, columns - 150


@pytest.mark.parametrize(("ankle", "sign"), [((70, 0), 1), ((-70, 0), -1)])
def test_the_arc_opens_from_the_thigh_carried_on_to_the_shank(ankle, sign):
    rows, columns = arc(ankle)
    assert (rows >= -2).all(), "above the knee is the thigh"
    assert (sign * columns >= -2).all(), "beyond the shank"
    angles = np.degrees(np.arctan2(sign * columns, rows))[np.hypot(rows, columns) > 8]
    assert angles.min() < 5
    assert angles.max() > 85


def test_a_straight_leg_has_hardly_an_arc():
    rows, columns = arc((2, 70))
    assert np.abs(columns).max() <= 3
    assert rows.max() > 10


def test_a_segment_along_the_line_of_sight_has_no_arc():
    assert not arc((3, 3))[0].size
    assert not arc((np.nan, np.nan))[0].size


def test_only_large_people_have_angles():
    assert draws_angles(canvas(), SIZE)
    assert not draws_angles(canvas(), 60)


def at(pose, degrees=41.6, above=False):
    return number(canvas(), pose, degrees, CURVE, above=above, colour=WHITE)


def test_the_number_stands_on_the_side_away_from_the_other_joint():
    pose = bent((0, 70))
    assert at(pose).foot[0] - at(pose).label.size[0] / 2 > 150
    pose[RIGHT_KNEE] = (210, 200)
    assert at(pose).foot[0] + at(pose).label.size[0] / 2 < 150
    assert at(pose).label.text == "42"


def test_joints_behind_each_other_have_one_number_above_and_one_below():
    pose = bent((0, 70))
    pose[RIGHT_KNEE] = pose[KNEE]
    assert not at(pose, above=True).covers(at(pose))
    assert at(pose, above=True).foot[1] < 200
    assert at(pose).foot[1] - at(pose).label.size[1] > 200


def test_numbers_do_not_jump_while_joints_pass_each_other():
    pose, feet = bent((0, 70)), []
    for x in np.linspace(90, 210, 241):
        pose[RIGHT_KNEE, 0] = x
        feet.append(at(pose).foot)
    assert np.linalg.norm(np.diff(feet, axis=0), axis=1).max() < 8


def test_numbers_that_would_cover_each_other_are_moved_down():
    one = at(bent((0, 70)))
    placed = apart([one, one, one])
    assert all(not first.covers(second) for first in placed for second in placed if first is not second)
    assert [each.foot[0] for each in placed] == [one.foot[0]] * 3
    assert apart([one]) == [one]
