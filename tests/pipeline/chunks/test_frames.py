"""The frames of a chunk, decoded in this process ahead of the model."""

import threading
from contextlib import closing

import pytest
from support.grey_model import GreySpec
from support.grey_pictures import grey_plan, grey_video

from neuropose_ray.errors import InputError
from neuropose_ray.pipeline.chunks.frames import LocalFrames
from neuropose_ray.pipeline.planning.plan import ChunkTask

FRAMES, CHUNK = 23, 10


@pytest.fixture
def plan(tmp_path):
    """Pictures as grey as their numbers, in chunks of about ten."""
    return grey_plan(grey_video(tmp_path / "greys", range(FRAMES)), GreySpec(), CHUNK)


def greys(batches):
    return [[round(float(image.mean())) for image in batch.images] for batch in batches]


def decoded(plan, index, size, lead_in=0):
    with closing(LocalFrames(ChunkTask(plan, index), threads=1).batches(size, lead_in=lead_in)) as batches:
        return list(batches)


@pytest.mark.parametrize("size", [1, 4, 8, 100])
def test_the_chunks_have_every_frame_once_in_batches_of_a_size(plan, size):
    seen = []
    for index, chunk in enumerate(plan.chunks):
        batches = decoded(plan, index, size)
        assert [len(batch.images) for batch in batches[:-1]] == [size] * (len(batches) - 1)
        assert 1 <= len(batches[-1].images) <= size
        numbers = [number for batch in greys(batches) for number in batch]
        assert len(numbers) == chunk.frames
        seen += numbers
    assert seen == list(range(FRAMES))


def test_pictures_are_upright_rgb_with_their_times(plan):
    for batch in decoded(plan, 1, 4):
        numbers = greys([batch])[0]
        assert list(batch.timestamps_s) == plan.info.timestamps_s[numbers].tolist()
        assert {image.shape for image in batch.images} == {(24, 32, 3)}
        assert {str(image.dtype) for image in batch.images} == {"uint8"}


@pytest.mark.parametrize(("lead_in", "first"), [(0, 0), (3, 3), (100, None)])
def test_frames_that_lead_into_the_chunk_come_first_as_far_as_there_are_any(plan, lead_in, first):
    chunk = plan.chunks[1]
    numbers = [number for batch in greys(decoded(plan, 1, 4, lead_in)) for number in batch]
    begin = 0 if first is None else chunk.first_frame - first
    assert numbers == list(range(begin, chunk.first_frame + chunk.frames))
    assert greys(decoded(plan, 0, 4, lead_in))[0][0] == 0


def test_what_cannot_be_decoded_is_known_once_all_batches_were_taken(tmp_path):
    folder = grey_video(tmp_path / "greys", range(8))
    plan = grey_plan(folder, GreySpec(), 8)
    (folder / "3.png").write_bytes((folder / "3.png").read_bytes()[:40])
    frames = LocalFrames(ChunkTask(plan, 0), threads=1)
    with closing(frames.batches(2)) as batches:
        next(batches)
        assert frames.errors == ()
        rest = greys(batches)
    assert [number for batch in rest for number in batch] == [2, 4, 5, 6, 7]
    assert ["3.png" in str(error) for error in frames.errors] == [True]


def test_a_video_that_is_gone_ends_it(tmp_path):
    folder = grey_video(tmp_path / "greys", range(8))
    plan = grey_plan(folder, GreySpec(), 8)
    folder.rename(tmp_path / "elsewhere")
    with pytest.raises(InputError):
        list(LocalFrames(ChunkTask(plan, 0), threads=1).batches(2))


def test_who_wants_no_more_frames_leaves_no_thread_behind(plan):
    before = threading.active_count()
    batches = LocalFrames(ChunkTask(plan, 0), threads=1).batches(1)
    next(batches)
    batches.close()
    assert threading.active_count() == before
