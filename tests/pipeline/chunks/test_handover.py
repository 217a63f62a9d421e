"""What a worker has just written reaches the assembly of the same process without being read."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemas.pose_tables import header_of, pose_tables, properties, table_of

from neuropose_ray.pipeline.chunks import commit
from neuropose_ray.pipeline.chunks.commit import ChunkMarker, ChunkStore, ErrorRecord
from neuropose_ray.pipeline.chunks.handover import CommittedChunk, Handover

FOLDER, KEY, OTHER = Path("walk/chunks"), "ab" * 32, "cd" * 32


def marker(frames: int = 3) -> ChunkMarker:
    return ChunkMarker(
        key=KEY, sha256="", frames=frames, persons=0, errors=(ErrorRecord(stage="decode", type="E", message="m"),),
        wait_s=0.1, call_s=(1 / 3,), call_frames=(frames,), seconds=1.0, model_load_s=None, peak_rss_mb=1.0,
        device="cpu", runtime="test",
    )  # fmt: skip


def chunk(frames: int = 3) -> CommittedChunk:
    table = table_of(frames)
    return CommittedChunk(marker(frames), table, header_of(table))


def bits(chunk: CommittedChunk) -> list[bytes]:
    poses = chunk.table.poses
    arrays = (chunk.table.timestamps_s, poses.frame, poses.boxes, poses.poses2d, poses.poses3d, poses.joint_scores)
    return [values.dtype.str.encode() + str(values.shape).encode() + values.tobytes() for values in arrays]


@properties
@given(table=pose_tables(st.floats(width=32) | st.just(-np.nan)))
def test_what_is_handed_over_is_what_the_files_have_to_the_last_bit(tmp_path, table):
    handing, reading = (ChunkStore(tmp_path, handover) for handover in (Handover(), None))
    handing.commit(table, header_of(table), marker(), hand_over=True)
    handed, read = handing.take(KEY), reading.take(KEY)
    assert bits(handed) == bits(read)
    assert (handed.marker, handed.header) == (read.marker, read.header)


def test_numbers_of_another_width_are_handed_over_as_stored(tmp_path):
    table = table_of(3)
    names = ("boxes", "poses2d", "poses3d", "joint_scores")
    wide = {name: getattr(table.poses, name).astype(np.float64) for name in names}
    table, store = replace(table, poses=replace(table.poses, **wide)), ChunkStore(tmp_path, Handover())
    store.commit(table, header_of(table), marker(), hand_over=True)
    assert bits(store.take(KEY)) == bits(ChunkStore(tmp_path).take(KEY))


def test_it_is_taken_once_and_lies_on_the_disk_after_that(tmp_path, monkeypatch):
    store, table = ChunkStore(tmp_path, Handover()), table_of(3)
    store.commit(table, header_of(table), marker(), hand_over=True)
    with monkeypatch.context() as patch:
        patch.setattr(commit, "read_predictions", lambda path: pytest.fail(f"{path} was read"))
        handed = store.take(KEY)
    assert bits(store.take(KEY)) == bits(handed)


def test_a_chunk_among_several_of_its_video_is_read_from_its_files(tmp_path):
    handover, table = Handover(), table_of(3)
    ChunkStore(tmp_path, handover).commit(table, header_of(table), marker())
    assert handover.take(tmp_path, KEY) is None


def test_the_same_chunk_of_two_videos_is_two():
    handover, first, second = Handover(), chunk(), chunk()
    handover.give(FOLDER, KEY, first)
    handover.give(Path("run/chunks"), KEY, second)
    assert handover.take(FOLDER, KEY) is first
    assert handover.take(Path("run/chunks"), KEY) is second


def test_the_oldest_go_where_many_wait():
    handover, waiting = Handover(most_bytes=2 * chunk().table.nbytes), [chunk() for _ in range(3)]
    for number, given_chunk in enumerate(waiting):
        handover.give(Path(str(number)), KEY, given_chunk)
    assert [handover.take(Path(str(number)), KEY) for number in range(3)] == [None, *waiting[1:]]


def test_a_second_try_replaces_the_first_and_frees_its_place():
    handover, last = Handover(most_bytes=chunk().table.nbytes), chunk()
    handover.give(FOLDER, KEY, chunk())
    handover.give(FOLDER, KEY, last)
    assert handover.take(FOLDER, KEY) is last
    handover.give(FOLDER, OTHER, last)
    assert handover.take(FOLDER, OTHER) is last


def test_in_another_process_nothing_is_kept():
    handover = pickle.loads(pickle.dumps(Handover()))
    handover.give(FOLDER, KEY, chunk())
    assert handover.take(FOLDER, KEY) is None
