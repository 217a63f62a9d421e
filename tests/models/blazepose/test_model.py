"""BlazePose on real pictures and videos with known content."""

import csv
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from neuropose_ray.evaluate import limb_joints, score
from neuropose_ray.models.blazepose.landmarks import SKELETON
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Poses
from neuropose_ray.video.chunks import plan_chunks
from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import Chunk


def look_at(model, path: Path, frames: int | None = None) -> tuple[np.ndarray, Poses, Camera]:
    info = probe(open_source(path))
    camera = Camera.from_field_of_view(info.width, info.height, 67)
    session, times, parts = model.session(camera), [], []
    for chunk in plan_chunks(info, 10**6):
        for frame in decode_chunk(info, chunk):
            parts.append(session.predict([frame.image]))
            times.append(frame.timestamp_s)
            if len(times) == frames:
                break
    return np.array(times), Poses.concatenate(parts, range(len(parts))), camera


@pytest.mark.parametrize(
    ("name", "people"),
    [
        ("tfjs_three_people.jpg", 3),
        ("tfjs_pose.jpg", 1),
        ("tfjs_portrait_upper_body.jpg", 1),
        ("tfjs_coco_dogs_human_legs_only.jpg", 0),
        ("tfjs_coco_beach_tiny_people.jpg", 1),
    ],
)
def test_pictures_show_as_many_people_as_they_show(blazepose, test_data: Path, name: str, people: int):
    image = cv2.imread(str(test_data / "images" / name))[..., ::-1].copy()
    camera = Camera.from_field_of_view(image.shape[1], image.shape[0], 67)
    assert len(blazepose().session(camera).predict([image])) == people


def test_keypoints_agree_with_mediapipes_own(blazepose, test_data: Path):
    _, poses, _ = look_at(blazepose(), test_data / "tfjs_squats" / "pose_squats.mp4")
    golden = np.array(json.loads((test_data / "tfjs_squats" / "pose_squats.full.json").read_text()))[..., :2]
    assert poses.frame.tolist() == list(range(65))
    height = np.ptp(golden[..., 1], axis=1)
    apart = np.linalg.norm(poses.poses2d - golden, axis=-1) / height[:, None]
    assert np.median(apart) < 0.02


