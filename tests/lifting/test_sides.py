"""Labels of right and left, as given and swapped."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifting.networks import chance_prior, person

from neuropose_ray.lifting.bones import ARMS, BONES, LEGS, MIRROR_SIGNS, MIRRORED_BONES, OTHER_SIDE
from neuropose_ray.lifting.sides import label_log_likelihoods, of_stretch, swap_log_odds, with_swapped_labels
from neuropose_ray.schemas.depth_prior import ObservedPerson
from neuropose_ray.schemas.skeleton import LANDMARKS

FRAMES = 40
WHOLE = np.ones((FRAMES, 2), bool)


def frames_of(legs: range, arms: range) -> np.ndarray:
    chosen = np.zeros((FRAMES, 2), bool)
    chosen[legs, 0] = chosen[arms, 1] = True
    return chosen


def assert_same(one: ObservedPerson, other: ObservedPerson) -> None:
    for field in fields(ObservedPerson):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


stretches = st.tuples(st.integers(0, FRAMES), st.integers(0, FRAMES)).map(lambda ends: range(min(ends), max(ends)))


@settings(max_examples=30, deadline=None)
@given(st.builds(frames_of, stretches, stretches), st.integers(0, 50))
def test_swapping_twice_is_as_given(swapped, seed):
    track = person(FRAMES, seed=seed)
    assert_same(with_swapped_labels(with_swapped_labels(track, swapped), swapped), track)


def test_swapped_everywhere_every_landmark_is_the_other_sides():
    track = person(FRAMES)
    swapped = with_swapped_labels(track, WHOLE)
    np.testing.assert_array_equal(swapped.directions, track.directions[:, OTHER_SIDE])
    limbs = [i for i, ends in enumerate(BONES) if {*ends} <= _names(LEGS) or {*ends} <= _names(ARMS)]
    np.testing.assert_array_equal(
        swapped.bone_depths[:, limbs], (track.bone_depths[:, MIRRORED_BONES] * MIRROR_SIGNS)[:, limbs]
    )


def test_legs_alone_leave_the_arms():
    track = person(FRAMES)
    swapped = with_swapped_labels(track, frames_of(range(10, 20), range(0)))
    np.testing.assert_array_equal(swapped.directions[:, ARMS], track.directions[:, ARMS])
    np.testing.assert_array_equal(swapped.directions[10:20][:, LEGS], track.directions[10:20][:, OTHER_SIDE[LEGS]])
    np.testing.assert_array_equal(swapped.directions[20:], track.directions[20:])


def test_a_landmark_without_a_counterpart_stays():
    names = tuple(name for name in LANDMARKS if name != "left_toe")
    bones = tuple(bone for bone in BONES if "left_toe" not in bone)
    places = [LANDMARKS.index(name) for name in names]
    track = person(FRAMES)
    lacking = replace(
        track, landmarks=names, bones=bones, directions=track.directions[:, places],
        confidences=track.confidences[:, places], bone_depths=track.bone_depths[:, [BONES.index(b) for b in bones]],
    )  # fmt: skip
    swapped = with_swapped_labels(lacking, WHOLE)
    toe, ankle, other = (names.index(name) for name in ("right_toe", "right_ankle", "left_ankle"))
    np.testing.assert_array_equal(swapped.directions[:, toe], lacking.directions[:, toe])
    np.testing.assert_array_equal(swapped.directions[:, ankle], lacking.directions[:, other])


def test_odds_turn_their_sign_with_the_labels():
    prior, track, swapped = chance_prior(0), person(FRAMES), frames_of(range(5, 30), range(12, 40))
    here = swap_log_odds(prior, track, swapped)
    there = swap_log_odds(prior, with_swapped_labels(track, swapped), swapped)
    np.testing.assert_allclose(there[swapped], -here[swapped], atol=1e-5)
    np.testing.assert_array_equal(here[~swapped], prior(track).exchanged[~swapped])


@given(st.floats(-700, 700))
def test_likelihoods_are_those_of_the_odds(odds):
    as_given, swapped = label_log_likelihoods(np.array([odds]))
    assert swapped[0] - as_given[0] == pytest.approx(odds, abs=1e-6)
    assert np.logaddexp(as_given[0], swapped[0]) == pytest.approx(0, abs=1e-6)


def test_a_stretch_says_what_its_frames_say_on_the_mean():
    odds = np.full((6, 2), np.nan)
    odds[1:4, 0] = [1, 2, 6]
    np.testing.assert_array_equal(of_stretch(odds, 1, 4), [3, np.nan])


def _names(places: np.ndarray) -> set[str]:
    return {LANDMARKS[place] for place in places.tolist()}
