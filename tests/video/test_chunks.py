import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.video.chunks import merge_chunks, plan_chunks
from neuropose_ray.video.types import VideoInfo, VideoSource


def info_of(timestamps_s: np.ndarray, keyframes: list[int]) -> VideoInfo:
    keys = np.unique([0, *keyframes]).astype(np.int64)
    source = VideoSource(Path("video.mp4"), "file")
    return VideoInfo(source, 64, 48, 0, "h264", 0, timestamps_s.astype(np.float64), keys, "")


def steady(frames: int, key_every: int = 1) -> VideoInfo:
    return info_of(np.arange(frames) / 30, list(range(0, frames, key_every)))


@st.composite
def videos(draw: st.DrawFn) -> VideoInfo:
    steps = draw(st.lists(st.sampled_from([1e-7, 0.001, 1 / 30, 0.5]), max_size=400))
    times = np.cumsum([0.0, *steps])
    return info_of(times, draw(st.lists(st.integers(0, len(times) - 1), max_size=20)))


@given(info=videos(), target=st.integers(1, 300))
def test_every_promised_frame_is_in_exactly_one_chunk(info: VideoInfo, target: int) -> None:
    chunks = plan_chunks(info, target)
    assert [chunk.index for chunk in chunks] == list(range(len(chunks)))
    assert (chunks[0].start_s, chunks[-1].end_s) == (-math.inf, math.inf)
    assert sum(chunk.frames for chunk in chunks) == info.frame_count
    for before, after in pairwise(chunks):
        assert before.end_s == after.start_s
        assert before.first_frame + before.frames == after.first_frame
    for chunk in chunks:
        inside = np.flatnonzero((info.timestamps_s >= chunk.start_s) & (info.timestamps_s < chunk.end_s))
        assert inside.tolist() == list(range(chunk.first_frame, chunk.first_frame + chunk.frames))
        assert chunk.frames > 0


@given(info=videos(), target=st.integers(1, 300))
def test_reaching_the_borders_costs_a_bounded_number_of_decodes(info: VideoInfo, target: int) -> None:
    borders = np.array([chunk.first_frame for chunk in plan_chunks(info, target)])
    keys = info.keyframes[np.searchsorted(info.keyframes, borders, side="right") - 1]
    assert (borders - keys).sum() <= 4 * info.frame_count


@given(frames=st.integers(1, 5000), target=st.integers(1, 600))
def test_chunks_are_nearly_even_where_decoding_can_start_anywhere(frames: int, target: int) -> None:
    sizes = [chunk.frames for chunk in plan_chunks(steady(frames), target)]
    assert max(sizes) <= target
    assert max(sizes) - min(sizes) <= 1


@pytest.mark.parametrize(("frames", "chunks"), [(1, 1), (256, 1), (257, 2), (600, 4), (807, 4)])
def test_two_workers_get_equal_numbers_of_chunks(frames: int, chunks: int) -> None:
    assert len(plan_chunks(steady(frames), 256)) == chunks


def test_a_border_moves_to_a_near_keyframe() -> None:
    info = info_of(np.arange(20_000) / 30, list(range(0, 20_000, 250)))
    chunks = plan_chunks(info, 256)
    at_keyframes = sum(chunk.first_frame % 250 == 0 for chunk in chunks)
    assert len(chunks) == 80
    assert at_keyframes == 80
    assert max(chunk.frames for chunk in chunks) <= 500


def test_few_chunks_stay_even_rather_than_follow_keyframes() -> None:
    info = info_of(np.arange(807) / 60, [225, 475, 725])
    assert [chunk.frames for chunk in plan_chunks(info, 256)] == [202, 202, 201, 202]


def test_a_long_video_of_one_keyframe_is_cut_less_often() -> None:
    chunks = plan_chunks(info_of(np.arange(100_000) / 30, []), 256)
    assert 2 <= len(chunks) <= 10


def test_frames_of_one_instant_stay_together() -> None:
    info = info_of(np.zeros(10) + np.arange(10) * 1e-7, [])
    assert [chunk.frames for chunk in plan_chunks(info, 2)] == [10]


@given(info=videos(), least=st.integers(1, 100), target=st.integers(1, 500))
def test_merged_chunks_hold_whole_ones_and_are_no_longer_than_asked_for_where_those_are_even(
    info: VideoInfo, least: int, target: int
) -> None:
    parts = plan_chunks(info, least)
    merged = merge_chunks(parts, target)
    assert [chunk.index for chunk in merged] == list(range(len(merged)))
    assert (merged[0].start_s, merged[-1].end_s) == (-math.inf, math.inf)
    assert {chunk.first_frame for chunk in merged} <= {part.first_frame for part in parts}
    assert {chunk.start_s for chunk in merged} <= {part.start_s for part in parts}
    assert sum(chunk.frames for chunk in merged) == info.frame_count
    for before, after in pairwise(merged):
        assert before.end_s == after.start_s
        assert before.first_frame + before.frames == after.first_frame
    longest = max(part.frames for part in parts)
    assert max(chunk.frames for chunk in merged) <= max(longest, target + longest)


@given(info=videos(), target=st.integers(1, 300))
def test_chunks_that_are_long_enough_are_left_as_they_are(info: VideoInfo, target: int) -> None:
    assert merge_chunks(plan_chunks(info, target), target) == plan_chunks(info, target)


@pytest.mark.parametrize(("target", "sizes"), [(60, [202, 202, 201, 202]), (256, [202, 202, 201, 202]),
                                               (500, [404, 403]), (1000, [807])])  # fmt: skip
def test_longer_chunks_are_made_of_whole_parts(target: int, sizes: list[int]) -> None:
    info = info_of(np.arange(807) / 60, [225, 475, 725])
    assert [chunk.frames for chunk in merge_chunks(plan_chunks(info, 256), target)] == sizes
