import pickle
import threading
import time

import numpy as np
import pytest

from neuropose_ray.benchmark.baseline import baseline_model
from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, SyntheticSpec, spend, write_synthetic_video
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33
from neuropose_ray.video.chunks import plan_chunks
from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source

CAMERA = Camera.from_field_of_view(64, 64, 90)


def frames_of(path, chunk_frames):
    info = probe(open_source(path))
    return [[frame.image for frame in decode_chunk(info, chunk)] for chunk in plan_chunks(info, chunk_frames)], info


@pytest.fixture(scope="module")
def video(tmp_path_factory):
    path = tmp_path_factory.mktemp("synthetic") / "v.mp4"
    write_synthetic_video(path, 4)
    return path


def test_a_frame_costs_the_time_that_was_asked_for():
    begin = time.thread_time()
    spend(20, begin)
    assert 0.020 <= time.thread_time() - begin < 0.040


def test_a_call_of_the_model_costs_its_frames_and_no_more(video):
    (frames,), _ = frames_of(video, 1000)
    model = SyntheticSpec(frame_ms=2).load()
    begin = time.thread_time()
    model.predict(frames[:20])
    assert 0.040 <= time.thread_time() - begin < 0.060


def test_what_it_costs_is_spent_outside_pythons_lock():
    counted = [0]
    done = threading.Event()

    def count():
        while not done.is_set():
            counted[0] += 1
            time.sleep(0)

    other = threading.Thread(target=count)
    other.start()
    spend(100, time.thread_time())
    done.set()
    other.join()
    assert counted[0] > 100  # the other thread ran meanwhile


def test_the_same_frames_give_the_same_persons_however_they_are_batched(video):
    (frames,), _ = frames_of(video, 1000)
    model = SyntheticSpec(frame_ms=0).load()
    whole = model.session(CAMERA).predict(frames)
    halves = [model.session(CAMERA).predict(part) for part in (frames[:5], frames[5:])]
    np.testing.assert_array_equal(whole.poses3d, np.concatenate([half.poses3d for half in halves]))
    assert whole.frame.tolist() == list(range(len(frames)))
    assert whole.poses3d.shape == (len(frames), len(BLAZEPOSE_33), 3)


def test_no_two_frames_of_a_video_give_the_same_person(video):
    (frames,), _ = frames_of(video, 1000)
    poses = SyntheticSpec(frame_ms=0).load().predict(frames)
    assert len(np.unique(poses.poses3d[:, 0], axis=0)) == len(frames)


def test_the_cost_is_no_part_of_what_identifies_the_numbers():
    assert SyntheticSpec(frame_ms=0).fingerprint() == SyntheticSpec(frame_ms=5).fingerprint()


def test_it_travels_to_workers():
    assert pickle.loads(pickle.dumps(SyntheticSpec(frame_ms=3))) == SyntheticSpec(frame_ms=3)


def test_every_scene_of_a_synthetic_video_is_a_chunk_that_starts_at_a_keyframe(tmp_path):
    path = tmp_path / "v.mp4"
    write_synthetic_video(path, 20)  # more than are encoded
    chunks, info = frames_of(path, SCENE_FRAMES)
    assert [len(frames) for frames in chunks] == [SCENE_FRAMES] * 20
    assert set(SCENE_FRAMES * np.arange(20)) <= set(info.keyframes.tolist())
    np.testing.assert_allclose(info.timestamps_s, np.arange(20 * SCENE_FRAMES) / 30, atol=1e-4)


def test_its_bare_loop_costs_the_same(video):
    (frames,), _ = frames_of(video, 1000)
    model = baseline_model(SyntheticSpec(frame_ms=4), CAMERA)
    begin = time.thread_time()
    assert model.see(np.stack(frames[:10])) == 10
    assert 0.040 <= time.thread_time() - begin < 0.080
