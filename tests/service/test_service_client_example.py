"""The example of a client, against the real service."""

from pathlib import Path

import pytest

from neuropose_ray.errors import ServiceUnreachableError, VideoError
from neuropose_ray.examples.service_client import submit_and_fetch

pytestmark = [pytest.mark.ray, pytest.mark.serve]


def test_a_video_is_uploaded_and_its_results_come_back(service, test_data: Path, tmp_path: Path, capsys):
    submit_and_fetch(test_data / "odd" / "made_one_frame.mp4", tmp_path, service.url, None)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("job ")
    assert "completed: 100 %" in printed
    (predictions,) = tmp_path.rglob("predictions.parquet")
    assert str(predictions) in printed


def test_what_is_no_video_is_refused(service, test_data: Path, tmp_path: Path):
    with pytest.raises(VideoError):
        submit_and_fetch(test_data / "odd" / "made_not_a_video.mp4", tmp_path, service.url, None)
    assert list(tmp_path.iterdir()) == []


def test_without_a_service_there_is_one_line(test_data: Path, tmp_path: Path):
    with pytest.raises(ServiceUnreachableError):
        submit_and_fetch(test_data / "odd" / "made_one_frame.mp4", tmp_path, "http://127.0.0.1:9", None)
