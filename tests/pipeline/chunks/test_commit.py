import json
from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.errors import VideoError
from neuropose_ray.pipeline.chunks.commit import AttemptHistory, ChunkMarker, ChunkStore, error_record
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeletons import known_skeleton

KEY = "ab" * 32


def marker(key: str = KEY) -> ChunkMarker:
    return ChunkMarker(
        key=key, sha256="", frames=3, persons=0, errors=(), wait_s=0, call_s=(), call_frames=(), seconds=1.0,
        model_load_s=None, peak_rss_mb=1.0, device="cpu", runtime="test",
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> ChunkStore:
    return ChunkStore(tmp_path / "chunks")


def commit(store: ChunkStore, key: str = KEY) -> None:
    header = PredictionsHeader(
        metadata=VideoMetadata(frame_count=3, fps=30.0, width=64, height=48),
        skeleton=known_skeleton("blazepose_33"),
        camera=Camera.from_field_of_view(64, 48, 67),
    )
    store.commit(PoseTable(np.arange(3) / 30, Poses.empty(33)), header, marker(key))


def test_what_is_committed_is_found_and_read(store: ChunkStore):
    assert store.committed(KEY) is None
    commit(store)
    assert store.committed(KEY).frames == 3
    assert store.read(KEY)[0].timestamps_s.tolist() == [0, 1 / 30, 2 / 30]


def test_another_key_is_another_chunk(store: ChunkStore):
    commit(store)
    assert store.committed("cd" * 32) is None


def test_results_without_marker_do_not_count(store: ChunkStore):
    commit(store)
    next(store.folder.glob("*.json")).unlink()
    assert store.committed(KEY) is None


@pytest.mark.parametrize("suffix", ["parquet", "json"])
@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"", lambda data: b"\0" * len(data)])
def test_damaged_files_do_not_count(store: ChunkStore, suffix: str, damage):
    commit(store)
    path = next(store.folder.glob(f"*.{suffix}"))
    path.write_bytes(damage(path.read_bytes()))
    assert store.committed(KEY) is None


def test_attempts_are_remembered_with_why_they_failed(store: ChunkStore):
    assert store.attempts(KEY).count == 0
    record = error_record(VideoError("cannot be opened", where="a.mp4"), 2)
    store.note(KEY, AttemptHistory(count=2, error=record))
    assert store.attempts(KEY).last_error == record
    assert (record.stage, record.type) == ("open", "VideoError")


def test_an_attempt_without_a_word_killed_its_process(store: ChunkStore):
    store.note(KEY, AttemptHistory(count=3))
    assert store.attempts(KEY).last_error.type == "WorkerDiedError"


def test_a_garbled_count_starts_again(store: ChunkStore):
    store.note(KEY, AttemptHistory(count=1))
    next(store.folder.glob("*.attempts")).write_bytes(b"\xff")
    assert store.attempts(KEY).count == 0


def test_clearing_leaves_nothing(store: ChunkStore):
    commit(store)
    store.clear()
    assert not store.folder.exists()


def test_a_chunk_that_an_earlier_version_suspected_is_still_tried_alone(store: ChunkStore):
    store.note(KEY, AttemptHistory(isolate_next=True))
    (file,) = store.folder.glob("*.attempts")
    assert json.loads(file.read_text("utf-8")) == {"count": 0, "error": None, "open": None, "suspect": True}
    assert store.attempts(KEY).isolate_next
