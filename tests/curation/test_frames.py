"""The table of a video's frames: a row for each, also for those that cannot be read."""

import numpy as np
import pytest
from curation.pictures import scene, with_noise
from curation.recordings import REGISTRY, measured
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.curation import (
    CurationSettings,
    FrameFile,
    FrameObserver,
    Presence,
    complete_frames,
    find_duplicates,
    hashes_of,
    join_chunks,
    measured_frames,
)
from neuropose_ray.curation.flags import after_gap
from neuropose_ray.schemas.frame_table import FrameTableHeader, read_frames, write_frames, write_idle

SETTINGS = CurationSettings()
PICTURES = [scene(seed, 90, 160) for seed in range(12)]


@given(st.sets(st.integers(0, 11), max_size=11), st.integers(1, 12))
@settings(max_examples=20)
def test_what_cannot_be_read_keeps_its_row_and_breaks_motion(lost, chunk):
    table = measured([None if frame in lost else luma for frame, luma in enumerate(PICTURES)], chunk=chunk)
    assert table.column("frame_idx").to_pylist() == list(range(12))
    errors, motion = table.column("error").to_pylist(), table.column("motion").to_pylist()
    blur = table.column("blur").to_pylist()
    for frame in range(12):
        assert (errors[frame] == "the image cannot be decoded") == (frame in lost)
        assert (blur[frame] is None) == (frame in lost)
        alone = frame == 0 or frame in lost or frame - 1 in lost
        assert (motion[frame] is None) == alone


def test_the_true_file_names_stay_with_their_frames():
    table = measured([PICTURES[0], None, PICTURES[2]], numbers=[2, 10, 11])
    assert table.column("path").to_pylist() == ["image_2.png", "image_10.png", "image_11.png"]
    assert table.column("number").to_pylist() == [2, 10, 11]
    assert table.column("hash").to_pylist()[2] == f"{11:032x}"
    # Between 2 and 10 numbers are missing, and 10 cannot be read.
    assert table.column("motion").to_pylist() == [None, None, None]


@given(st.integers(0, 10**30), st.lists(st.integers(1, 3), min_size=3, max_size=3))
@settings(max_examples=20)
def test_numbers_of_any_size_are_told_apart_or_left_out(first, steps):
    numbers = [first, *(first + int(step) for step in np.cumsum(steps))]
    table = measured(PICTURES[:4], numbers=numbers)
    kept = [number if number < 2**63 else None for number in numbers]
    assert table.column("number").to_pylist() == kept
    gaps = [False, *(known is not None and step > 1 for known, step in zip(kept[1:], steps, strict=True))]
    assert after_gap(table).tolist() == gaps


def test_a_name_that_is_not_utf_8_keeps_its_row():
    files = [FrameFile(b"caf\xe9_0.png".decode("utf-8", "surrogateescape"), 0)]
    table = measured_frames(np.zeros(1), join_chunks([], REGISTRY), REGISTRY, files)
    assert table.column("path").to_pylist() == ["caf\N{REPLACEMENT CHARACTER}_0.png"]


def test_a_video_that_decodes_fewer_frames_than_it_promises_says_which():
    observer = FrameObserver(REGISTRY)
    for frame, time_s in enumerate([0.0, 0.1, 0.3]):
        observer.observe(PICTURES[frame], frame, time_s)
    table = measured_frames(np.arange(5) / 10, join_chunks([observer.table()], REGISTRY), REGISTRY)
    assert [error is None for error in table.column("error").to_pylist()] == [True, True, False, True, False]
    assert "could not be decoded" in table.column("error").to_pylist()[4]
    assert table.column("path").to_pylist() == [None] * 5


def test_the_whole_table_goes_through_its_file(tmp_path):
    found = measured([*PICTURES, PICTURES[3]])
    hashes = hashes_of([found, found])
    duplicates = find_duplicates(hashes.hashes, hashes.sharpness, hashes.valid, hashes.thumbnails)
    known = np.arange(13) != 2
    presence = Presence(np.ones(13, np.int32), np.where(known, 0.9, np.nan).astype(np.float32), known)
    table, idle = complete_frames(found, REGISTRY, SETTINGS, duplicates, 13, presence)
    header = FrameTableHeader(
        video="walk", metrics=REGISTRY.versions, columns=REGISTRY.columns, settings=SETTINGS.model_dump()
    )
    write_frames(tmp_path / "frames.parquet", table, header)
    write_idle(tmp_path / "idle.parquet", idle)
    again, _ = read_frames(tmp_path / "frames.parquet")
    assert again.replace_schema_metadata() == table
    assert table.column("persons").to_pylist()[:4] == [1, 1, None, 1]
    # Everything in the second video is the same as in the first, which comes first and leads.
    assert set(table.column("representative").to_pylist()) == {False}
    assert None not in table.column("duplicate_group_id").to_pylist()


def test_a_video_of_no_frames_is_a_table_too():
    empty = measured_frames(np.zeros(0), join_chunks([], REGISTRY), REGISTRY)
    table, idle = complete_frames(empty, REGISTRY, SETTINGS)
    assert (table.num_rows, idle.num_rows) == (0, 0)
    assert len(hashes_of([]).hashes) == len(hashes_of([empty]).hashes) == 0


@pytest.mark.parametrize("count", [1, 2])
def test_one_and_two_frames_are_videos(count):
    table, idle = complete_frames(measured(PICTURES[:count]), REGISTRY, SETTINGS)
    assert (table.num_rows, idle.num_rows) == (count, 0)


def test_noise_alone_is_idle():
    still = [with_noise(PICTURES[0], seed) for seed in range(20)]
    _, idle = complete_frames(measured([*PICTURES, *still]), REGISTRY, SETTINGS)
    assert idle.to_pylist()[0] | {"idle_score": 0} == {
        "start_idx": 12, "end_idx": 31, "start_s": 12 / 30, "end_s": 31 / 30, "idle_score": 0,
    }  # fmt: skip
