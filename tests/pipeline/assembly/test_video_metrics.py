"""The record beside a video's predictions, read again by this version and by later ones."""

import json

import pytest
from schemas.pose_tables import PROVENANCE

from neuropose_ray.pipeline.assembly.video_metrics import VideoMetrics, read_metrics
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.schemas.json_files import save_model
from neuropose_ray.schemas.performance import PerformanceMetrics

METRICS = VideoMetrics(
    plan_key="a1", poses_key="b2", poses_sha256="c3", predictions_sha256="d4", frames=3, tracks=2,
    performance=PerformanceMetrics(
        total_seconds=1, per_frame_latencies_ms=(1, 2, 3), peak_rss_mb=100, active_device="cpu",
        tensorflow_version="unknown", frames=3, workers=1, decode_seconds=0.5, infer_seconds=0.25, other_seconds=0.25,
    ),
    provenance=PROVENANCE, notes=("two streams",),
    errors=(ErrorRecord(stage="decode", type="DecodeError", message="frame 3 is damaged", attempts=2),),
)  # fmt: skip


@pytest.fixture
def path(tmp_path):
    save_model(tmp_path / "metrics.json", METRICS)
    return tmp_path / "metrics.json"


def test_what_is_written_is_read(path):
    assert read_metrics(path) == METRICS


def test_the_record_of_a_version_that_knew_nothing_of_poses_is_read(path):
    record = json.loads(path.read_bytes())
    for field in ("poses_key", "poses_sha256", "notes", "errors"):
        del record[field]
    path.write_text(json.dumps(record))
    read = read_metrics(path)
    assert (read.plan_key, read.poses_key, read.poses_sha256, read.notes, read.errors) == ("a1", "", "", (), ())


@pytest.mark.parametrize("field", ["plan_key", "predictions_sha256", "frames", "tracks", "performance", "provenance"])
def test_a_record_without_what_it_vouches_for_is_none(path, field):
    record = json.loads(path.read_bytes())
    del record[field]
    path.write_text(json.dumps(record))
    assert read_metrics(path) is None


@pytest.mark.parametrize(
    "damaged",
    [b"", b"\xff\0" * 9, b"[]", b"null", METRICS.model_dump_json().encode()[:-20]],
    ids=["empty", "no text", "a list", "null", "cut short"],
)
def test_a_damaged_record_is_none(path, damaged):
    path.write_bytes(damaged)
    assert read_metrics(path) is None


def test_where_there_is_none_there_is_none(tmp_path):
    assert read_metrics(tmp_path / "metrics.json") is None
    (tmp_path / "metrics.json").mkdir()
    assert read_metrics(tmp_path / "metrics.json") is None
