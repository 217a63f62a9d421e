"""A fitted sequence: closer to the truth than the model from every side, and the model's own where it cannot be."""

from dataclasses import replace

import numpy as np
import pytest
from fitting.distorted import HEIGHT, WIDTH, Track, even_times, knee_error_deg, observe, pa_mpjpe

from neuropose_ray import machine
from neuropose_ray.errors import InputError, SettingsError
from neuropose_ray.fitting import FitFlag, FittedSequence, FittingSettings, fit_sequence
from neuropose_ray.phantom.body import CHILD, PHANTOM_SKELETON, TALL_ADULT
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Reaching, SitToStand, Squatting
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.skeleton import Skeleton

SETTINGS = FittingSettings(height_m=1.741)
OBLIQUE = 40


def squat(times=None, **options) -> Track:
    return observe(Squatting(), even_times(2.5, 24) if times is None else times, **{"view_deg": OBLIQUE, **options})


def walk(times=None, **options) -> Track:
    times = even_times(2.5, 24) if times is None else times
    return observe(Walking(), times, **{"view_deg": OBLIQUE, "place_mm": (-1200.0, 0.0), **options})


def fit(track: Track, settings: FittingSettings = SETTINGS) -> FittedSequence:
    return fit_sequence(*track.inputs, settings)


def improvement_mm(track: Track, fitted: FittedSequence) -> float:
    return pa_mpjpe(track.poses3d, track.truth) - pa_mpjpe(fitted.poses3d, track.truth)


def without_frames(track: Track, missing: slice) -> Track:
    poses3d = track.poses3d.copy()
    poses3d[missing] = np.nan
    return replace(track, poses3d=poses3d)


@pytest.fixture(scope="module")
def squatting() -> tuple[Track, FittedSequence]:
    track = squat()
    return track, fit(track)


VIEWS = range(0, 360, 30)
MOTIONS = {
    "squat": (Squatting(), (0.0, 0.0)),
    "walk": (Walking(), (-1200.0, 0.0)),
    "sit to stand": (SitToStand(), (0.0, 0.0)),
    "reach": (Reaching(), (0.0, 0.0)),
}


@pytest.fixture(scope="module")
def errors_mm() -> dict[tuple[int, str], tuple[float, float]]:
    """PA-MPJPE of the model's poses and of the fitted ones, for every view and motion."""
    table = {}
    for view_deg in VIEWS:
        for name, (motion, place) in MOTIONS.items():
            track = observe(motion, even_times(2.5, 16), view_deg=view_deg, place_mm=place, seed=view_deg)
            fitted = fit(track)
            table[view_deg, name] = pa_mpjpe(track.poses3d, track.truth), pa_mpjpe(fitted.poses3d, track.truth)
        print(
            view_deg, *(f"{name} {table[view_deg, name][0]:.1f} > {table[view_deg, name][1]:.1f}" for name in MOTIONS)
        )
    return table


class TestFromEverySide:
    @pytest.mark.parametrize("view_deg", VIEWS)
    def test_no_movement_gets_worse_by_5_mm(self, errors_mm, view_deg):
        assert all(errors_mm[view_deg, name][1] <= errors_mm[view_deg, name][0] + 5 for name in MOTIONS)

    @pytest.mark.parametrize("name", MOTIONS)
    def test_every_movement_gains_over_all_views(self, errors_mm, name):
        model, fitted = np.mean([errors_mm[view_deg, name] for view_deg in VIEWS], axis=0)
        assert fitted < 0.9 * model

    @pytest.mark.parametrize("view_deg", [0, 45, 180, 225])
    def test_knees_gain_most(self, view_deg):
        track = squat(view_deg=view_deg)
        assert knee_error_deg(fit(track).poses3d, track.truth) < 0.75 * knee_error_deg(track.poses3d, track.truth)


class TestTime:
    @pytest.mark.parametrize("fps", [15, 30, 60])
    def test_frame_rate_does_not_matter(self, fps):
        track = squat(even_times(2, fps))
        assert improvement_mm(track, fit(track)) > 8

    def test_uneven_time_does_not_matter(self):
        track = squat(np.sort(np.random.default_rng(1).uniform(0, 2.5, 60)))
        assert improvement_mm(track, fit(track)) > 8

    def test_frames_of_the_same_time_do_no_harm(self):
        times = even_times(2, 24)
        times[10] = times[9]
        track = squat(times)
        assert improvement_mm(track, fit(track)) > 8


