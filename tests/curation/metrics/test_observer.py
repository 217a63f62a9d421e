"""Measuring chunks: however a video is cut, the joined table is the same."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from curation.pictures import scene, with_noise
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet as pq

from neuropose_ray.curation import FrameObserver, MetricRegistry, join_chunks

REGISTRY = MetricRegistry.default()


def measured(frames, first=0):
    observer = FrameObserver(REGISTRY)
    for index, luma in enumerate(frames, first):
        observer.observe(luma, index, index / 30)
    return observer.table()


@pytest.fixture(scope="module")
def video():
    """Frames that move, stand still, and change their size."""
    frames = [with_noise(scene(0, 90, 160), seed) for seed in range(8)]
    return [
        *frames,
        frames[-1],
        frames[-1],
        *(scene(seed, 120, 90) for seed in range(6)),
        np.zeros((120, 90), np.uint8),
    ]


@given(data=st.data())
@settings(max_examples=25)
def test_the_same_table_however_a_video_is_cut(video, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(video)), max_size=6)))
    edges = [0, *cuts, len(video)]
    tables = [measured(video[a:b], a) for a, b in pairwise(edges)]
    assert join_chunks(tables, REGISTRY).equals(join_chunks([measured(video)], REGISTRY))


def test_chunks_come_through_a_file(video, tmp_path):
    tables = [measured(video[:5]), measured(video[5:], 5)]
    for number, table in enumerate(tables):
        pq.write_table(table, tmp_path / f"{number}.parquet")
    stored = [pq.read_table(tmp_path / f"{number}.parquet") for number in range(2)]
    assert join_chunks(stored, REGISTRY).equals(join_chunks(tables, REGISTRY))


def test_motion_is_null_for_the_first_frame_and_after_a_change_of_size(video):
    motion = join_chunks([measured(video)], REGISTRY).column("motion").to_pylist()
    assert [index for index, value in enumerate(motion) if value is None] == [0, 10]
    assert motion[8:10] == [0, 0]


def test_no_frames_are_a_table_of_the_same_columns():
    empty = join_chunks([measured([]), measured([])], REGISTRY)
    assert empty.num_rows == 0
    assert empty.schema.names == join_chunks([measured([scene()])], REGISTRY).schema.names
    assert join_chunks([], REGISTRY).schema == empty.schema


def test_a_chunk_of_another_version_is_not_joined():
    older = measured([scene()])
    metadata = {key: value.replace(b'"blur": 1', b'"blur": 0') for key, value in older.schema.metadata.items()}
    with pytest.raises(ValueError, match="'blur': 0"):
        join_chunks([older.replace_schema_metadata(metadata)], REGISTRY)
    with pytest.raises(ValueError, match="None"):
        join_chunks([older.replace_schema_metadata()], REGISTRY)


@pytest.mark.parametrize("luma", [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4)), np.zeros((0, 4), np.uint8)])
def test_what_is_no_picture_is_refused(luma):
    with pytest.raises(ValueError, match="luma is"):
        FrameObserver(REGISTRY).observe(luma, 0, 0.0)


def test_a_metric_that_gives_other_columns_than_it_states_is_named():
    class Broken:
        name, version = "broken", 1
        columns = {}  # noqa: RUF012 - a test's own

        def observe(self, context):
            return {"surprise": 1}

    with pytest.raises(ValueError, match="the metric broken gave"):
        FrameObserver(MetricRegistry((Broken(),))).observe(scene(), 0, 0.0)


def test_the_table_of_a_chunk_is_valid_arrow(video):
    table = measured(video)
    table.validate(full=True)
    assert isinstance(table, pa.Table)
    assert table.column("frame_idx").to_pylist() == list(range(len(video)))
