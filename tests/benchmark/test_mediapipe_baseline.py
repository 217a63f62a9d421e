"""MediaPipe cannot be installed beside this package, so a package of its name stands in for it where one must run."""

import sys

import pytest

from neuropose_ray.benchmark.clip import write_clip
from neuropose_ray.benchmark.mediapipe_baseline import MediaPipeBaseline
from neuropose_ray.benchmark.settings import BenchmarkSettings
from neuropose_ray.errors import SettingsError
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source

STAND_IN = """
import os
from types import SimpleNamespace

class Pose:
    def __init__(self, **options):
        assert options == {"static_image_mode": False, "model_complexity": 1}
        self.seen = 0
    def __enter__(self):
        return self
    def __exit__(self, *ignored):
        pass
    def process(self, image):
        assert image.shape == (8, 10, 3), image.shape
        with open(os.environ["SEEN"], "ab") as file:
            file.write(image.tobytes())
        self.seen += 1
        if self.seen > 20:
            raise RuntimeError("graph has errors")

solutions = SimpleNamespace(pose=SimpleNamespace(Pose=Pose))
"""


@pytest.fixture
def clip(pictures, tmp_path):
    return write_clip(probe(open_source(pictures[0])), tmp_path / "clip", BenchmarkSettings())


@pytest.fixture
def seen(tmp_path, monkeypatch):
    (tmp_path / "mediapipe.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    return tmp_path / "seen"


def test_it_sees_the_frames_in_their_order_and_goes_on_where_it_stopped(clip, pictures, seen):
    with MediaPipeBaseline(sys.executable, clip) as mediapipe:
        assert mediapipe.rate(10) > 0
        assert mediapipe.rate(4) > 0
    order = [0, *range(10), 10, 11, 0, 1]  # the first frame once more: to load the model
    assert seen.read_bytes() == pictures[1][order].tobytes()


def test_a_failure_on_the_way_is_told(clip, seen):
    with MediaPipeBaseline(sys.executable, clip) as mediapipe, pytest.raises(SettingsError, match="graph has errors"):
        mediapipe.rate(30)


def test_an_interpreter_without_mediapipe_is_refused(clip):
    with (
        pytest.raises(SettingsError, match=r"No module named 'mediapipe'.*install"),
        MediaPipeBaseline(sys.executable, clip),
    ):
        pass


def test_an_interpreter_that_is_not_there_is_refused(clip, tmp_path):
    with (
        pytest.raises(SettingsError, match=r"python: No such file.*--mediapipe-python"),
        MediaPipeBaseline(tmp_path / "python", clip),
    ):
        pass