class TestGaps:
    @pytest.mark.parametrize("seconds", [0.5, 1.0, 2.0])
    def test_a_gap_up_to_two_seconds_is_filled_and_flagged(self, seconds):
        track = walk(even_times(3, 24))
        missing = slice(12, 12 + round(seconds * 24))
        fitted = fit(without_frames(track, missing))
        flagged = (fitted.flags & FitFlag.GAP_FILLED) > 0
        assert np.flatnonzero(flagged).tolist() == list(range(*missing.indices(len(flagged))))
        assert np.isfinite(fitted.poses3d).all()
        assert np.isnan(fitted.residual_px[missing]).all()
        kept = ~flagged
        assert pa_mpjpe(fitted.poses3d[kept], track.truth[kept]) < pa_mpjpe(track.poses3d[kept], track.truth[kept])

    def test_a_short_gap_is_filled_better_than_by_a_straight_line(self):
        track = squat(even_times(3, 24))
        missing = slice(20, 32)
        share = (np.arange(1, 13) / 13)[:, None, None]
        line = track.poses3d[19] * (1 - share) + track.poses3d[32] * share
        fitted = fit(without_frames(track, missing))
        assert pa_mpjpe(fitted.poses3d[missing], track.truth[missing]) < pa_mpjpe(line, track.truth[missing])

    def test_a_longer_gap_splits_the_sequence(self):
        track = walk(even_times(4, 24))
        missing = slice(20, 20 + 49)
        fitted = fit(without_frames(track, missing))
        assert np.isnan(fitted.poses3d[missing]).all()
        assert (fitted.flags[missing] == FitFlag.NOT_DETECTED).all()
        assert np.isfinite(np.delete(fitted.poses3d, np.r_[missing], axis=0)).all()
        assert not (fitted.flags & FitFlag.GAP_FILLED).any()

    def test_frames_before_and_after_the_person_stay_empty(self):
        track = squat()
        poses3d = track.poses3d.copy()
        poses3d[:5] = poses3d[-7:] = np.nan
        fitted = fit(replace(track, poses3d=poses3d))
        assert np.isnan(fitted.poses3d).all(axis=(1, 2)).nonzero()[0].tolist() == [*range(5), *range(53, 60)]


class TestPeople:
    @pytest.mark.parametrize("proportions", [CHILD, TALL_ADULT], ids=["child", "tall adult"])
    @pytest.mark.parametrize("motion", [squat, walk])
    def test_unusual_proportions_still_gain(self, motion, proportions):
        track = motion(proportions=proportions)
        fitted = fit(track, FittingSettings(height_m=proportions.stature_mm / 1000))
        assert fitted.improved
        assert improvement_mm(track, fitted) > 0

    @pytest.mark.parametrize("height_m", [1.1, 1.5, 2.0])
    def test_height_sets_the_scale_and_nothing_else(self, height_m):
        track = squat()
        average, other = (fit(track, FittingSettings(height_m=height)) for height in (1.70, height_m))
        size = height_m / 1.70
        assert other.bone_lengths_mm["femur"] / average.bone_lengths_mm["femur"] == pytest.approx(size)
        np.testing.assert_allclose(other.poses3d, average.poses3d * size, rtol=1e-5, atol=0.01)
        np.testing.assert_array_equal(other.flags, average.flags)

    def test_one_hidden_arm_spoils_nothing_else(self):
        track = squat()
        hidden = [PHANTOM_SKELETON.index(name) for name in ("right_elbow", "right_wrist")]
        scores, poses2d = track.joint_scores.copy(), track.poses2d.copy()
        scores[:, hidden] = 0.05
        poses2d[:, hidden] += np.random.default_rng(0).normal(0, 25, (len(poses2d), 2, 2))
        fitted = fit(replace(track, joint_scores=scores, poses2d=poses2d))
        assert improvement_mm(track, fitted) > 5
        assert knee_error_deg(fitted.poses3d, track.truth) < 6

    def test_bones_keep_their_length(self, squatting):
        _, fitted = squatting
        for bone, ends in {
            "femur": ("hip", "knee"),
            "tibia": ("knee", "ankle"),
            "forearm": ("elbow", "wrist"),
        }.items():
            start, end = (fitted.poses3d[:, PHANTOM_SKELETON.index(f"left_{name}")] for name in ends)
            lengths = np.linalg.norm(start - end, axis=-1)
            assert lengths.std() < 12
            assert np.median(lengths) == pytest.approx(fitted.bone_lengths_mm[bone], abs=10)


