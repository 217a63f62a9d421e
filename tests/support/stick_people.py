"""People of BlazePose's joints whose heads are known, and small videos with their predictions."""

from pathlib import Path

import numpy as np

from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.provenance import Provenance
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.write import VideoWriter

# x to the person's left, y down, z out of the back, mm from between the ears: joints in the middle and on the left.
_LEFT_JOINTS = {
    "eye_inner": (15, -15, -85), "eye": (32, -15, -85), "eye_outer": (45, -15, -80), "ear": (75, 0, 0),
    "mouth": (25, 55, -90), "shoulder": (180, 250, 0), "elbow": (220, 520, 0), "wrist": (230, 760, -20),
    "pinky": (235, 820, -20), "index": (225, 830, -30), "thumb": (210, 810, -30), "hip": (110, 750, 0),
    "knee": (110, 1170, 0), "ankle": (110, 1570, 0), "heel": (110, 1610, 40), "foot_index": (120, 1620, -150),
}  # fmt: skip
_NOSE = (0, 20, -110)
#: Places on the outline of the same face: chin, hairline, temples, jaw.
FACE = np.array([(0, 120, -75), (0, -95, -75), (70, -40, -40), (-70, -40, -40), (55, 85, -40), (-55, 85, -40)], float)


def joints_mm():
    """``(33, 3)`` standing upright, facing the camera."""
    rows = []
    for name in BLAZEPOSE_33.joint_names:
        part = name.replace("left_", "").replace("right_", "").replace("_left", "").replace("_right", "")
        x, y, z = _NOSE if name == "nose" else _LEFT_JOINTS[part]
        rows.append((-x if "right" in name else x, y, z))
    return np.array(rows, float)


def turned(points, turn_degrees=0.0, roll_degrees=0.0):
    """Turned about the vertical, then rolled in the plane of the picture."""
    turn, roll = np.radians([turn_degrees, roll_degrees])
    about_y = np.array([[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    return points @ (about_z @ about_y).T


def people(
    frames, centres, *, scale=0.1, turn=0.0, roll=0.0, times_s=None, tracks=None, scores=1.0, joint_scores=1.0
):
    """A table with a person for each entry of ``frames``, the head at that of ``centres``, pixels."""
    frames, count = np.asarray(frames, np.int64), len(frames)
    body = turned(joints_mm(), turn, roll)
    poses2d = (np.asarray(centres, float).reshape(count, 1, 2) + scale * body[:, :2]).astype(np.float32)
    low, high = poses2d.min(axis=1), poses2d.max(axis=1)
    boxes = np.column_stack([low, high - low, np.broadcast_to(scores, count)]).astype(np.float32)
    poses3d = np.broadcast_to(body + (0, 0, 4000), (count, 33, 3)).astype(np.float32)
    times = np.arange(frames.max(initial=-1) + 1) / 30 if times_s is None else np.asarray(times_s, float)
    return PoseTable(
        timestamps_s=times,
        poses=Poses(frames, boxes, poses2d, poses3d, np.full((count, 33), joint_scores, np.float32)),
        track_ids=np.zeros(count, np.int32) if tracks is None else np.asarray(tracks, np.int32),
    )


def write_video(path: Path, times_s, *, width=96, height=128):
    """Frames that are told apart by their grey, 40, 44, 48, ..."""
    with VideoWriter(path, width=width, height=height) as writer:
        for index, time_s in enumerate(times_s):
            writer.write(np.full((height, width, 3), 40 + 4 * index, np.uint8), time_s)
    return path


def write_results(folder: Path, video: Path, table: PoseTable, *, fps=None) -> Path:
    """predictions.parquet of a video as the pipeline writes it."""
    info = probe(open_source(video, fps=fps))
    provenance = Provenance.record(
        model_name="blazepose", model_sha256="ab" * 32, model_filename="pose.tflite", runtime="none", device="cpu",
        skeleton="blazepose_33", video_sha256=info.sha256, settings={},
    )  # fmt: skip
    metadata = VideoMetadata(
        frame_count=table.frame_count, fps=30.0, width=info.width, height=info.height, filename=video.name
    )
    header = PredictionsHeader(metadata=metadata, skeleton=BLAZEPOSE_33, provenance=provenance)
    write_predictions(folder / "predictions.parquet", table, header)
    return folder / "predictions.parquet"