@pytest.mark.slow
def test_depth_is_as_far_off_marker_mocap_as_mediapipes(blazepose, test_data: Path):
    times, poses, _ = look_at(blazepose(), test_data / "opencap" / "squat.mp4", 240)
    rows = list(csv.DictReader((test_data / "opencap" / "squat_gt_joints.csv").open()))
    truth_times = np.array([float(row["time_s"]) for row in rows])
    names = [f"{part}_{side}" for part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist") for side in "rl"]
    truth = np.array([[[float(row[f"{name}_{axis}"]) for axis in "xyz"] for name in names] for row in rows]) * 1000
    flat = truth.reshape(len(truth), -1)
    at_frames = np.stack([np.interp(times, truth_times, column) for column in flat.T], 1).reshape(-1, 12, 3)
    assert poses.frame.tolist() == list(range(240))
    assert score(limb_joints(poses.poses3d, SKELETON), at_frames).pa_mpjpe_mm <= 61


def test_poses_lie_in_front_of_the_camera_and_project_onto_their_pixels(blazepose, test_data: Path):
    _, poses, camera = look_at(blazepose(), test_data / "tfjs_squats" / "pose_squats.mp4", 20)
    assert poses.poses3d[..., 2].min() > 0
    apart = np.linalg.norm(camera.project(poses.poses3d) - poses.poses2d, axis=-1)
    assert np.median(apart) < 0.05 * np.median(poses.boxes[:, 3])


@pytest.mark.slow
def test_one_person_on_equipment_filled_ground_stays_one(blazepose, test_data: Path):
    _, poses, _ = look_at(blazepose(), test_data / "opencap" / "squat.mp4", 120)
    assert np.bincount(poses.frame).tolist() == [1] * 120


@pytest.mark.slow
def test_people_who_cross_are_all_followed(blazepose, test_data: Path):
    _, poses, _ = look_at(blazepose(), test_data / "pose2sim_multi" / "cam01.mp4", 50)
    assert np.median(np.bincount(poses.frame, minlength=50)) == 3


def test_a_session_starts_fresh_and_gives_the_same_again(blazepose, test_data: Path):
    model = blazepose()
    first = look_at(model, test_data / "odd" / "made_vfr_walk.mp4", 20)[1]
    again = look_at(model, test_data / "odd" / "made_vfr_walk.mp4", 20)[1]
    np.testing.assert_array_equal(first.poses3d, again.poses3d)


def test_results_do_not_depend_on_how_frames_are_grouped_into_calls(blazepose, test_data: Path):
    info = probe(open_source(test_data / "odd" / "made_vfr_walk.mp4"))
    frames = [frame.image for chunk in plan_chunks(info) for frame in decode_chunk(info, chunk)][:16]
    camera, model = Camera.from_field_of_view(info.width, info.height, 67), blazepose()
    together = model.session(camera).predict(frames)
    session = model.session(camera)
    apart = Poses.concatenate([session.predict(frames[n : n + 3]) for n in range(0, 16, 3)], range(0, 16, 3))
    np.testing.assert_array_equal(together.frame, apart.frame)
    np.testing.assert_array_equal(together.poses3d, apart.poses3d)


@pytest.mark.parametrize(("name", "first"), [("opencap/walk.mp4", 55), ("sports2d/demo.mp4", 172)])
@pytest.mark.slow
def test_after_its_lead_in_a_session_sees_what_one_from_the_start_sees(blazepose, test_data: Path, name, first):
    """In demo.mp4 somebody is in the middle of a somersault then, and somebody else walks below."""
    info = probe(open_source(test_data / name))
    camera, model = Camera.from_field_of_view(info.width, info.height, 67), blazepose()
    begin, end = first - model.info.lead_in_frames, first + 12
    chunk = Chunk(
        0, float(info.timestamps_s[begin - 60]), float(info.timestamps_s[end]), begin - 60, end - begin + 60
    )
    frames = [frame.image for frame in decode_chunk(info, chunk)]
    long, short = model.session(camera, begin - 60), model.session(camera, begin)
    long.predict(frames[:60])
    seen, seen_too = (session.predict(frames[60:]) for session in (long, short))
    for number in range(model.info.lead_in_frames, len(frames) - 60):
        one, other = (poses.take(poses.frame == number) for poses in (seen, seen_too))
        order, order_too = (np.argsort(poses.boxes[:, 0]) for poses in (one, other))
        np.testing.assert_array_equal(one.poses2d[order], other.poses2d[order_too])


@pytest.mark.slow
def test_a_lamp_is_nobody(blazepose, test_data: Path):
    _, poses, _ = look_at(blazepose(), test_data / "field" / "lamp_is_no_person_405x719.mp4", 60)
    assert np.bincount(poses.frame, minlength=60).tolist() == [1] * 60


def test_mirroring_agrees_with_the_plain_look_on_an_easy_pose(blazepose, test_data: Path):
    image = cv2.imread(str(test_data / "images" / "tfjs_pose.jpg"))[..., ::-1].copy()
    camera = Camera.from_field_of_view(image.shape[1], image.shape[0], 67)
    plain, mirrored = (blazepose(mirror=mirror).session(camera).predict([image]) for mirror in (False, True))
    apart = np.linalg.norm(plain.poses2d - mirrored.poses2d, axis=-1)
    assert 0 < np.median(apart) < 0.02 * plain.boxes[0, 3]


def test_max_persons_keeps_the_surest(blazepose, test_data: Path):
    image = cv2.imread(str(test_data / "images" / "tfjs_three_people.jpg"))[..., ::-1].copy()
    camera = Camera.from_field_of_view(image.shape[1], image.shape[0], 67)
    everybody = blazepose().session(camera).predict([image])
    one = blazepose(max_persons=1).session(camera).predict([image])
    assert one.boxes[:, 4].tolist() == [everybody.boxes[:, 4].max()]


@pytest.mark.parametrize("shape", [(1, 1), (2, 3000), (720, 16)])
def test_pictures_of_odd_sizes_show_nobody_and_break_nothing(blazepose, shape: tuple[int, int]):
    image = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    session = blazepose().session(Camera.from_field_of_view(shape[1], shape[0], 67))
    assert len(session.predict([image, image])) == 0
