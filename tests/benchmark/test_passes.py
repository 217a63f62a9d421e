from dataclasses import replace

import pytest

from neuropose_ray.benchmark.passes import Workload, copies_of, run_pass
from neuropose_ray.errors import EngineError, OutputError
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.service.settings import load_settings


@pytest.fixture
def work(squat_video, blazepose_spec, tmp_path):
    settings = load_settings(None, {"video": {"chunk_frames": 6}}, environment={})
    return Workload((squat_video,), settings, blazepose_spec, tmp_path)


def test_copies_are_videos_of_their_own(squat_video, tmp_path):
    copies = copies_of(squat_video, 3, tmp_path)
    assert len(set(copies)) == 3
    assert {path.read_bytes() for path in copies} == {squat_video.read_bytes()}


def test_image_folders_are_copied_too(pictures, tmp_path):
    copies = copies_of(pictures[0], 2, tmp_path)
    assert [len(list(path.iterdir())) for path in copies] == [12, 12]


def test_one_copy_is_the_video_itself(squat_video, tmp_path):
    assert copies_of(squat_video, 1, tmp_path) == (squat_video,)


def test_copies_without_a_place_are_refused(squat_video, tmp_path):
    with pytest.raises(OutputError, match="TMPDIR"):
        copies_of(squat_video, 2, tmp_path / "missing")


@pytest.mark.slow
def test_a_pass_accounts_for_all_the_time_of_its_workers(work, tmp_path):
    work = replace(work, videos=copies_of(work.videos[0], 2, tmp_path))
    measured = run_pass(work, LocalEngine(2))
    metrics = measured.metrics
    assert metrics.frames == len(metrics.per_frame_latencies_ms) == 48
    accounted = metrics.decode_seconds + metrics.infer_seconds + metrics.other_seconds + measured.idle_s
    assert accounted == pytest.approx(2 * metrics.total_seconds)
    assert metrics.infer_seconds == pytest.approx(sum(metrics.per_frame_latencies_ms) / 1000)
    assert measured.table().frame_count == 24
    assert measured.provenance.model_name == "blazepose"


@pytest.mark.slow
def test_every_pass_starts_from_nothing(work):
    engine = LocalEngine(1)
    assert run_pass(work, engine).metrics.frames == run_pass(work, engine).metrics.frames == 24


def test_a_pass_that_lost_its_video_is_no_measurement(work, tmp_path):
    video = tmp_path / "broken.mp4"
    video.write_bytes(b"no video")
    with pytest.raises(EngineError, match=r"broken\.mp4: .*neuropose-ray process"):
        run_pass(replace(work, videos=(video,)), LocalEngine(1))
