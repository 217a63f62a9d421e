"""A video put together as a task: what it gives is the row of the finished video, or of one that failed."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.seen_video import SeenVideo

from neuropose_ray.errors import OutputError
from neuropose_ray.pipeline.assembly.result_mirror import ResultStore
from neuropose_ray.pipeline.assembly.video_assembler import VideoAssembler, finished_row
from neuropose_ray.pipeline.assembly.video_metrics import read_metrics
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.inputs.signature import signature_of_outputs
from neuropose_ray.pipeline.planning.plan_file import write_plan
from neuropose_ray.pipeline.state.manifest_results import result_of
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.tracking import TrackingSettings

LOST = ErrorRecord(stage="decode", type="DecodeError", message="it is broken")


def stored(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_row_says_what_the_video_has_now(seen: SeenVideo):
    row = VideoAssembler(seen.assembly)(seen.row)
    assert row.state == "completed"
    assert row.predictions_sha256 == file_sha256(seen.folder / "predictions.parquet")
    assert row.outputs == signature_of_outputs(seen.assembly.files("walk")) != ""
    assert replace(row, state="planned", result="", outputs="", predictions_sha256="") == replace(
        seen.row, outputs=""
    )
    result = result_of(row, computed=True)
    assert (result.name, result.input, result.frames, result.tracks) == ("walk", seen.row.path, 64, 1)
    assert json.loads(row.result)["computed"]


def test_a_video_that_lacks_chunks_is_partial(seen: SeenVideo):
    row = VideoAssembler(seen.assembly)(seen.row, (LOST,))
    assert row.state == "partial"
    assert result_of(row, computed=True).errors == (LOST,)


def test_kept_poses_are_taken_where_the_row_has_no_chunks(seen: SeenVideo):
    VideoAssembler(seen.assembly)(seen.row)
    write_plan(seen.assembly.context.plan_path("walk"), seen.plan)
    other = replace(seen.assembly, tracking=TrackingSettings(max_gap_s=0.2))
    assert VideoAssembler(other)(seen.row).state == "failed"  # there are no chunks any more
    assert VideoAssembler(other)(replace(seen.row, chunks=0)).state == "completed"
    assert read_metrics(seen.folder / "metrics.json").plan_key == other.plan_key(seen.plan)


def test_what_cannot_be_put_together_fails_with_what_is_known_of_it(seen: SeenVideo):
    seen.assembly.context.plan_path("walk").write_bytes(b"no plan")
    for failed, said in (((), "plan"), ((LOST,), "it is broken")):
        row = VideoAssembler(seen.assembly)(seen.row, failed)
        assert row.state == "failed"
        (error,) = result_of(row, computed=True).errors
        assert said in error.message
        assert row.outputs == row.predictions_sha256 == ""


def test_a_disk_that_cannot_be_written_ends_the_run_and_not_the_video(seen: SeenVideo):
    (seen.folder / "results.json").mkdir()
    with pytest.raises(OutputError):
        VideoAssembler(seen.assembly)(seen.row)


def test_what_is_whole_goes_to_the_store(seen: SeenVideo, tmp_path: Path):
    bucket = tmp_path / "bucket"
    bucket.mkdir()
    store = ResultStore(bucket.as_uri(), seen.assembly.context.out)
    good_plan = seen.assembly.context.plan_path("walk").read_bytes()
    seen.assembly.context.plan_path("walk").write_bytes(b"no plan")
    assert VideoAssembler(seen.assembly, store)(seen.row).state == "failed"
    assert stored(bucket) == set()
    seen.assembly.context.plan_path("walk").write_bytes(good_plan)
    assert VideoAssembler(seen.assembly, store)(seen.row).state == "completed"
    assert {f"walk/{name}" for name in ("predictions.parquet", "results.json", "metrics.json")} <= stored(bucket)
    assert json.loads((bucket / "walk" / "metrics.json").read_text())["frames"] == 64


def test_a_row_of_files_that_lie_there_says_that_nothing_was_computed(seen: SeenVideo):
    metrics = seen.assembly.from_chunks(seen.plan)
    row = finished_row(seen.row, seen.assembly, metrics, computed=False)
    assert not json.loads(row.result)["computed"]
    assert (row.state, row.predictions_sha256) == ("completed", metrics.predictions_sha256)