class TestCamera:
    @pytest.mark.parametrize("motion", [squat, walk])
    def test_a_moving_camera_is_told_and_still_gains(self, motion):
        track = motion(pan_deg_per_s=8, velocity_mm_per_s=(0.0, 0.0, 300.0))
        fitted = fit(track, SETTINGS.model_copy(update={"moving_camera": True}))
        assert improvement_mm(track, fitted) > 5
        assert ((fitted.flags & FitFlag.MOVING_CAMERA) > 0).all()

    @pytest.mark.parametrize("assumed_degrees", [50, 80])
    def test_a_wrong_focal_length_still_gains(self, assumed_degrees):
        track = squat()
        wrong = replace(track, camera=Camera.from_field_of_view(WIDTH, HEIGHT, assumed_degrees))
        assert improvement_mm(track, fit(wrong)) > 5

    def test_lens_distortion_is_taken_out(self):
        import cv2

        track = squat()
        lens = track.camera.model_copy(update={"distortion": (-0.25, 0.08, 0.0, 0.0)})
        flat = track.poses2d.reshape(-1, 2)
        rays = np.column_stack(
            [(flat - [lens.centre_x, lens.centre_y]) / [lens.focal_x, lens.focal_y], np.ones(len(flat))]
        )
        bent, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), lens.matrix, np.array(lens.distortion))
        seen = replace(track, camera=lens, poses2d=bent.reshape(track.poses2d.shape))
        np.testing.assert_allclose(fit(seen).poses3d, fit(track).poses3d, atol=5)


class TestSkeletons:
    def test_feet_are_used_where_they_are_and_not_needed(self):
        track = walk()
        keep = [i for i, name in enumerate(PHANTOM_SKELETON.joint_names) if not name.endswith(("heel", "toe"))]
        names = tuple(PHANTOM_SKELETON.joint_names[i] for i in keep)
        bare = Skeleton(
            name="without_feet", joint_names=names,
            landmarks={k: v for k, v in PHANTOM_SKELETON.landmarks.items() if v in names},
        )  # fmt: skip
        fitted = fit_sequence(
            track.poses2d[:, keep], track.joint_scores[:, keep], track.poses3d[:, keep],
            track.timestamps_s, track.camera, bare, SETTINGS,
        )  # fmt: skip
        back = np.full_like(track.poses3d, np.nan)
        back[:, keep] = fitted.poses3d
        assert "ankle_heel" not in fitted.bone_lengths_mm
        assert pa_mpjpe(back, track.truth) < pa_mpjpe(track.poses3d, track.truth)

    def test_joints_have_any_order_and_name(self, squatting):
        track, fitted = squatting
        order = np.random.default_rng(0).permutation(len(PHANTOM_SKELETON))
        place = np.argsort(order)
        renamed = [f"joint{i}" for i in range(len(order))]
        other = Skeleton(
            name="renamed", joint_names=tuple(renamed),
            landmarks={name: renamed[place[PHANTOM_SKELETON.index(name)]] for name in PHANTOM_SKELETON.landmarks},
        )  # fmt: skip
        again = fit_sequence(
            track.poses2d[:, order], track.joint_scores[:, order], track.poses3d[:, order],
            track.timestamps_s, track.camera, other, SETTINGS,
        )  # fmt: skip
        np.testing.assert_allclose(again.poses3d, fitted.poses3d[:, order], atol=0.01)

    def test_a_skeleton_without_wrists_is_refused_in_one_line(self):
        track = squat(even_times(1, 15))
        landmarks = {k: v for k, v in PHANTOM_SKELETON.landmarks.items() if "wrist" not in k}
        names = [f"j{i}" for i in range(len(PHANTOM_SKELETON))]
        skeleton = Skeleton(
            name="handless", joint_names=tuple(names),
            landmarks={k: names[PHANTOM_SKELETON.index(v)] for k, v in landmarks.items()},
        )  # fmt: skip
        with pytest.raises(SettingsError, match="handless: lacks right_wrist, left_wrist"):
            fit(replace(track, skeleton=skeleton))


