"""One video in, its predictions out, as NeuroPose's scripts ask for them."""

import shutil

import pytest
from support.grey_model import GreySpec

import neuropose_ray
from neuropose_ray.errors import InputError, InputNotFoundError, SettingsError


@pytest.fixture
def clip(test_data, tmp_path):
    return shutil.copy(test_data / "odd" / "made_one_frame.mp4", tmp_path / "one.mp4")


@pytest.fixture
def estimator():
    return neuropose_ray.Estimator(model=GreySpec(), default_fov_degrees=60, engine={"kind": "local"})


def test_predictions_metrics_and_progress_come_back(estimator, clip):
    told = []
    result = estimator.process_video(clip, progress=lambda done, total: told.append((done, total)))
    assert (result.frame_count, len(result.predictions)) == (1, 1)
    assert len(result.metrics.per_frame_latencies_ms) == 1
    assert told == [(1, 1)]
    assert result.predictions.camera.field_of_view_degrees == pytest.approx(60)
    wider = estimator.process_video(clip, fov_degrees=80)
    assert wider.predictions.camera.field_of_view_degrees == pytest.approx(80)


def test_a_script_of_neuropose_gives_its_own_arguments(clip, weights, caplog):
    estimator = neuropose_ray.Estimator(
        device="/CPU:0", skeleton="smpl_24", default_fov_degrees=40, fit=False, engine={"kind": "local"}
    )
    assert not estimator.is_model_loaded
    estimator.load_model(cache_dir=weights.path.parent)
    assert estimator.is_model_loaded
    assert len(estimator.process_video(clip).predictions) == 1
    assert "device is NeuroPose's name of metrabs.device" in caplog.messages


def test_a_model_that_is_given_is_at_hand(estimator, tmp_path):
    estimator.load_model(tmp_path)
    assert estimator.is_model_loaded
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_done_is_an_error_of_its_kind(estimator, clip, test_data):
    with pytest.raises(InputNotFoundError):
        estimator.process_video("gone.mp4")
    with pytest.raises(FileNotFoundError):  # as NeuroPose's callers catch it
        estimator.process_video("gone.mp4")
    with pytest.raises(InputError, match="empty"):
        estimator.process_video(test_data / "odd" / "made_zero_bytes.mp4")
    with pytest.raises(SettingsError):
        neuropose_ray.Estimator(default_fov_degrees=200)
    with pytest.raises(SettingsError, match="device"):
        neuropose_ray.Estimator(device="/TPU:0")
