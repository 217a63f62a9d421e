"""The poses of a finished video, taken from its files where only what comes after them has changed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuropose_ray.errors import OutputError
from neuropose_ray.pipeline.assembly import assemble
from neuropose_ray.pipeline.assembly.video_metrics import VideoMetrics, read_metrics
from neuropose_ray.schemas.fitting import FittingReport
from neuropose_ray.schemas.json_files import load_job_results
from neuropose_ray.schemas.parquet_files import read_predictions, write_predictions

NAME = "made_vfr_walk"
FIELDS = ("frame", "boxes", "poses2d", "poses3d", "joint_scores")


@pytest.fixture
def clip(test_data: Path) -> Path:
    return test_data / "odd" / f"{NAME}.mp4"


@pytest.fixture
def computed(finished: Callable[..., Path], clip: Path) -> Callable[..., Path]:
    """A folder with the results of the clip."""
    return lambda folder, **flags: finished(folder, clip, **flags)


def metrics(out: Path, name: str = NAME) -> VideoMetrics:
    record = read_metrics(out / name / "metrics.json")
    assert record is not None
    return record


def assert_same_files(out: Path, fresh: Path, name: str = NAME) -> None:
    """Bit for bit what another folder has, but for times of the clock and the cost of computing."""
    (table, header), (other, other_header) = (
        read_predictions(folder / name / "predictions.parquet") for folder in (out, fresh)
    )
    for field in FIELDS:
        np.testing.assert_array_equal(getattr(table.poses, field), getattr(other.poses, field))
    np.testing.assert_array_equal(table.timestamps_s, other.timestamps_s)
    np.testing.assert_array_equal(table.track_ids, other.track_ids)
    np.testing.assert_array_equal(table.poses3d_fitted, other.poses3d_fitted)
    assert _without_times(header.model_dump()) == _without_times(other_header.model_dump())
    names = {path.name for path in (out / name).iterdir()}
    assert names == {path.name for path in (fresh / name).iterdir()}
    for file in names & {"results.json", "fitting.json"}:
        assert (out / name / file).read_bytes() == (fresh / name / file).read_bytes(), file
    record, other_record = metrics(out, name), metrics(fresh, name)
    for field in ("plan_key", "poses_key", "poses_sha256", "frames", "tracks", "notes", "errors"):
        assert getattr(record, field) == getattr(other_record, field), field


def _without_times(header: dict[str, Any]) -> dict[str, Any]:
    return {**header, "provenance": {**header["provenance"], "created_at": None}}


@pytest.mark.parametrize(
    "flags",
    [
        {"fitting": {"height_m": 1.9}},
        {"fit": False},
        pytest.param({"tracking": {"max_gap_s": 0.2}}, marks=pytest.mark.slow),
        pytest.param({"tracking": {"max_gap_s": 0.2}, "fitting": {"moving_camera": True}}, marks=pytest.mark.slow),
    ],
)
def test_other_settings_of_tracking_and_fit_give_what_a_fresh_run_gives_without_a_pose_model(
    pipeline, computed: Callable[..., Path], clip: Path, flags: dict[str, Any]
):
    out = computed("out")
    cost = metrics(out).performance
    again = pipeline([clip], out, **flags)
    assert again.frames_computed == 0
    assert again.videos[0].computed
    assert metrics(out).performance == cost
    assert_same_files(out, computed("fresh", **flags))
    assert not pipeline([clip], out, **flags).videos[0].computed


def test_the_height_is_recorded_and_another_one_runs_no_pose_model(
    pipeline, computed: Callable[..., Path], clip: Path
):
    out = computed("out")

    def recorded() -> tuple[object, ...]:
        fit = FittingReport.model_validate_json((out / NAME / "fitting.json").read_bytes())
        _, header = read_predictions(out / NAME / "predictions.parquet")
        settings = header.provenance.settings
        assert metrics(out).provenance.settings == settings
        assert set(settings) == {"blazepose", "tracking", "fitting"}
        fitting = settings["fitting"]
        assert (fitting["height_m"], fitting["height_source"]) == (fit.height_m, fit.height_source)
        return fit.height_m, fit.height_source

    before, _ = read_predictions(out / NAME / "predictions.parquet")
    assert recorded() == (1.7, "assumed")
    assert pipeline([clip], out, fitting={"height_m": 1.87}).frames_computed == 0
    assert recorded() == (1.87, "given")
    after, _ = read_predictions(out / NAME / "predictions.parquet")
    np.testing.assert_allclose(after.poses3d_fitted, 1.1 * before.poses3d_fitted, rtol=1e-4, atol=0.5)
    assert pipeline([clip], out, fitting={"height_m": 1.7}).frames_computed == 0
    assert recorded() == (1.7, "given")
    assert pipeline([clip], out, fit=False).frames_computed == 0
    _, header = read_predictions(out / NAME / "predictions.parquet")
    assert set(header.provenance.settings) == {"blazepose", "tracking"}


@pytest.mark.slow
def test_a_partial_video_stays_what_it_is_when_it_is_fitted_again(pipeline, test_data: Path, tmp_path: Path):
    video = test_data / "odd" / "decord_corrupted.mp4"
    first = pipeline([video], tmp_path / "out")
    assert first.videos[0].state == "partial"
    again = pipeline([video], tmp_path / "out", fitting={"height_m": 1.9})
    assert again.frames_computed == 0
    assert (again.videos[0].state, again.videos[0].errors) == ("partial", first.videos[0].errors)
    pipeline([video], tmp_path / "fresh", fitting={"height_m": 1.9})
    assert_same_files(tmp_path / "out", tmp_path / "fresh", "decord_corrupted")


@pytest.mark.parametrize("version", ["TRACKS_VERSION", "FIT_VERSION", "FILES_VERSION"])
def test_a_new_version_of_what_comes_after_poses_runs_no_pose_model(
    pipeline, computed: Callable[..., Path], clip: Path, monkeypatch: pytest.MonkeyPatch, version: str
):
    out = computed("out")
    written = (out / NAME / "predictions.parquet").stat().st_mtime_ns
    monkeypatch.setattr(assemble, version, 99)
    assert pipeline([clip], out).frames_computed == 0
    assert (out / NAME / "predictions.parquet").stat().st_mtime_ns > written


@pytest.mark.slow
def test_a_renamed_video_keeps_its_poses(pipeline, clip: Path, tmp_path: Path):
    first = tmp_path / f"{NAME}.mp4"
    first.write_bytes(clip.read_bytes())
    pipeline([first], tmp_path / "out")
    renamed = first.rename(tmp_path / f"{NAME}.MP4")
    assert pipeline([renamed], tmp_path / "out").frames_computed == 0
    _, header = read_predictions(tmp_path / "out" / NAME / "predictions.parquet")
    assert header.metadata.filename == f"{NAME}.MP4"
    assert list(load_job_results(tmp_path / "out" / NAME / "results.json")) == [f"{NAME}.MP4"]


def test_a_run_that_ends_between_new_predictions_and_new_metrics_loses_no_poses(
    pipeline, computed: Callable[..., Path], clip: Path, monkeypatch: pytest.MonkeyPatch
):
    out = computed("out")

    def full_disk(*_: object, **_options: object) -> None:
        raise OutputError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(assemble, "save_neuropose_results", full_disk)
        with pytest.raises(OutputError):
            pipeline([clip], out, fit=False)
    assert pipeline([clip], out, fitting={"height_m": 1.9}).frames_computed == 0
    assert_same_files(out, computed("fresh", fitting={"height_m": 1.9}))


def lose_predictions(folder: Path) -> None:
    (folder / "predictions.parquet").unlink()


def lose_metrics(folder: Path) -> None:
    (folder / "metrics.json").unlink()


def damage_predictions(folder: Path) -> None:
    content = bytearray((folder / "predictions.parquet").read_bytes())
    content[len(content) // 3] ^= 1
    (folder / "predictions.parquet").write_bytes(content)


def put_other_predictions_in_their_place(folder: Path) -> None:
    """Whole, but not what the metrics vouch for."""
    table, header = read_predictions(folder / "predictions.parquet")
    table.poses.poses3d[0, 0, 0] += 1
    write_predictions(folder / "predictions.parquet", table, header)


def forget_the_key(folder: Path) -> None:
    """What versions wrote that made keys of source code."""
    record = json.loads((folder / "metrics.json").read_text())
    del record["poses_key"], record["poses_sha256"]
    (folder / "metrics.json").write_text(json.dumps({**record, "plan_key": "a digest of source code"}))


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lose_predictions, marks=pytest.mark.slow),
        pytest.param(lose_metrics, marks=pytest.mark.slow),
        damage_predictions,
        pytest.param(put_other_predictions_in_their_place, marks=pytest.mark.slow),
        forget_the_key,
    ],
)
def test_poses_that_nothing_vouches_for_are_computed_again(
    pipeline, computed: Callable[..., Path], clip: Path, harm: Callable[[Path], None]
):
    out = computed("out")
    harm(out / NAME)
    assert pipeline([clip], out, fit=False).frames_computed == 55
    assert_same_files(out, computed("fresh", fit=False))


def test_lost_results_are_written_again_without_a_pose_model(pipeline, computed: Callable[..., Path], clip: Path):
    out = computed("out")
    content = (out / NAME / "results.json").read_bytes()
    (out / NAME / "results.json").unlink()
    assert pipeline([clip], out).frames_computed == 0
    assert (out / NAME / "results.json").read_bytes() == content


@pytest.mark.parametrize(
    "flags",
    [
        {"camera": {"field_of_view_degrees": 50}},
        pytest.param({"blazepose": {"max_persons": 2}}, marks=pytest.mark.slow),
        pytest.param({"blazepose": {"session_frames": 20}}, marks=pytest.mark.slow),
    ],
)
def test_what_changes_the_poses_runs_the_pose_model(
    pipeline, computed: Callable[..., Path], clip: Path, flags: dict[str, Any]
):
    out = computed("out")
    assert pipeline([clip], out, **flags).frames_computed == 55


def test_chunks_of_another_length_do_not(pipeline, computed: Callable[..., Path], clip: Path):
    assert pipeline([clip], computed("out"), video={"chunk_frames": 20}).frames_computed == 0


def test_new_and_finished_videos_go_together(pipeline, computed: Callable[..., Path], test_data: Path, clip: Path):
    out = computed("out")
    other = test_data / "odd" / "made_one_frame.mp4"
    summary = pipeline([other, clip], out, fit=False)
    assert summary.frames_computed == 1
    assert [(video.name, video.state, video.frames) for video in summary.videos] == [
        ("made_one_frame", "completed", 1), (NAME, "completed", 55),
    ]  # fmt: skip


@pytest.mark.ray
@pytest.mark.slow
def test_tasks_of_a_cluster_make_files_again(ray_cluster: str, pipeline, computed: Callable[..., Path], clip: Path):
    out = computed("out")
    assert pipeline([clip], out, engine="ray", fitting={"height_m": 1.9}).frames_computed == 0
    assert_same_files(out, computed("fresh", fitting={"height_m": 1.9}))
