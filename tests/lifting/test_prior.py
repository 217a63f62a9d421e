"""The prior on tracks of any rate, length, height, with gaps and without some joints."""

from dataclasses import replace

import numpy as np
import pytest
from lifting.networks import chance_prior, person
from scipy.spatial.transform import Rotation

from neuropose_ray.lifting import prior as module
from neuropose_ray.lifting.bones import BONES, MIRROR_SIGNS, MIRRORED_BONES, OTHER_SIDE
from neuropose_ray.lifting.prior import LEAST_SIGMA_M
from neuropose_ray.schemas.depth_prior import ObservedPerson
from neuropose_ray.schemas.skeleton import LANDMARKS

PRIOR = chance_prior(0, 1)


def test_every_frame_and_bone_gets_a_depth_and_an_error():
    answer = PRIOR(person(frames=50))
    assert (answer.depths.shape, answer.sigma.shape, answer.exchanged.shape) == ((50, 18), (50, 18), (50, 2))
    assert np.isfinite(answer.depths).all()
    assert (answer.sigma > LEAST_SIGMA_M).all()


def test_the_mirror_image_has_the_mirrored_depths():
    track = person()
    flipped = replace(
        track,
        directions=(track.directions * [-1, 1])[:, OTHER_SIDE],
        confidences=track.confidences[:, OTHER_SIDE],
        bone_depths=track.bone_depths[:, MIRRORED_BONES] * MIRROR_SIGNS,
    )
    here, there = PRIOR(track), PRIOR(flipped)
    np.testing.assert_allclose(there.depths, here.depths[:, MIRRORED_BONES] * MIRROR_SIGNS, atol=1e-5)
    np.testing.assert_allclose(there.sigma, here.sigma[:, MIRRORED_BONES], atol=1e-5)
    np.testing.assert_allclose(there.exchanged, here.exchanged, atol=1e-5)


@pytest.mark.parametrize("height_m", [1.1, 1.5, 2.0])
def test_a_larger_person_farther_away_has_larger_depths(height_m):
    track = person()
    size = height_m / 1.7
    larger = replace(track, height_m=height_m, distance=track.distance * size, bone_depths=track.bone_depths * size)
    here, there = PRIOR(track), PRIOR(larger)
    np.testing.assert_allclose(there.depths, here.depths * size, atol=1e-5)
    np.testing.assert_allclose(there.sigma, here.sigma * size, atol=1e-5)


def test_nothing_in_a_gap_but_the_distance_is_used():
    found = np.ones(60, bool)
    found[20:40] = False
    track = person(found=found)
    before = PRIOR(track)
    middle = slice(24, 36)  # away from the ends of the gap, where frames are averaged with found ones
    track.directions[middle, 2:] += 0.3
    track.bone_depths[middle] += 1
    np.testing.assert_allclose(PRIOR(track).depths, before.depths, atol=1e-5)


def test_segments_know_nothing_of_each_other():
    segments = np.repeat([0, 1], 30)
    track = person(segments=segments)
    before = PRIOR(track)
    track.directions[30:] += 0.2
    after = PRIOR(track)
    np.testing.assert_array_equal(after.depths[:30], before.depths[:30])
    assert np.abs(after.depths[30:] - before.depths[30:]).max() > 1e-4


def test_a_skeleton_without_feet_gets_the_bones_that_it_has():
    names = tuple(name for name in LANDMARKS if not name.endswith(("heel", "toe")))
    bones = tuple(bone for bone in BONES if set(bone) <= set(names))
    track = person()
    places = [LANDMARKS.index(name) for name in names]
    without = replace(
        track, landmarks=names, bones=bones, directions=track.directions[:, places],
        confidences=track.confidences[:, places], bone_depths=track.bone_depths[:, [BONES.index(b) for b in bones]],
    )  # fmt: skip
    answer = PRIOR(without)
    assert answer.depths.shape == (60, len(bones))
    assert np.isfinite(answer.depths).all()


def test_joints_and_bones_have_any_order():
    track, random = person(), np.random.default_rng(0)
    joints, bones = random.permutation(16), random.permutation(18)
    shuffled = replace(
        track, landmarks=tuple(LANDMARKS[i] for i in joints), bones=tuple(BONES[i] for i in bones),
        directions=track.directions[:, joints], confidences=track.confidences[:, joints],
        bone_depths=track.bone_depths[:, bones],
    )  # fmt: skip
    np.testing.assert_allclose(PRIOR(shuffled).depths, PRIOR(track).depths[:, bones], atol=1e-6)


def test_blocks_of_a_long_track_join_without_a_seam(monkeypatch):
    track = person(frames=400, fps=20)
    whole = PRIOR(track)
    monkeypatch.setattr(module, "BLOCK", 64)
    parts = PRIOR(track)
    np.testing.assert_allclose(parts.depths, whole.depths, atol=1e-5)
    np.testing.assert_allclose(parts.sigma, whole.sigma, atol=1e-5)


def test_networks_that_disagree_are_less_sure():
    track = person()
    alike, apart = chance_prior(0, 0)(track), chance_prior(0, 7)(track)
    single = chance_prior(0)(track)
    np.testing.assert_allclose(alike.sigma, single.sigma, atol=1e-6)
    assert apart.sigma.mean() > min(chance_prior(seed)(track).sigma.mean() for seed in (0, 7))


def upright(trunk_deg: float = 0, legs_deg: float = 0) -> ObservedPerson:
    """Somebody whose trunk and legs lean to the right in the picture by these degrees, and sway."""
    track = person()
    hips = np.array([0.05, 0.02])
    middles = {
        "hip": hips,
        "shoulder": hips + 0.12 * np.array([np.sin(np.radians(trunk_deg)), -np.cos(np.radians(trunk_deg))]),
        "ankle": hips - 0.2 * np.array([np.sin(np.radians(legs_deg)), -np.cos(np.radians(legs_deg))]),
    }
    sway = 0.01 * np.sin(track.times)[:, None]
    for part, middle in middles.items():
        for side, across in (("right", -0.03), ("left", 0.03)):
            track.directions[:, LANDMARKS.index(f"{side}_{part}")] = middle + sway + [across, 0]
    return track


def rolled(track: ObservedPerson, degrees: float) -> ObservedPerson:
    """The same person before a camera that is turned about its axis."""
    turn = Rotation.from_euler("z", -degrees, degrees=True).as_matrix()[:2, :2]
    return replace(track, directions=track.directions @ turn)


@pytest.mark.parametrize("degrees", [-90, -35, 20, 60, 130, 180])
def test_a_camera_held_askew_changes_nothing(degrees):
    level, askew = PRIOR(rolled(upright(), 25)), PRIOR(rolled(upright(), degrees))
    np.testing.assert_allclose(askew.depths, level.depths, atol=1e-4)
    np.testing.assert_allclose(askew.sigma, level.sigma, atol=1e-4)


@pytest.mark.parametrize(("trunk_deg", "legs_deg"), [(0, 0), (70, 0), (70, 5), (-60, 20), (5, -90), (8, 9)])
def test_people_who_bend_or_sit_before_a_level_camera_are_not_turned(trunk_deg, legs_deg):
    track = upright(trunk_deg, legs_deg)
    assert module._upright(track.directions, track.found, LANDMARKS) is track.directions


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_glimpse_is_enough_to_answer(frames):
    assert np.isfinite(PRIOR(person(frames=frames)).depths).all()


def test_the_same_track_gives_the_same_bytes():
    track = person()
    assert PRIOR(track).depths.tobytes() == PRIOR(track).depths.tobytes()
