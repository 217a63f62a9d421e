"""The Ray Data engine on a real cluster."""

import os
from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.errors import EngineError, ModelError, VideoError
from neuropose_ray.pipeline.engines.ray_data import RayEngine
from neuropose_ray.pipeline.settings import EngineSettings
from neuropose_ray.schemas.parquet_files import read_predictions

pytestmark = pytest.mark.ray
SHORT_CHUNKS = {"video": {"chunk_frames": 20}, "blazepose": {"session_frames": 20}}


@pytest.mark.slow
def test_ray_gives_what_threads_give_also_for_videos_that_fail(
    pipeline, ray_cluster, test_data: Path, tmp_path: Path
):
    names = ["made_vfr_walk.mp4", "made_zero_bytes.mp4", "made_one_frame.mp4", "decord_corrupted.mp4"]
    inputs = [test_data / "odd" / name for name in names]
    local = pipeline(inputs, tmp_path / "local", **SHORT_CHUNKS)
    ray = pipeline(inputs, tmp_path / "ray", engine="ray", **SHORT_CHUNKS)
    assert (local.engine, ray.engine) == ("local", "ray")
    assert [(video.name, video.state, video.frames, video.errors) for video in ray.videos] == [
        (video.name, video.state, video.frames, video.errors) for video in local.videos
    ]
    for name in ("made_vfr_walk", "made_one_frame", "decord_corrupted"):
        one, other = (
            read_predictions(tmp_path / kind / name / "predictions.parquet")[0] for kind in ("local", "ray")
        )
        np.testing.assert_array_equal(one.poses.poses3d, other.poses.poses3d)
        np.testing.assert_array_equal(one.track_ids, other.track_ids)
        np.testing.assert_array_equal(one.timestamps_s, other.timestamps_s)


def test_what_threads_finished_ray_does_not_do_again(pipeline, ray_cluster, test_data: Path, tmp_path: Path):
    clip = test_data / "odd" / "made_one_frame.mp4"
    pipeline([clip], tmp_path)
    assert pipeline([clip], tmp_path, engine="ray").frames_computed == 0


def fail(path: str) -> None:
    raise VideoError("no frame could be decoded", where=path)


def test_an_error_of_ours_comes_back_from_the_cluster_as_it_was_raised(ray_cluster):
    engine = RayEngine(EngineSettings(), SyntheticSpec(), run_name="test")
    with pytest.raises(VideoError) as caught:
        engine.submit(fail, "a.mp4").result(timeout=60)
    assert str(caught.value) == "a.mp4: no frame could be decoded"
    assert type(caught.value) is VideoError
    assert engine.submit(len, "four").result(timeout=60) == 4
    engine.close()


@pytest.mark.slow
def test_what_is_submitted_shares_a_process_and_one_that_dies_costs_no_other_its_result(ray_cluster):
    engine = RayEngine(EngineSettings(workers=2), SyntheticSpec(), run_name="test")
    before = [engine.submit(os.getpid).result(timeout=60) for _ in range(2)]
    dies, waits = engine.submit(os._exit, 1), engine.submit(os.getpid)
    with pytest.raises(EngineError):
        dies.result(timeout=120)
    assert len(set(before)) == 1
    assert waits.result(timeout=60) not in before
    engine.close()


@pytest.mark.slow
def test_weights_that_cannot_be_loaded_end_the_run_with_the_models_own_error(
    ray_cluster, weights, test_data: Path, tmp_path: Path
):
    from dataclasses import replace

    from neuropose_ray.models.spec import ModelSpec
    from neuropose_ray.pipeline.engines.start import started_engine
    from neuropose_ray.pipeline.run import run
    from neuropose_ray.pipeline.state.progress import NullReporter
    from neuropose_ray.service.settings import load_settings

    settings = load_settings(None, {"engine": {"kind": "ray"}}, environment={})
    spec = ModelSpec(replace(weights, path=tmp_path / "no weights"), settings.blazepose)
    clip = test_data / "odd" / "made_one_frame.mp4"
    with started_engine(settings.engine, spec, "test") as engine, pytest.raises(ModelError) as caught:
        run([clip], tmp_path / "out", settings=settings, spec=spec, engine=engine, progress=NullReporter())
    assert "pose_detection.tflite: No such file or directory; run neuropose-ray models pull" in str(caught.value)
    assert "\n" not in str(caught.value)
