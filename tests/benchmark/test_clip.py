import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.benchmark.clip import rounds, write_clip
from neuropose_ray.benchmark.settings import BenchmarkSettings
from neuropose_ray.errors import OutputError
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source


@pytest.fixture(scope="session")
def info(pictures):
    return probe(open_source(pictures[0]))


def test_a_short_video_is_held_whole_and_exactly(info, pictures, tmp_path):
    clip = write_clip(info, tmp_path / "clip", BenchmarkSettings())
    np.testing.assert_array_equal(clip.load(), pictures[1])


@pytest.mark.parametrize("limit", [{"clip_frames": 4}, {"clip_bytes": 4 * 8 * 10 * 3}])
def test_of_a_long_video_it_holds_frames_from_several_places(info, pictures, tmp_path, limit):
    frames = write_clip(info, tmp_path / "clip", BenchmarkSettings(**limit)).load()
    places = [np.flatnonzero((pictures[1] == frame).all((1, 2, 3))).item() for frame in frames]
    assert places == [0, 3, 6, 9]


def test_it_cannot_be_changed_by_one_of_its_users(info, tmp_path):
    frames = write_clip(info, tmp_path / "clip", BenchmarkSettings()).load()
    with pytest.raises(ValueError, match="read-only"):
        frames[0] = 0


def test_a_place_that_cannot_be_written_is_named(info, tmp_path):
    with pytest.raises(OutputError, match=r"missing/clip: .*TMPDIR"):
        write_clip(info, tmp_path / "missing" / "clip", BenchmarkSettings())


@given(st.integers(1, 9), st.integers(0, 20), st.integers(0, 40), st.integers(1, 12))
def test_rounds_go_on_at_the_start_after_the_end(length, first, count, size):
    clip = np.arange(length, dtype=np.uint8)
    batches = list(rounds(clip, first, count, size))
    assert [value for batch in batches for value in batch] == [(first + step) % length for step in range(count)]
    assert all(1 <= len(batch) <= size for batch in batches)
