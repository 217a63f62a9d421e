"""Folders of results whose predictions are the truth of a phantom person: exact, and made without a pose model."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.provenance import Provenance

WIDTH, HEIGHT, RATE = 96, 128, 20.0


def squatting(*, view_deg=40.0, **motion):
    return Scene((Person(Squatting(**motion)),), PhantomCamera(view_deg=view_deg, distance_mm=3100))


def walking():
    """Past the camera, seen obliquely."""
    return Scene((Person(Walking(), place_mm=(-3000, 0)),), PhantomCamera(view_deg=60, distance_mm=5000))


def truth_table(scene, times_s):
    """Everybody in all frames, tracks in the scene's order, sure of all joints."""
    times_s = np.asarray(times_s, float)
    truth = scene.truth(times_s, WIDTH, HEIGHT)
    joints3d = np.stack([person.joints3d_mm for person in truth.persons], axis=1)
    joints2d = np.nan_to_num(np.stack([person.joints2d_px for person in truth.persons], axis=1))
    frames, people, joints = joints3d.shape[:3]
    poses2d = joints2d.reshape(-1, joints, 2).astype(np.float32)
    low, high = poses2d.min(1), poses2d.max(1)
    poses = Poses(
        frame=np.repeat(np.arange(frames), people),
        boxes=np.column_stack([low, high - low, np.ones(len(poses2d))]).astype(np.float32),
        poses2d=poses2d,
        poses3d=joints3d.reshape(-1, joints, 3).astype(np.float32),
        joint_scores=np.full((len(poses2d), joints), 0.9, np.float32),
    )
    return PoseTable(times_s, poses, track_ids=np.tile(np.arange(people, dtype=np.int32), frames))


def without_rows(table, rows):
    """The same without some rows: their people are not seen in these frames."""
    kept = np.ones(len(table.poses), bool)
    kept[rows] = False
    return PoseTable(table.timestamps_s, table.poses.take(kept), table.track_ids[kept])


def write_results(
    folder: Path, table: PoseTable, *, video_sha256="cd" * 32, filename="phantom.mp4", notes=(), capture_fps=None
) -> Path:
    """The folder with predictions.parquet as a run leaves it."""
    provenance = Provenance.record(
        model_name="blazepose", model_sha256="ab" * 32, model_filename="pose.tflite", runtime="none", device="cpu",
        skeleton=PHANTOM_SKELETON.name, video_sha256=video_sha256, settings={"blazepose": {"mirror": False}},
    )  # fmt: skip
    header = PredictionsHeader(
        metadata=VideoMetadata(
            frame_count=table.frame_count, fps=RATE, width=WIDTH, height=HEIGHT, filename=filename, notes=notes,
            capture_fps=capture_fps,
        ),
        skeleton=PHANTOM_SKELETON,
        camera=Camera.from_field_of_view(WIDTH, HEIGHT, 67, source="assumed"),
        provenance=provenance,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    write_predictions(folder / "predictions.parquet", table, header)
    return folder


def filmed_slowly(times_s, slowed=8):
    """A table of squats of 2.5 s that is stored so many times slowed down, at :data:`RATE` frames a second."""
    table = truth_table(squatting(), times_s)
    return replace(table, timestamps_s=table.timestamps_s * slowed)


def seconds(duration_s, rate=RATE):
    return np.arange(round(duration_s * rate)) / rate
