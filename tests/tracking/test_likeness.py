"""The evidence that two stretches show one person: time, place, size, proportions, colours, each with its weight."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeleton import Skeleton
from neuropose_ray.tracking.likeness import colour_log_odds, ends_of, log_odds
from neuropose_ray.tracking.settings import TrackingSettings
from neuropose_ray.tracking.stretches import stretches

CAMERA = Camera.from_field_of_view(1280, 720, 67)
CHAIN = Skeleton(
    name="thirteen", joint_names=[f"j{n}" for n in range(13)], edges=[(n, n + 1) for n in range(12)], landmarks={}
)
BODY = np.random.default_rng(3).normal(scale=[200, 500, 100], size=(13, 3))
RATE_HZ = 30


class Recording:
    """Two stretches, the second ``away_s`` after the first, and how alike they are."""

    def __init__(
        self, away_s=0.5, *, frames=30, to_mm=(0, 0, 3000), step_mm=(0, 0, 0), body=BODY, camera=CAMERA, **options
    ):
        self.settings = TrackingSettings(**options)
        times = np.concatenate([np.arange(frames) / RATE_HZ, np.arange(frames) / RATE_HZ])
        times[frames:] += times[frames - 1] + away_s
        joints = np.concatenate(
            [np.tile(BODY + (0, 0, 3000), (frames, 1, 1)), np.tile(body + np.array(to_mm), (frames, 1, 1))]
        )
        joints += (np.arange(2 * frames) % frames)[:, None, None] * np.array(step_mm)
        pixels = np.concatenate([CAMERA.project(joints[:frames]), camera.project(joints[frames:])])
        low, high = pixels.min(1), pixels.max(1)
        boxes = np.concatenate([low, high - low, np.ones((2 * frames, 1))], 1)
        poses = Poses(
            np.arange(2 * frames), boxes.astype(np.float32), pixels.astype(np.float32), joints.astype(np.float32),
            np.ones((2 * frames, 13), np.float32),
        )  # fmt: skip
        self.table = PoseTable(times, poses)
        self.ends = [ends_of(stretch, self.table, CHAIN) for stretch in stretches(self.table, self.settings)]

    def odds(self):
        before, after = self.ends
        return log_odds(before, after, self.table, self.settings)


def test_the_ends_of_a_stretch_are_its_times_places_and_sizes():
    ends = Recording().ends[0]
    assert (ends.begin_s, ends.end_s, ends.duration_s) == (0, pytest.approx(29 / 30), pytest.approx(29 / 30))
    pixels = CAMERA.project(BODY + (0, 0, 3000))
    low, high = pixels.min(0), pixels.max(0)
    np.testing.assert_allclose(ends.middles, [(low + high) / 2] * 2, rtol=1e-5)
    assert ends.height_px == pytest.approx(high[1] - low[1], rel=1e-5)


def test_the_scale_is_the_pixels_of_a_millimetre_across_the_line_of_sight():
    flat = BODY * (1, 1, 0)
    made = Recording(body=flat, to_mm=(0, 0, 4000))
    assert made.ends[1].scales == pytest.approx(np.full(2, CAMERA.focal_x / 4000), rel=1e-4)


def test_depth_within_the_body_is_not_in_the_scale():
    deep = BODY * (1, 1, 2.5)
    scales = [Recording(body=body).ends[1].scales[0] for body in (BODY, deep)]
    assert scales[1] == pytest.approx(scales[0], rel=0.1)


def test_the_end_of_the_first_is_compared_with_the_begin_of_the_second():
    """Somebody who walks away from the camera, turns unseen, and comes back to where the first stretch ended."""
    away = Recording(5.0, step_mm=(40, 0, 60), to_mm=(29 * 40, 0, 3000 + 29 * 60))
    assert np.abs(away.ends[0].middles[0] - away.ends[0].middles[1]).max() > 30
    np.testing.assert_allclose(away.ends[1].middles[0], away.ends[0].middles[1], atol=25)
    assert away.odds() == pytest.approx(Recording(5.0).odds(), abs=0.15)


def test_the_scale_is_not_known_of_a_body_without_extent():
    made = Recording(body=np.zeros((13, 3)))
    assert np.isnan(made.ends[1].scales).all()
    assert np.isfinite(made.odds())


def test_proportions_are_shares_of_all_bones_whatever_the_size():
    small = Recording(body=0.5 * BODY).ends[1].proportions
    np.testing.assert_allclose(small, Recording().ends[0].proportions, atol=1e-4)
    lengths = np.linalg.norm(np.diff(BODY, axis=0), axis=1)
    known = np.isfinite(small)
    np.testing.assert_allclose(small[known], np.log(lengths / lengths.sum())[known], atol=1e-4)


def test_tiny_bones_say_nothing_of_the_proportions():
    """Less than half of the mean length: they differ by noise."""
    body = BODY.copy()
    body[5] = body[4] + (1, 0, 0)
    known = np.isfinite(Recording(body=body).ends[1].proportions)
    assert not known[4]
    assert known.sum() > 6


def test_a_skeleton_without_bones_or_of_other_joints_has_no_proportions():
    made = Recording()
    for skeleton in (
        Skeleton(name="none", joint_names=["a", "b"], edges=[], landmarks={}),
        Skeleton(name="more", joint_names=[f"j{n}" for n in range(20)], edges=[(0, 19)], landmarks={}),
    ):
        stretch = made.ends[0].stretch
        assert ends_of(stretch, made.table, skeleton).proportions.shape == (0,)


def test_who_is_back_at_once_in_the_same_place_is_rather_the_same():
    # The prior, the place, the size and the proportions, each in full.
    assert Recording(0.2).odds() == pytest.approx(1 + 2 + 1 + 0.5, abs=0.01)


def test_who_is_back_later_in_the_same_place_is_less_surely_the_same():
    assert Recording(5.0).odds() == pytest.approx(-1 + 2 + 1 + 0.5, abs=0.01)


@settings(max_examples=15, deadline=None)
@given(away_s=st.floats(1.1, 29.9), way=st.floats(0, 1.5))
def test_after_an_absence_the_way_in_heights_of_the_person_counts_against(away_s, way):
    beside = Recording(away_s, to_mm=(way * np.ptp(BODY[:, 1]), 0, 3000))
    heights = np.linalg.norm(beside.ends[1].middles[0] - beside.ends[0].middles[1]) / beside.ends[0].height_px
    assert Recording(away_s).odds() - beside.odds() == pytest.approx(2 * heights, abs=0.06)


def test_a_far_place_says_no_more_against_than_a_place_says_for():
    """Who left may come back from another side."""
    far = Recording(5.0, to_mm=(9000, 0, 3000)).odds()
    assert far == pytest.approx(Recording(5.0).odds() - 4, abs=0.2)


def test_after_a_gap_a_place_that_cannot_be_reached_excludes_it():
    assert Recording(0.2, to_mm=(9000, 0, 3000)).odds() == -np.inf
    near = Recording(0.2, to_mm=(150, 0, 3000)).odds()
    assert Recording(0.2).odds() - 4 < near < Recording(0.2).odds()


@pytest.mark.parametrize(
    ("away_s", "options", "possible"),
    [
        (29.5, {}, True),
        (30.5, {}, False),
        (12.0, {"max_return_s": 10}, False),
        (0.9, {"max_return_s": 0}, True),
        (1.1, {"max_return_s": 0}, False),
        (2.0, {"max_return_s": 0, "max_gap_s": 3}, True),
    ],
)
def test_nobody_comes_back_after_too_long(away_s, options, possible):
    assert np.isfinite(Recording(away_s, **options).odds()) == possible


def test_two_stretches_at_one_time_are_two_people():
    made = Recording(0.5)
    before, after = made.ends
    assert log_odds(after, before, made.table, made.settings) == -np.inf
    assert log_odds(before, before, made.table, made.settings) == -np.inf


@pytest.mark.parametrize(("away_s", "frames", "possible"), [(5.0, 4, False), (5.0, 11, True), (0.5, 4, True)])
def test_a_flicker_is_nobody_who_came_back(away_s, frames, possible):
    """Stretches of less than 0.3 s are joined over gaps alone."""
    assert np.isfinite(Recording(away_s, frames=frames).odds()) == possible


def test_another_size_counts_against_from_a_tenth_on():
    """The same place and body, through a lens that makes all of it larger."""

    def lost(factor):
        longer = CAMERA.model_copy(update={"focal_x": CAMERA.focal_x * factor, "focal_y": CAMERA.focal_y * factor})
        same, larger = Recording(5.0), Recording(5.0, camera=longer)
        way = np.linalg.norm(larger.ends[1].middles[0] - same.ends[0].middles[1]) / larger.ends[1].height_px
        return same.odds() - 2 * way - larger.odds()

    assert lost(1.08) == pytest.approx(0, abs=0.02)
    assert lost(1.5) == pytest.approx(5 * (np.log(1.5) - 0.1), abs=0.05)
    assert lost(9.0) == pytest.approx(7, abs=0.05)  # from +1 to -6 at the most


def test_other_proportions_count_against():
    stretched = BODY.copy()
    stretched[7:] += (stretched[7] - stretched[6]) * 1.5
    made = Recording(5.0, body=stretched)
    first, second = (ends.proportions for ends in made.ends)
    both = np.isfinite(first) & np.isfinite(second)
    apart = np.abs(first - second)[both].mean()
    assert apart > 0.12
    way = np.linalg.norm(made.ends[1].middles[0] - made.ends[0].middles[1])
    size = abs(np.log(made.ends[0].scales[1] / made.ends[1].scales[0]))
    others = 2 * way / max(ends.height_px for ends in made.ends) + 5 * max(size - 0.1, 0)
    assert Recording(5.0).odds() - others - made.odds() == pytest.approx(10 * (apart - 0.1), abs=0.05)


RED, BLUE = np.array([50.0, 60, 40] * 2), np.array([35.0, 10, -50] * 2)
UNKNOWN = np.full(6, np.nan)


def worn(colour, times=3):
    return np.tile(colour, (times, 1))


@pytest.mark.parametrize(("unseen_s", "steepness"), [(0.5, 0.2), (5.0, 0.25)])
@given(apart=st.floats(0, 30))
def test_colours_count_by_their_difference_less_so_after_a_gap(unseen_s, steepness, apart):
    other = RED + np.array([apart, 0, 0] * 2)
    said = colour_log_odds(worn(RED), worn(other), unseen_s, 1.0)
    assert said == pytest.approx(2.5 - steepness * apart)


def test_the_same_clothes_speak_for_one_person_and_others_against_it():
    assert colour_log_odds(worn(RED), worn(RED + 3), 5.0, 1.0) > 1
    assert colour_log_odds(worn(RED), worn(BLUE), 5.0, 1.0) == -6  # the most that they say
    assert colour_log_odds(worn(RED), worn(BLUE), 0.5, 1.0) == -6


def test_trunk_and_thighs_count_alike_and_alone_where_the_other_is_not_known():
    apart = RED + np.array([0, 0, 0, 10, 0, 0])
    assert colour_log_odds(worn(RED), worn(apart), 5.0, 1.0) == pytest.approx(2.5 - 0.25 * 5)
    trunk_alone = np.concatenate([RED[:3], UNKNOWN[3:]])
    assert colour_log_odds(worn(trunk_alone), worn(apart), 5.0, 1.0) == 2.5
    thighs_alone = np.concatenate([UNKNOWN[:3], RED[3:]])
    assert colour_log_odds(worn(thighs_alone), worn(apart), 5.0, 1.0) == pytest.approx(2.5 - 0.25 * 10)


def test_one_wrong_look_of_three_changes_nothing():
    looks = np.array([RED, BLUE, RED])
    assert colour_log_odds(looks, worn(RED), 5.0, 1.0) == 2.5
    looks = np.array([RED, UNKNOWN, RED])
    assert colour_log_odds(looks, worn(RED), 5.0, 1.0) == 2.5


@pytest.mark.parametrize("unknown", [np.zeros((0, 6)), worn(UNKNOWN)])
def test_colours_that_are_not_known_say_nothing_after_a_gap_and_little_after_an_absence(unknown):
    assert colour_log_odds(worn(RED), unknown, 0.5, 1.0) == 0
    assert colour_log_odds(unknown, worn(RED), 5.0, 1.0) == -0.5