class TestLeftAsItWas:
    def assert_unchanged(self, track: Track, fitted: FittedSequence) -> None:
        assert not fitted.improved
        assert fitted.bone_lengths_mm == {}
        np.testing.assert_array_equal(fitted.poses3d, track.poses3d.astype(np.float32))
        assert ((fitted.flags & FitFlag.UNCHANGED) > 0).all()

    def short(self, frames: int) -> Track:
        return squat(even_times(2, 15)[:frames])

    @pytest.mark.parametrize("frames", [1, 2, 9])
    def test_too_few_frames(self, frames):
        track = self.short(frames)
        self.assert_unchanged(track, fit(track))

    def test_no_frame(self):
        track = self.short(2)
        empty = replace(
            track, poses2d=track.poses2d[:0], joint_scores=track.joint_scores[:0], poses3d=track.poses3d[:0],
            timestamps_s=track.timestamps_s[:0],
        )  # fmt: skip
        self.assert_unchanged(empty, fit(empty))

    def test_all_scores_zero(self):
        track = self.short(30)
        track = replace(track, joint_scores=np.zeros_like(track.joint_scores))
        fitted = fit(track)
        self.assert_unchanged(track, fitted)
        assert ((fitted.flags & FitFlag.NOT_DETECTED) > 0).all()

    @pytest.mark.parametrize("field", ["poses2d", "joint_scores", "poses3d"])
    def test_nothing_but_nan(self, field):
        track = self.short(30)
        track = replace(track, **{field: np.full_like(getattr(track, field), np.nan)})
        self.assert_unchanged(track, fit(track))

    @pytest.mark.parametrize("field", ["poses2d", "poses3d"])
    def test_everything_in_one_point(self, field):
        track = self.short(30)
        track = replace(track, **{field: np.ones_like(getattr(track, field)) * 300})
        self.assert_unchanged(track, fit(track))

    def test_pixels_that_belong_to_other_joints(self):
        track = self.short(30)
        track = replace(track, poses2d=np.random.default_rng(0).permuted(track.poses2d, axis=1))
        self.assert_unchanged(track, fit(track))

    def test_a_model_that_needs_no_fit(self):
        track = squat()
        exact = replace(track, poses3d=track.truth, poses2d=track.camera.project(track.truth))
        self.assert_unchanged(exact, fit(exact))

    def test_arrays_of_different_lengths_are_refused(self):
        track = self.short(12)
        with pytest.raises(InputError, match="expected"):
            fit(replace(track, joint_scores=track.joint_scores[:-1]))


class TestFlags:
    def test_a_limb_that_points_the_other_way_in_depth_is_flagged(self, squatting):
        track, fitted = squatting
        assert ((fitted.flags & FitFlag.DEPTH_SIGN) > 0).mean() < 0.2
        index = PHANTOM_SKELETON.index
        wrong = track.poses3d.copy()
        hip, knee, ankle = (index(f"left_{name}") for name in ("hip", "knee", "ankle"))
        bottom = slice(30, 32)  # the thigh points toward the camera; the frames around it hold it there
        turned = 2 * (wrong[bottom, hip, 2] - wrong[bottom, knee, 2])
        wrong[bottom, knee, 2] += turned
        wrong[bottom, ankle, 2] += turned
        again = fit(replace(track, poses3d=wrong))
        assert ((again.flags[bottom] & FitFlag.DEPTH_SIGN) > 0).mean() > 0.5

    def test_residuals_are_those_of_the_landmarks_noise(self, squatting):
        _, fitted = squatting
        assert 1 < np.median(fitted.residual_px) < 12


class TestSameResult:
    def test_the_same_input_gives_the_same_bytes(self, squatting):
        track, fitted = squatting
        again = fit(track)
        assert again.poses3d.tobytes() == fitted.poses3d.tobytes()
        assert again.flags.tobytes() == fitted.flags.tobytes()

    def test_threads_change_no_number(self, monkeypatch):
        track, fits = squat(even_times(12, 15)), []
        for threads in (1, 5):
            monkeypatch.setattr(machine, "usable_cpus", lambda *_, threads=threads: threads)
            fits.append(fit(track, FittingSettings(window_frames=40, length_frames=60)))
        for name in ("poses3d", "residual_px", "flags"):
            assert getattr(fits[0], name).tobytes() == getattr(fits[1], name).tobytes()

    def test_windows_give_what_the_whole_gives(self):
        track = squat(even_times(12, 15))
        common = {"height_m": 1.741, "length_frames": 60}
        whole = fit(track, FittingSettings(**common, window_frames=1000))
        parts = fit(track, FittingSettings(**common, window_frames=60))
        assert parts.bone_lengths_mm == whole.bone_lengths_mm
        distance = np.linalg.norm(_from_hips(parts.poses3d) - _from_hips(whole.poses3d), axis=-1)
        assert distance.mean() < 4
        assert np.percentile(distance, 99) < 20
        assert pa_mpjpe(parts.poses3d, track.truth) == pytest.approx(pa_mpjpe(whole.poses3d, track.truth), abs=1)

    def test_inputs_are_not_written_to(self):
        track = squat(even_times(1, 15))
        before = [array.copy() for array in track.inputs[:4]]
        fit(track)
        for array, copy in zip(track.inputs[:4], before, strict=True):
            np.testing.assert_array_equal(array, copy)


def _from_hips(poses: np.ndarray) -> np.ndarray:
    hips = [PHANTOM_SKELETON.index("right_hip"), PHANTOM_SKELETON.index("left_hip")]
    return poses - poses[:, hips].mean(axis=1, keepdims=True)
