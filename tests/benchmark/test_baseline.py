"""The bare loops find the same people as the pose models, or a ratio to them would say nothing."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from support.metrabs_stand_in import build_stand_in
from support.metrabs_world import RED, YELLOW, paint

from neuropose_ray.benchmark.baseline import BlazePoseBaseline, baseline_model
from neuropose_ray.models.metrabs.settings import MetrabsSettings
from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.models.weights import Weights
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.video.chunks import plan_chunks
from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source


@pytest.fixture(scope="module")
def squat_frames(test_data):
    info = probe(open_source(test_data / "opencap" / "squat.mp4"))
    return np.stack([frame.image for frame in islice(decode_chunk(info, plan_chunks(info)[0]), 12)])


def camera_of(frames):
    return Camera.from_field_of_view(frames.shape[2], frames.shape[1], 60, source="assumed")


def test_blazepose_follows_the_person_through_every_frame(blazepose_spec, squat_frames):
    assert baseline_model(blazepose_spec, camera_of(squat_frames)).see(squat_frames) == len(squat_frames)


def test_blazepose_looks_where_the_program_sees_the_person(blazepose_spec, squat_frames):
    baseline = BlazePoseBaseline(blazepose_spec.weights.path, blazepose_spec.settings)
    baseline.see(squat_frames)
    poses = blazepose_spec.load().session(camera_of(squat_frames)).predict(list(squat_frames))
    hips = [poses.poses2d[-1, joint] for joint in (23, 24)]
    height = np.ptp(poses.poses2d[-1, :, 1])
    assert np.linalg.norm(baseline.region.centres[0] - np.mean(hips, axis=0)) < 0.05 * height


def test_blazepose_finds_the_person_again_after_frames_that_show_nobody(blazepose_spec, squat_frames):
    baseline = BlazePoseBaseline(blazepose_spec.weights.path, blazepose_spec.settings)
    black = np.zeros_like(squat_frames[:2])
    assert [baseline.see(frames) for frames in (squat_frames[:3], black, squat_frames[3:6])] == [3, 0, 3]


@pytest.mark.slow
def test_metrabs_finds_what_the_pose_model_finds(tmp_path):
    weights = Weights(build_stand_in(tmp_path / "model"), "ab" * 32, "stand_in", "metrabs")
    spec = ModelSpec(weights, MetrabsSettings(device="cpu", batch_size=2))
    frames = np.zeros((3, 120, 160, 3), np.uint8)
    paint(frames[0], RED, (10, 10, 40, 40))
    paint(frames[2], RED, (10, 10, 40, 40))
    paint(frames[2], YELLOW, (80, 20, 40, 40))
    baseline = baseline_model(spec, camera_of(frames))
    assert baseline.batch_size == 2
    assert baseline.see(frames) == len(spec.load().session(camera_of(frames)).predict(list(frames))) == 3
    assert baseline_model(replace(spec, settings=MetrabsSettings(device="cpu")), camera_of(frames)).batch_size == 4
