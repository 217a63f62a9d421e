import multiprocessing
from dataclasses import replace

import pytest

from neuropose_ray.benchmark.ceiling import Ceiling, device_of_process
from neuropose_ray.benchmark.clip import write_clip
from neuropose_ray.benchmark.settings import BenchmarkSettings
from neuropose_ray.errors import EngineError, ModelError
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source


@pytest.fixture(scope="session")
def clip(squat_video, tmp_path_factory):
    info = probe(open_source(squat_video))
    return write_clip(info, tmp_path_factory.mktemp("clip") / "clip", BenchmarkSettings(clip_frames=6))


@pytest.fixture(scope="session")
def camera(clip):
    return Camera.from_field_of_view(clip.width, clip.height, 60, source="assumed")


def test_the_processes_measure_again_and_again_and_end_with_the_block(blazepose_spec, camera, clip):
    with Ceiling(blazepose_spec, camera, clip, 2) as ceiling:
        assert len(multiprocessing.active_children()) == 2
        assert ceiling.rate(7) > 0  # more frames than the clip has, and not a multiple of the processes
        assert ceiling.rate(2) > 0
    assert not multiprocessing.active_children()


def test_weights_that_cannot_be_loaded_are_named_and_no_process_stays(blazepose_spec, camera, clip, tmp_path):
    spec = replace(blazepose_spec, weights=replace(blazepose_spec.weights, path=tmp_path))
    with pytest.raises(ModelError, match=r"pose_detection\.tflite"), Ceiling(spec, camera, clip, 1):
        pass
    assert not multiprocessing.active_children()


def test_a_process_that_dies_is_noticed(blazepose_spec, camera, clip):
    with Ceiling(blazepose_spec, camera, clip, 1) as ceiling:
        for process in multiprocessing.active_children():
            process.kill()
            process.join()
        with pytest.raises(EngineError, match="died"):
            ceiling.rate(5)


def test_every_process_has_a_gpu_of_its_own_while_they_last():
    assert [device_of_process(number, gpus=2) for number in range(3)] == ["gpu:0", "gpu:1", "gpu:0"]
    assert device_of_process(3, gpus=0) == "cpu"
