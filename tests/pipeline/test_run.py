"""The whole way of real videos on threads: states, resume, damage, locks."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.errors import InputNotFoundError, OutputError, RunLockedError
from neuropose_ray.pipeline.chunks.commit import AttemptHistory, ChunkStore
from neuropose_ray.pipeline.state.lease import held_lease
from neuropose_ray.pipeline.state.run_layout import state_folder
from neuropose_ray.schemas.json_files import load_job_results
from neuropose_ray.schemas.parquet_files import read_predictions

CLIP = "odd/made_vfr_walk.mp4"
#: So that a short clip has several chunks.
SHORT = {"video": {"chunk_frames": 10}, "blazepose": {"session_frames": 10}}
SHORT_BY_ENVIRONMENT = {"NEUROPOSE_VIDEO__CHUNK_FRAMES": "10", "NEUROPOSE_BLAZEPOSE__SESSION_FRAMES": "10"}


def predictions(out: Path, name: str):
    return read_predictions(out / name / "predictions.parquet")[0]


def same(one, other) -> bool:
    return all(
        np.array_equal(getattr(one.poses, field), getattr(other.poses, field))
        for field in ("frame", "boxes", "poses2d", "poses3d", "joint_scores")
    ) and np.array_equal(one.track_ids, other.track_ids)


@pytest.fixture
def clip(test_data: Path) -> Path:
    return test_data / CLIP


def test_every_input_is_listed_once_with_its_true_state(pipeline, test_data: Path, tmp_path: Path):
    inputs = tmp_path / "in"
    inputs.mkdir()
    states = {
        "made_one_frame.mp4": "completed", "made_no_person.mp4": "completed", "made_zero_bytes.mp4": "failed",
        "made_not_a_video.mp4": "failed", "made_audio_only.mp4": "failed", "made_truncated_walk.mp4": "failed",
        "decord_corrupted.mp4": "partial", "decord_video_90.mov": "completed",
    }  # fmt: skip
    for name in states:
        shutil.copy(test_data / "odd" / name, inputs)
    (inputs / "notes.txt").write_text("not a video")
    summary = pipeline([inputs], tmp_path / "out")
    assert {Path(video.input).name: video.state for video in summary.videos} == states
    assert len(summary.videos) == len(states)
    assert summary.not_videos == (str(inputs / "notes.txt"),)
    for video in summary.videos:
        assert (video.state == "completed") == (not video.errors)
        assert all("\n" not in error.message and error.type != "Exception" for error in video.errors)
    written = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [video["state"] for video in written["videos"]] == [video.state for video in summary.videos]


def test_a_video_without_people_has_all_its_frames(pipeline, test_data: Path, tmp_path: Path):
    pipeline([test_data / "odd" / "made_no_person.mp4"], tmp_path)
    table = predictions(tmp_path, "made_no_person")
    assert (table.frame_count, len(table.poses)) == (30, 0)
    assert len(load_job_results(tmp_path / "made_no_person" / "results.json")["made_no_person.mp4"]) == 30


def test_a_finished_run_started_again_computes_nothing_and_changes_nothing(pipeline, clip: Path, tmp_path: Path):
    first = pipeline([clip], tmp_path)
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "made_vfr_walk").rglob("*")}
    again = pipeline([clip], tmp_path)
    assert (first.frames_computed, again.frames_computed) == (55, 0)
    assert again.videos[0].state == "completed"
    assert not again.videos[0].computed
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "made_vfr_walk").rglob("*")} == files


@pytest.mark.parametrize("victim", ["predictions.parquet", "metrics.json"])
@pytest.mark.slow
def test_a_result_that_was_damaged_is_made_again(pipeline, finished, clip: Path, victim: str):
    out = finished("out", clip)
    before = predictions(out, "made_vfr_walk")
    (out / "made_vfr_walk" / victim).unlink()
    assert pipeline([clip], out).videos[0].state == "completed"
    assert same(before, predictions(out, "made_vfr_walk"))


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(pipeline, test_data: Path, tmp_path: Path):
    video, whole, killed = test_data / "opencap" / "walk.mp4", tmp_path / "whole", tmp_path / "killed"
    pipeline([video], whole, **SHORT)
    environment = {**os.environ, **SHORT_BY_ENVIRONMENT, "NEUROPOSE_ENGINE__WORKERS": "1"}
    command = [sys.executable, "-c", "from neuropose_ray.cli import main; main()", "process", str(video), "--out"]
    process = subprocess.Popen([*command, str(killed)], env=environment, stderr=subprocess.DEVNULL)
    chunks = killed / "walk" / "chunks"
    while len(list(chunks.glob("*.json"))) < 2:
        assert process.poll() is None, "the run ended before it could be killed"
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    committed = sum(json.loads(path.read_text())["frames"] for path in chunks.glob("*.json"))
    summary = pipeline([video], killed, **SHORT)
    assert summary.frames_computed == 75 - committed
    assert same(predictions(whole, "walk"), predictions(killed, "walk"))
    assert not chunks.exists()


def test_an_interrupted_run_exits_with_130_and_keeps_what_is_done(test_data: Path, tmp_path: Path):
    video = test_data / "opencap" / "walk.mp4"
    environment = {**os.environ, **SHORT_BY_ENVIRONMENT, "NEUROPOSE_ENGINE__WORKERS": "1"}
    command = [sys.executable, "-c", "from neuropose_ray.cli import main; main()", "process", str(video), "--out"]
    process = subprocess.Popen(
        [*command, str(tmp_path)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        # A shell lets what it starts in the background, and all that comes of it, ignore interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not list((tmp_path / "walk" / "chunks").glob("*.json")):
        assert process.poll() is None, "the run ended before it could be interrupted"
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, printed = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "error: interrupted" in printed
    assert "Traceback" not in printed


@pytest.mark.slow
def test_a_chunk_that_killed_its_process_too_often_is_given_up_and_the_rest_goes_on(
    pipeline, test_data: Path, tmp_path: Path
):
    video = test_data / "opencap" / "walk.mp4"
    keys = _keys(video)
    store = ChunkStore(tmp_path / "out" / "walk" / "chunks")
    store.note(keys[1], AttemptHistory(count=3))
    summary = pipeline([video], tmp_path / "out", **SHORT)
    assert summary.videos[0].state == "partial"
    assert [(error.type, error.attempts) for error in summary.videos[0].errors] == [("WorkerDiedError", 3)]
    assert 0 < predictions(tmp_path / "out", "walk").frame_count < 75


def _keys(video: Path) -> tuple[str, ...]:
    from neuropose_ray.models.blazepose.settings import BlazePoseSettings
    from neuropose_ray.models.spec import ModelSpec
    from neuropose_ray.models.weights import WeightSettings, WeightStore
    from neuropose_ray.pipeline.inputs.discovery import FoundVideo
    from neuropose_ray.pipeline.planning.plan import plan_video
    from neuropose_ray.pipeline.settings import CameraSettings
    from neuropose_ray.video.sources import open_source

    spec = ModelSpec(WeightStore(WeightSettings().cache_dir).path("blazepose"), BlazePoseSettings(session_frames=10))
    source = open_source(video)
    return plan_video(FoundVideo("walk", str(video)), source, spec, CameraSettings(), 10).keys


def test_two_runs_do_not_write_into_one_folder(pipeline, clip: Path, tmp_path: Path):
    with held_lease(state_folder(tmp_path)), pytest.raises(RunLockedError, match="another run"):
        pipeline([clip], tmp_path)
    assert not (tmp_path / "summary.json").exists()


def test_an_output_that_is_a_file_is_refused(pipeline, clip: Path, tmp_path: Path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(OutputError, match="out"):
        pipeline([clip], tmp_path / "out")


def test_a_missing_input_is_refused_before_anything_is_written(pipeline, tmp_path: Path):
    with pytest.raises(InputNotFoundError, match="gone"):
        pipeline([tmp_path / "gone.mp4"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["rot90", "vfr"])
@pytest.mark.slow
def test_sideways_and_uneven_recordings_agree_with_the_original(finished_once, test_data: Path, kind: str):
    original = predictions(finished_once(test_data / "opencap" / "walk.mp4"), "walk")
    name = f"made_{kind}_walk"
    copy = predictions(finished_once(test_data / "odd" / f"{name}.mp4"), name)
    main = {label: table.track_ids == 0 for label, table in (("original", original), ("copy", copy))}
    places = np.searchsorted(original.timestamps_s, copy.timestamps_s - 1e-3)
    assert np.abs(original.timestamps_s[places] - copy.timestamps_s).max() <= 1e-3
    here = {int(places[copy.poses.frame[row]]): row for row in np.flatnonzero(main["copy"])}
    frames = original.poses.frame
    pairs = [(row, here[int(frames[row])]) for row in np.flatnonzero(main["original"]) if int(frames[row]) in here]
    assert len(pairs) >= 0.95 * copy.frame_count
    bodies = [table.poses.poses3d[[pair[side] for pair in pairs]] for side, table in ((0, original), (1, copy))]
    hips = [body - body[:, 23:25].mean(1, keepdims=True) for body in bodies]
    assert np.median(np.linalg.norm(hips[0] - hips[1], axis=-1)) < 30
    assert np.mean(bodies[1][:, 0, 1] < bodies[1][:, 27, 1]) > 0.95  # the nose is above the ankle: upright


@pytest.mark.endurance
def test_both_people_of_a_real_scene_are_found_and_keep_one_id(pipeline, test_data: Path, tmp_path: Path):
    pipeline([test_data / "sports2d" / "demo.mp4"], tmp_path)
    table = predictions(tmp_path, "demo")
    for person in (0, 1):  # the man who jumps and turns over in the air, the woman who walks
        assert np.isin(np.arange(45, 181), table.poses.frame[table.track_ids == person]).mean() >= 0.95


@pytest.mark.slow
def test_every_number_is_the_same_however_long_chunks_are(pipeline, clip: Path, tmp_path: Path):
    tables = []
    for chunk_frames in (1, 30, 1000):
        out = tmp_path / str(chunk_frames)
        pipeline([clip], out, video={"chunk_frames": chunk_frames}, blazepose={"session_frames": 14})
        tables.append(predictions(out, "made_vfr_walk"))
    assert all(same(tables[0], other) for other in tables[1:])
    assert all(np.array_equal(tables[0].poses3d_fitted, other.poses3d_fitted, equal_nan=True) for other in tables[1:])


def test_results_json_is_what_neuropose_reads(finished_once, clip: Path):
    content = json.loads((finished_once(clip) / "made_vfr_walk" / "results.json").read_text())
    video = content["made_vfr_walk.mp4"]
    assert set(video) == {"schema_version", "metadata", "frames", "segmentations", "provenance"}
    assert video["schema_version"] == 2
    assert set(video["frames"]["frame_000000"]) == {"boxes", "poses3d", "poses2d"}
    assert video["metadata"]["frame_count"] == 55


def test_metrics_tell_where_the_time_went(finished_once, clip: Path):
    metrics = json.loads((finished_once(clip) / "made_vfr_walk" / "metrics.json").read_text())["performance"]
    assert metrics["frames"] == len(metrics["per_frame_latencies_ms"]) == 55
    assert metrics["infer_seconds"] == pytest.approx(sum(metrics["per_frame_latencies_ms"]) / 1000, rel=1e-6)
    assert metrics["peak_rss_mb"] > 0


def test_a_folder_of_numbered_images_runs_on_the_time_base_given(pipeline, test_data: Path, tmp_path: Path):
    import cv2

    frames = tmp_path / "frames"
    frames.mkdir()
    picture = cv2.imread(str(test_data / "images" / "tfjs_pose.jpg"))
    for number in (0, 1, 2, 4):
        cv2.imwrite(str(frames / f"image_{number}.png"), picture)
    summary = pipeline([frames], tmp_path / "out")
    assert summary.videos[0].frames == 4
    assert any("missing" in note or "gap" in note.lower() for note in summary.videos[0].notes)
    assert predictions(tmp_path / "out", "frames").timestamps_s == pytest.approx([0, 1 / 30, 2 / 30, 4 / 30])
