"""The chunks of a job on the replicas of the running service."""

import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.errors import JobCancelledError, ModelError, VideoError
from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.service.names import APPLICATION, POSE_MODEL
from neuropose_ray.service.pose.engine import ServeEngine
from neuropose_ray.service.settings import Settings, load_settings

pytestmark = [pytest.mark.ray, pytest.mark.serve]


@pytest.fixture
def engine(service):
    """The engine as a job has it: ``engine(should_stop=...)``."""
    from ray import serve

    def make(**options: object) -> ServeEngine:
        handle = serve.get_deployment_handle(POSE_MODEL, APPLICATION)
        return ServeEngine(handle, chunks_per_replica=2, **options)

    return make


def settings(**flags: object) -> Settings:
    return load_settings(None, flags, environment={})


@pytest.mark.parametrize("good", ["made_one_frame", pytest.param("made_vfr_walk", marks=pytest.mark.endurance)])
def test_replicas_give_what_threads_give_also_for_videos_that_fail(
    engine, pipeline, weights, test_data: Path, tmp_path: Path, good: str
):
    inputs = [test_data / "odd" / f"{name}.mp4" for name in (good, "made_zero_bytes")]
    local = pipeline(inputs, tmp_path / "local")
    spec, options = ModelSpec(weights, settings().blazepose), settings()
    with closing(engine()) as serve:
        assert serve.workers == 1
        summary = run(inputs, tmp_path / "serve", settings=options, spec=spec, engine=serve, progress=NullReporter())
    assert summary.engine == "serve"
    assert [(video.name, video.state, video.frames, video.errors) for video in summary.videos] == [
        (video.name, video.state, video.frames, video.errors) for video in local.videos
    ]
    one, other = (read_predictions(tmp_path / kind / good / "predictions.parquet")[0] for kind in ("local", "serve"))
    assert len(one.poses.poses3d) > 0
    np.testing.assert_array_equal(one.poses.poses3d, other.poses.poses3d)
    np.testing.assert_array_equal(one.track_ids, other.track_ids)


@pytest.mark.endurance
def test_a_cancelled_job_stops_within_a_second_and_goes_on_where_it_was(
    engine, weights, test_data: Path, tmp_path: Path
):
    cancelled = threading.Event()
    clips = [test_data / name for name in ("opencap/walk.mp4", "odd/made_vfr_walk.mp4", "odd/made_rot90_walk.mp4")]
    spec, options = ModelSpec(weights, settings().blazepose), settings()

    class CancelAfterTheFirst(NullReporter):
        def advance(self, outcome) -> None:
            cancelled.set()

    with pytest.raises(JobCancelledError), closing(engine(should_stop=cancelled.is_set)) as serve:
        run(clips, tmp_path, settings=options, spec=spec, engine=serve, progress=CancelAfterTheFirst())
    with closing(engine()) as serve:
        summary = run(clips, tmp_path, settings=options, spec=spec, engine=serve, progress=NullReporter())
    assert summary.all_well
    assert 0 < summary.frames_computed < sum(video.frames for video in summary.videos)


def test_a_job_that_was_planned_for_another_model_fails_with_words_about_it(
    engine, weights, test_data: Path, tmp_path: Path
):
    options = settings(blazepose={"max_persons": 3})
    spec = ModelSpec(weights, options.blazepose)
    clip = test_data / "odd" / "made_one_frame.mp4"
    with closing(engine()) as serve, pytest.raises(ModelError, match="other weights or settings"):
        run([clip], tmp_path, settings=options, spec=spec, engine=serve, progress=NullReporter())


def fail(path: str) -> None:
    raise VideoError("no frame could be decoded", where=path)


def test_other_work_runs_while_replicas_hold_all_cores(engine):
    with closing(engine(replicas=2)) as serve:
        assert list(serve.map(len, ["a", "bb", "ccc"] * 3, name="measure")) == [1, 2, 3] * 3
        with pytest.raises(VideoError, match="no frame"):
            serve.submit(fail, "a.mp4").result(timeout=60)
