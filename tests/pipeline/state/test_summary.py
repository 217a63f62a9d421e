"""What a run says of its inputs, and what it costs to keep that of very many."""

import tracemalloc
from itertools import starmap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from neuropose_ray.errors import InputNotFoundError, VideoError
from neuropose_ray.pipeline.chunks.commit import error_record
from neuropose_ray.pipeline.state.summary import RunSummary, VideoResult, now, write_summary

GONE = error_record(InputNotFoundError("it is gone", where="walk.mp4", hint="look"))

results = st.builds(
    VideoResult,
    input=st.text(),
    name=st.text(),
    state=st.sampled_from(["completed", "partial", "failed"]),
    frames=st.integers(0, 10**9),
    tracks=st.integers(0, 99),
    computed=st.booleans(),
    notes=st.lists(st.text(), max_size=3).map(tuple),
    errors=st.sampled_from([(), (GONE,)]),
)


@given(results)
def test_a_result_comes_back_from_its_line(result):
    assert VideoResult.from_json(result.to_json()) == result


@pytest.mark.parametrize("line", ["", "{}", '{"input": "a", "name": "a", "state": "lost"}', '{"inptu": "a"}'])
def test_a_line_of_something_else_is_refused(line):
    with pytest.raises(ValidationError):
        VideoResult.from_json(line)


def test_a_failure_says_why():
    no_video = VideoError("it is no video", where="walk.mp4")
    result = VideoResult.failure("walk", "walk.mp4", [no_video, GONE])
    assert (result.state, result.frames) == ("failed", 0)
    assert result.errors == (error_record(no_video), GONE)


def test_the_results_of_a_hundred_thousand_videos_fit_into_50_mb():
    lines = [
        VideoResult(f"/videos/{number:06}.mp4", f"{number:06}", "completed", frames=150).to_json()
        for number in range(1000)
    ]
    tracemalloc.start()
    try:
        kept = [VideoResult.from_json(line) for line in lines]
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(kept) == 1000
    assert used * 100 < 50e6


def test_the_file_has_every_input_once_and_is_read_again(tmp_path):
    videos = tuple(starmap(VideoResult, [("a.mp4", "a", "completed"), ("b.mp4", "b", "partial")]))
    summary = RunSummary(
        model="blazepose", model_sha256="", engine="local", started_at=now(), seconds=1.0, frames_computed=7,
        videos=(*videos, VideoResult.failure("c", "c.mp4", [GONE])), not_videos=("notes.txt",),
    )  # fmt: skip
    write_summary(summary, tmp_path)
    read = RunSummary.model_validate_json((tmp_path / "summary.json").read_bytes())
    assert read == summary
    assert [read.count(state) for state in ("completed", "partial", "failed")] == [1, 1, 1]
    assert not read.all_well
