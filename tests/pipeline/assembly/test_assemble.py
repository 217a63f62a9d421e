"""From the poses of a video to its files, which vouch for each other; without a pose model and without a fit."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.seen_video import SeenVideo

from neuropose_ray.errors import OutputError, VideoError
from neuropose_ray.fitting import FittingSettings
from neuropose_ray.pipeline.assembly import assemble
from neuropose_ray.pipeline.assembly.assemble import Assembly
from neuropose_ray.pipeline.assembly.fit import fit_tracks
from neuropose_ray.pipeline.assembly.video_metrics import VideoMetrics, read_metrics
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.schemas.fitting import FittingReport
from neuropose_ray.schemas.json_files import load_job_results
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.tracking import TrackingSettings

LOST = ErrorRecord(stage="decode", type="DecodeError", message="it is broken")
WITHOUT_PRIOR = FittingSettings(depth_prior="off", iterations=2)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def lose_chunk(seen: SeenVideo, index: int) -> None:
    for path in (seen.folder / "chunks").glob(f"{seen.plan.keys[index][:32]}.*"):
        path.unlink()


def test_chunks_become_the_files_of_a_video_and_are_gone(seen: SeenVideo):
    metrics = seen.assembly.from_chunks(seen.plan)
    assert {"predictions.parquet", "results.json", "metrics.json"} <= names(seen.folder)
    assert "chunks" not in names(seen.folder)
    table, header = read_predictions(seen.folder / "predictions.parquet")
    assert (metrics.frames, metrics.tracks, metrics.errors) == (64, 1, ())
    assert (table.frame_count, header.metadata.frame_count, header.metadata.filename) == (64, 64, "walk.mp4")
    np.testing.assert_array_equal(table.timestamps_s, seen.plan.info.timestamps_s)
    assert set(table.track_ids) == {0}
    assert set(load_job_results(seen.folder / "results.json")) == {"walk.mp4"}
    assert read_metrics(seen.folder / "metrics.json") == metrics
    assert metrics.predictions_sha256 == file_sha256(seen.folder / "predictions.parquet")
    assert (metrics.plan_key, metrics.poses_key) == (seen.assembly.plan_key(seen.plan), seen.plan.poses_key)


def test_a_new_video_waits_for_each_of_its_files_and_once_for_its_folder(seen: SeenVideo, monkeypatch):
    waited: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: waited.append(os.fstat(descriptor).st_ino))
    seen.assembly.from_chunks(seen.plan)
    known = {path.stat().st_ino: path.name for path in (seen.folder, *seen.folder.iterdir())}
    ours = [known[inode] for inode in waited if known[inode] != ".source.json"]
    assert ours == ["predictions.parquet", "results.json", "metrics.json", seen.folder.name]


def test_a_video_that_lacks_a_chunk_says_so_and_keeps_the_others_for_another_try(seen: SeenVideo):
    lose_chunk(seen, 1)
    metrics = seen.assembly.from_chunks(seen.plan, (LOST,))
    assert (metrics.frames, metrics.errors) == (32, (LOST,))
    assert seen.assembly.context.store("walk").marked(seen.plan.keys) == [0]
    seen.assembly.from_kept_poses(seen.plan)
    assert seen.assembly.context.store("walk").marked(seen.plan.keys) == [0]


def test_a_video_of_which_no_chunk_is_there_has_no_files(seen: SeenVideo):
    lose_chunk(seen, 0)
    lose_chunk(seen, 1)
    with pytest.raises(VideoError, match="it is broken"):
        seen.assembly.from_chunks(seen.plan, (LOST,))
    assert "metrics.json" not in names(seen.folder)


def test_finished_files_are_known_again(seen: SeenVideo):
    assert seen.assembly.finished(seen.plan) is None
    metrics = seen.assembly.from_chunks(seen.plan)
    assert seen.assembly.finished(seen.plan) == metrics
    assert seen.assembly.files("walk") == tuple(
        seen.folder / name for name in ("predictions.parquet", "results.json", "metrics.json")
    )
    assert all(path.exists() for path in seen.assembly.files("walk"))


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"!")


@pytest.mark.parametrize(
    ("file", "harm"),
    [
        ("predictions.parquet", Path.unlink),
        ("predictions.parquet", damage),
        ("results.json", Path.unlink),
        ("metrics.json", Path.unlink),
        ("metrics.json", damage),
    ],
)
def test_files_that_are_not_whole_are_not_finished(seen: SeenVideo, file: str, harm: Callable[[Path], None]):
    seen.assembly.from_chunks(seen.plan)
    harm(seen.folder / file)
    assert seen.assembly.finished(seen.plan) is None


CHANGES = {
    "tracking": {"tracking": TrackingSettings(max_gap_s=0.2)},
    "a fit": {"fitting": FittingSettings()},
    "another fit": {"fitting": WITHOUT_PRIOR},
    "a given height": {"fitting": FittingSettings(height_m=FittingSettings().height_m)},
    "slow motion": {"capture_fps": 240.0},
}


def test_everything_between_poses_and_files_is_part_of_the_key(seen: SeenVideo, monkeypatch: pytest.MonkeyPatch):
    assemblies = [seen.assembly, *(replace(seen.assembly, **change) for change in CHANGES.values())]
    keys = [assembly.plan_key(seen.plan) for assembly in assemblies]
    for version in ("TRACKS_VERSION", "FILES_VERSION", "FIT_VERSION"):
        with monkeypatch.context() as patched:
            patched.setattr(assemble, version, 99)
            keys.append(assemblies[2].plan_key(seen.plan))
    keys.append(seen.assembly.plan_key(replace(seen.plan, keys=seen.plan.keys[:1])))
    assert len(set(keys)) == len(keys) == 10


def test_who_works_and_where_is_no_part_of_the_key(seen: SeenVideo, tmp_path: Path):
    elsewhere = replace(seen.assembly.context, out=tmp_path, decode_threads=7, max_attempts=9)
    other = replace(seen.assembly, context=elsewhere, workers=12)
    assert other.plan_key(replace(seen.plan, name="walk__1234")) == seen.assembly.plan_key(seen.plan)
    source = replace(seen.plan.info.source, path=seen.plan.info.source.path.with_name("run.mp4"))
    renamed = replace(seen.plan, info=replace(seen.plan.info, source=source))
    assert other.plan_key(renamed) != seen.assembly.plan_key(seen.plan)  # the files name the video


def test_other_settings_make_the_files_again_from_the_poses_in_them(seen: SeenVideo):
    first = seen.assembly.from_chunks(seen.plan)
    before, _ = read_predictions(seen.folder / "predictions.parquet")
    (seen.folder / "chunks").mkdir()
    other = replace(seen.assembly, tracking=TrackingSettings(max_gap_s=0.2))
    assert other.finished(seen.plan) is None
    again = other.from_kept_poses(seen.plan)
    after, header = read_predictions(seen.folder / "predictions.parquet")
    np.testing.assert_array_equal(after.poses.poses3d, before.poses.poses3d)
    assert (again.poses_sha256, again.performance) == (first.poses_sha256, first.performance)
    assert again.plan_key != first.plan_key
    assert other.finished(seen.plan) == again
    assert header.provenance.settings["tracking"]["max_gap_s"] == 0.2
    assert "chunks" not in names(seen.folder)


def test_poses_that_are_gone_cannot_be_taken_again(seen: SeenVideo):
    seen.assembly.from_chunks(seen.plan)
    (seen.folder / "predictions.parquet").unlink()
    assert seen.assembly.kept_poses(seen.plan) is None
    with pytest.raises(VideoError, match="changed while they were read") as raised:
        seen.assembly.from_kept_poses(seen.plan)
    assert str(seen.plan.info.source.path) in str(raised.value)


def recorded(metrics: VideoMetrics) -> set[str]:
    assert metrics.provenance is not None
    return set(metrics.provenance.settings)


def test_settings_of_an_earlier_fit_are_forgotten_with_its_files(seen: SeenVideo):
    fitting = replace(seen.assembly, fitting=WITHOUT_PRIOR)
    metrics = fitting.from_chunks(seen.plan)
    assert recorded(metrics) == {"synthetic", "tracking", "fitting"}
    assert metrics.provenance.settings["fitting"]["height_source"] == "assumed"
    report = FittingReport.model_validate_json((seen.folder / "fitting.json").read_bytes())
    assert [track.track_id for track in report.tracks] == [0]
    assert recorded(seen.assembly.from_kept_poses(seen.plan)) == {"synthetic", "tracking"}
    assert "fitting.json" not in names(seen.folder)
    table, _ = read_predictions(seen.folder / "predictions.parquet")
    assert table.poses3d_fitted is None


def test_slow_motion_is_fitted_at_the_times_of_the_movement_and_stored_at_the_files_own(
    seen: SeenVideo, monkeypatch: pytest.MonkeyPatch
):
    fitted_at: list[np.ndarray] = []

    def noted(table: PoseTable, *others: Any) -> tuple[PoseTable, FittingReport]:
        fitted_at.append(table.timestamps_s)
        return fit_tracks(table, *others)

    monkeypatch.setattr(assemble, "fit_tracks", noted)
    for capture_fps in (None, 240.0):
        replace(seen.assembly, fitting=WITHOUT_PRIOR, capture_fps=capture_fps).from_chunks(seen.plan, (LOST,))
        table, header = read_predictions(seen.folder / "predictions.parquet")
        np.testing.assert_array_equal(table.timestamps_s, seen.plan.info.timestamps_s)
        assert header.metadata.capture_fps == capture_fps
    usual, slow = fitted_at
    np.testing.assert_array_equal(usual, seen.plan.info.timestamps_s)
    np.testing.assert_allclose(slow, usual / 8, rtol=1e-3)


@pytest.mark.parametrize(("doubted", "said"), [(0, ()), (1, "1 pose that"), (5, "5 poses that")])
def test_poses_that_the_model_doubts_after_everybody_left_are_left_out(seen: SeenVideo, doubted: int, said):
    store, key = seen.assembly.context.store("walk"), seen.plan.keys[1]
    table, header = store.read(key)
    table.poses.boxes[32 - doubted :, 4] = 0.1
    store.commit(table, header, store.committed(key))
    metrics = seen.assembly.from_chunks(seen.plan)
    assert metrics.notes == (said and (f"left out as no person's: {said} the pose model doubted",))
    kept, _ = read_predictions(seen.folder / "predictions.parquet")
    assert (kept.frame_count, len(kept.poses)) == (64, 64 - doubted)
    assert seen.assembly.kept_poses(seen.plan) is not None


def test_metrics_come_last(seen: SeenVideo):
    """What ends the writing leaves the old metrics, which vouch for the poses that are still there."""
    first = seen.assembly.from_chunks(seen.plan)
    (seen.folder / "results.json").unlink()
    (seen.folder / "results.json").mkdir()
    other = replace(seen.assembly, tracking=TrackingSettings(max_gap_s=0.2))
    with pytest.raises(OutputError, match=r"results\.json"):
        other.from_kept_poses(seen.plan)
    assert read_metrics(seen.folder / "metrics.json") == first
    (seen.folder / "results.json").rmdir()
    assert other.from_kept_poses(seen.plan).poses_sha256 == first.poses_sha256


def test_poses_that_do_not_say_where_they_come_from_stay_so(seen: SeenVideo):
    """As those of versions that did not record it."""
    seen.assembly.from_chunks(seen.plan)
    record = json.loads((seen.folder / "metrics.json").read_text())
    (seen.folder / "metrics.json").write_text(json.dumps({**record, "provenance": None}))
    assert Assembly(seen.assembly.context, TrackingSettings(), None, 1).from_kept_poses(seen.plan).provenance is None
