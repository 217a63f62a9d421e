"""What the whole program measures of real clips, beside marker motion capture through the same analysis."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from neuropose_ray.analysis.cleaning.clean import clean
from neuropose_ray.analysis.motion import Motion
from neuropose_ray.analysis.runs.config import InputsConfig, MovementConfig
from neuropose_ray.analysis.runs.defaults import default_analysis
from neuropose_ray.analysis.runs.movement import analyse_movement
from neuropose_ray.analysis.runs.run import run_analysis
from neuropose_ray.analysis.uncertainty.error_table import error_table
from neuropose_ray.evaluate.clips import Clip
from neuropose_ray.evaluate.error_samples import clip_samples, share_inside
from neuropose_ray.schemas.skeleton import LANDMARKS, Skeleton
from neuropose_ray.video.chunks import plan_chunks
from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.write import VideoWriter

#: From the laboratory's axes, whose y points up, to a camera's.
Y_DOWN = np.array([1.0, -1.0, -1.0])


def analysed(folder: Path):
    config = default_analysis(InputsConfig(primary=folder), folder / "analysis.json")
    return run_analysis(config)


def by_markers(test_data: Path, name: str):
    with (test_data / "opencap" / f"{name}_gt_joints.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    joints = [[[float(row[f"{part}_{side[0]}_{axis}"]) for axis in "xyz"] for side, part in
               (landmark.split("_") for landmark in LANDMARKS)] for row in rows]  # fmt: skip
    positions = np.array(joints) * 1000 * Y_DOWN
    times = np.array([float(row["time_s"]) for row in rows])
    skeleton = Skeleton(name="landmarks", joint_names=LANDMARKS)
    motion = clean(Motion(name, skeleton, times, positions, np.ones(positions.shape[:2]), is_measured=True)).motion
    return analyse_movement(motion, MovementConfig(kind="movement")).results


def of_gait(results, name):
    return next(row.mean for row in results.gait.parameters if (row.name, row.side) == (name, "both"))


def double_support_s(results):
    """From the left heel strike to the right toe-off: the clip has no whole cycle."""
    moments = {(event.side, event.kind): event.timestamp_s for event in reversed(results.gait.events)}
    return moments["right", "toe_off"] - moments["left", "heel_strike"]


def scaled(video: Path, copy: Path, width: int) -> Path:
    """A smaller copy of a video, its frames at their times."""
    about = probe(open_source(video))
    height = round(width * about.height / about.width)
    with VideoWriter(copy, width=width, height=height) as writer:
        for chunk in plan_chunks(about):
            for frame in decode_chunk(about, chunk):
                picture = cv2.resize(frame.image, (width, height), interpolation=cv2.INTER_AREA)
                writer.write(picture, frame.timestamp_s)
    return copy


@pytest.mark.parametrize("flags", [
    pytest.param({}, id="as it is"),
    pytest.param({"camera": {"field_of_view_degrees": 60}}, id="another field of view", marks=pytest.mark.slow),
    pytest.param({"fitting": {"moving_camera": True}}, id="moving camera"),
])  # fmt: skip
def test_a_walk_keeps_its_gait_table_and_the_phases_of_mocap_whatever_the_flags(
    pipeline, finished, test_data: Path, flags
):
    walk = test_data / "opencap" / "walk.mp4"
    out = finished("out", walk)
    pipeline([walk], out, **flags)
    results = analysed(out / "walk").results
    assert results.gait is not None
    truth = by_markers(test_data, "walk")
    assert of_gait(results, "swing_time_s") == pytest.approx(of_gait(truth, "swing_time_s"), rel=0.08)
    assert of_gait(results, "step_time_s") == pytest.approx(of_gait(truth, "step_time_s"), rel=0.1)
    assert double_support_s(results) == pytest.approx(double_support_s(truth), rel=0.08)


@pytest.mark.slow
def test_a_small_copy_of_a_walk_keeps_its_gait_table_and_the_swing_of_mocap(
    pipeline, test_data: Path, tmp_path: Path
):
    small = scaled(test_data / "opencap" / "walk.mp4", tmp_path / "small.mp4", 360)
    pipeline([small], tmp_path / "out")
    results = analysed(tmp_path / "out" / "small").results
    truth = by_markers(test_data, "walk")
    assert of_gait(results, "swing_time_s") == pytest.approx(of_gait(truth, "swing_time_s"), rel=0.08)
    # Every moment is told to within two frames of the video: so is what lies between two of them.
    assert double_support_s(results) == pytest.approx(double_support_s(truth), abs=2 / 60)


@pytest.mark.slow
def test_squats_are_measured_as_by_mocap_and_their_false_asymmetry_is_no_finding(
    pipeline, test_data: Path, tmp_path: Path
):
    pipeline([test_data / "opencap" / "squat.mp4"], tmp_path)
    report = analysed(tmp_path / "squat")
    found, truth = report.results.repetitions, by_markers(test_data, "squat").repetitions
    assert len(found.records) == len(truth.records) == 5
    for name in ("duration_s", "peak_velocity_out", "peak_velocity_back", "range_of_motion"):
        assert found.summary[name].band.holds(truth.summary[name].mean), name
        assert found.summary[name].mean == pytest.approx(truth.summary[name].mean, rel=0.1), name
    symmetry = found.summary["symmetry_percent"]
    assert not symmetry.band.is_finding
    assert symmetry.band.holds(truth.summary["symmetry_percent"].mean)
    ankles = [angle for angle in report.results.angles if "ankle" in angle.name]
    assert ankles
    assert not any(angle.reliable for angle in ankles)
    reference = test_data / "opencap" / "squat_gt_joints.csv"
    samples = list(clip_samples(Clip(results=tmp_path / "squat", reference=reference)))
    assert share_inside(error_table(), samples) >= 0.9
