import numpy as np
import pytest
from support.stick_people import joints_mm, turned

from neuropose_ray.render.overlay.following import follow
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33

FRAMES = 60
TIMES_S = np.arange(FRAMES) / 30
#: Of the feet of a standing stick person, mm below the ears.
SOLES = 1620.0


def person(places=(0.0, 0.0, 4000.0), turn=0.0):
    """A person at the same or at changing places."""
    body = turned(joints_mm(), turn)
    return body + np.broadcast_to(places, (FRAMES, 3))[:, None]


def followed(poses, skeleton=BLAZEPOSE_33):
    return follow(poses, skeleton, TIMES_S)


def test_a_standing_person_is_where_the_person_stands():
    centre = followed(person((500, 0, 4000))).centre
    assert centre[:, 0] == pytest.approx([500] * FRAMES, abs=30)
    assert centre[:, 1] == pytest.approx([SOLES] * FRAMES, abs=1)
    assert centre[:, 2] == pytest.approx([4000] * FRAMES, abs=60)


def test_a_jump_leaves_the_floor_behind():
    heights = np.where((TIMES_S > 0.8) & (TIMES_S < 1.2), -300.0, 0.0)
    places = np.stack([np.zeros(FRAMES), heights, np.full(FRAMES, 4000.0)], axis=1)
    assert followed(person(places)).centre[:, 1] == pytest.approx([SOLES] * FRAMES, abs=1)


@pytest.mark.parametrize("turn", [0, 60, 180, 270])
def test_the_side_is_known_however_the_person_is_turned(turn):
    """Facing the camera, the left is to the right of the picture."""
    across = followed(person(turn=turn)).across
    expected = turned(np.array([[1.0, 0, 0]]), turn)[0, [0, 2]]
    assert across == pytest.approx(np.tile(expected, (FRAMES, 1)), abs=1e-6)


def test_missing_frames_are_bridged():
    poses = person(np.linspace([0, 0, 4000], [1000, 0, 4000], FRAMES))
    whole = followed(poses)
    poses[20:40] = np.nan
    assert np.isfinite(followed(poses).centre).all()
    assert followed(poses).centre == pytest.approx(whole.centre, abs=40)


def test_nobody_and_unknown_joints_give_a_view_all_the_same():
    nobody = followed(np.full((FRAMES, 33, 3), np.nan))
    assert np.isfinite(nobody.centre).all()
    assert nobody.across == pytest.approx(np.tile([1.0, 0.0], (FRAMES, 1)))
    dots = Skeleton(name="dots", joint_names=("a", "b"))
    assert follow(person()[:, :2], dots, TIMES_S).across[0].tolist() == [1, 0]
    assert follow(person()[:1], BLAZEPOSE_33, TIMES_S[:1]).centre.shape == (1, 3)
