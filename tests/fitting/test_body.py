"""The body is built from whatever landmarks a skeleton names."""

import pytest

from neuropose_ray.errors import SettingsError
from neuropose_ray.fitting.body import REQUIRED, body_of
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton


def skeleton(names) -> Skeleton:
    return Skeleton(name="test", joint_names=tuple(names), landmarks={name: name for name in names})


def test_all_landmarks_give_all_bones():
    body = body_of(skeleton(LANDMARKS))
    assert [kind.name for kind in body.kinds][-3:] == ["ankle_heel", "heel_toe", "ankle_toe"]
    assert len(body.bones) == 20
    assert len(body.feet) == 4


def test_without_heels_a_foot_is_one_bone():
    body = body_of(skeleton([name for name in LANDMARKS if "heel" not in name]))
    assert [kind.name for kind in body.kinds][-1] == "ankle_toe"
    assert len(body.feet) == 2


def test_without_feet_the_limbs_remain():
    body = body_of(skeleton(REQUIRED))
    assert len(body.bones) == 14
    assert len(body.feet) == 0


@pytest.mark.parametrize("missing", REQUIRED)
def test_a_missing_limb_is_named(missing):
    with pytest.raises(SettingsError, match=missing):
        body_of(skeleton([name for name in LANDMARKS if name != missing]))
