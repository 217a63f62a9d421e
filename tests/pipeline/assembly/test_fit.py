"""Tracks of a video through the fit, with and without the depth prior."""

from dataclasses import dataclass

import numpy as np
import pytest
from fitting.distorted import even_times, observe, pa_mpjpe

from neuropose_ray.fitting import FittingSettings
from neuropose_ray.lifting import load_depth_prior, weights_version
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.pipeline.assembly.fit import depth_prior, fit_tracks, prior_version
from neuropose_ray.schemas.depth_prior import DepthEstimate, ObservedPerson
from neuropose_ray.schemas.fitting import FittingReport
from neuropose_ray.schemas.poses import Poses, PoseTable

SETTINGS = FittingSettings(height_m=1.741)


@pytest.fixture(scope="module")
def track():
    return observe(Squatting(), even_times(3, 15), view_deg=40)


@pytest.fixture(scope="module")
def table(track) -> PoseTable:
    """Two people who are the same, found in turns in the frames of the second half."""
    frames = len(track.timestamps_s)
    frame = np.r_[np.arange(frames), np.arange(frames // 2, frames)]
    poses = Poses(
        frame, np.ones((len(frame), 5), np.float32), track.poses2d[frame].astype(np.float32),
        track.poses3d[frame].astype(np.float32), track.joint_scores[frame].astype(np.float32),
    )  # fmt: skip
    order = np.argsort(frame, kind="stable")
    ids = np.r_[np.zeros(frames, np.int32), np.ones(frames - frames // 2, np.int32)]
    return PoseTable(track.timestamps_s, poses.take(order), ids[order])


def fit(track, table: PoseTable, prior) -> tuple[PoseTable, FittingReport]:
    return fit_tracks(table, track.camera, track.skeleton, SETTINGS, prior)


def test_without_a_prior_nothing_is_said_of_one(track, table):
    _, report = fit(track, table, None)
    for person in report.tracks:
        assert (person.depth_prior, person.depth_sigma_mm, person.legs_exchanged) == (None, {}, ())


def test_every_person_has_the_prior_its_errors_and_its_view_of_the_sides(track, table):
    fitted, report = fit(track, table, load_depth_prior())
    assert [len(person.frame_index) for person in report.tracks] == [45, 23]
    for person in report.tracks:
        assert person.depth_prior == weights_version()
        assert len(person.depth_sigma_mm) == 18
        assert all(5 < sigma < 200 for sigma in person.depth_sigma_mm.values())
        assert len(person.legs_exchanged) == len(person.arms_exchanged) == len(person.frame_index)
    assert FittingReport.model_validate_json(report.model_dump_json()) == report
    mine = fitted.poses3d_fitted[table.track_ids == 0]
    assert pa_mpjpe(mine, track.truth) < pa_mpjpe(track.poses3d, track.truth)


@dataclass
class Unsure:
    """A prior that answers with nothing but doubt, and counts how often it is asked."""

    asked: int = 0
    version: str = "unsure"

    def __call__(self, person: ObservedPerson) -> DepthEstimate:
        self.asked += 1
        shape = person.bone_depths.shape
        return DepthEstimate(np.zeros(shape), np.full(shape, 9.0), np.zeros((len(person.times), 2)))


def test_the_prior_is_asked_once_for_each_person(track, table):
    prior = Unsure()
    fit(track, table, prior)
    assert prior.asked == 2


def test_the_settings_choose_the_prior():
    assert depth_prior(SETTINGS) is load_depth_prior()
    assert prior_version(SETTINGS) == weights_version()
    off = FittingSettings(depth_prior="off")
    assert depth_prior(off) is None
    assert prior_version(off) == ""
