"""Files of predictions for tests: a walking heel in NeuroPose's own JSON, and a person bending the knees."""

import json
from pathlib import Path

import numpy as np

from neuropose_ray.analysis.runs.config import InputsConfig
from neuropose_ray.analysis.runs.defaults import default_analysis
from neuropose_ray.analysis.runs.run import run_analysis
from neuropose_ray.analysis.uncertainty.records import ErrorBand
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeletons import known_skeleton

__all__ = ["PHANTOM_SKELETON"]
BLAZEPOSE = known_skeleton("blazepose_33")
LEFT_HEEL, RIGHT_HEEL = 33, 41
#: As MeTRAbs gives them: no joint where another is.
REST = np.random.default_rng(5).uniform(-500, 500, (43, 3)) + [0, 0, 3000]


def heels(period, frames=90, seed=0):
    """``(frames, 43, 3)``: both heels rise and fall, half a period apart, everything else is still."""
    positions = np.repeat(REST[None], frames, axis=0)
    phase = 2 * np.pi * np.arange(frames) / period
    positions[:, LEFT_HEEL, 1] += 100 * np.cos(phase)
    positions[:, RIGHT_HEEL, 1] -= 100 * np.cos(phase)
    return positions + np.random.default_rng(seed).normal(0, 0.5, positions.shape)


def neuropose_video(*persons, fps=30.0, provenance=None):
    """One video's predictions in NeuroPose's version 2; a person's frame that is NaN shows nobody."""
    frames = {}
    for index in range(len(persons[0])):
        there = [person[index] for person in persons if np.isfinite(person[index]).all()]
        frames[f"frame_{index:06d}"] = {
            "boxes": [[0.0, 0.0, 10.0, 10.0, 0.9]] * len(there),
            "poses3d": [pose.tolist() for pose in there],
            "poses2d": [pose[:, :2].tolist() for pose in there],
        }
    return {
        "schema_version": 2,
        "metadata": {"frame_count": len(frames), "fps": fps, "width": 640, "height": 480},
        "frames": frames,
        "segmentations": {},
        "provenance": provenance,
    }


def write_json(path: Path, payload) -> Path:
    path.write_text(json.dumps(payload))
    return path


def write_parquet(folder: Path, positions, tracks=None, joints=BLAZEPOSE, fps=30.0) -> Path:
    """``(frames, joints, 3)`` of one person, or of several by track in the order of the frames, as OUT/NAME."""
    people = {0: positions} if tracks is None else tracks
    count = max(map(len, people.values()))
    rows = sorted(
        (frame, track) for track, one in people.items() for frame in np.flatnonzero(np.isfinite(one[:, 0, 0]))
    )
    n = len(rows)
    poses3d = np.array([people[track][frame] for frame, track in rows], np.float32).reshape(n, len(joints), 3)
    poses = Poses(
        np.array([frame for frame, _ in rows], np.int64), np.ones((n, 5), np.float32),
        np.ones((n, len(joints), 2), np.float32), poses3d, np.ones((n, len(joints)), np.float32),
    )  # fmt: skip
    table = PoseTable(np.arange(count) / fps, poses, np.array([track for _, track in rows], np.int32))
    folder.mkdir(parents=True, exist_ok=True)
    metadata = VideoMetadata(frame_count=count, fps=fps, width=64, height=48, filename=f"{folder.name}.mp4")
    write_predictions(folder / "predictions.parquet", table, PredictionsHeader(metadata=metadata, skeleton=joints))
    return folder


def phantom(movement, seconds=6.0, fps=30.0, heading_deg=20.0):
    """``(frames, joints, 3)`` of :data:`PHANTOM_SKELETON`: a person's true joints as a camera sees them."""
    scene = Scene((Person(movement, heading_deg=heading_deg),), PhantomCamera())
    return scene.truth(np.arange(0, seconds, 1 / fps), 1280, 720).persons[0].joints3d_mm


def doubted_walk(folder):
    """The report of a phantom's walk in which the left ankle is not reliable and its range has a band."""
    write_parquet(folder / "walk", phantom(Walking(), 4.0, 60.0), joints=PHANTOM_SKELETON, fps=60.0)
    report = run_analysis(default_analysis(InputsConfig(primary=folder / "walk"), folder / "a.json"))
    band = ErrorBand(low=1.0, high=9.0, unit="deg")
    angles = tuple(
        angle.model_copy(update={"reliable": False, "reason": "hidden", "bands": {"range": band}})
        if angle.name == "left_ankle_dorsiflexion"
        else angle
        for angle in report.results.angles
    )
    return report.model_copy(update={"results": report.results.model_copy(update={"angles": angles})})
