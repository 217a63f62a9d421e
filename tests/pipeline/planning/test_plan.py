from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from neuropose_ray.models import spec
from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.models.weights import Weights
from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.planning import plan as plan_module
from neuropose_ray.pipeline.planning.plan import VideoPlan, plan_video
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.video.sources import open_source

SPEC = ModelSpec(Weights(Path("w"), "1" * 64, "w", "blazepose"), BlazePoseSettings(session_frames=20))


def plan(path: Path, spec: ModelSpec = SPEC, camera: CameraSettings | None = None, frames: int = 30) -> VideoPlan:
    source = open_source(path)
    return plan_video(FoundVideo("v", str(path)), source, spec, camera or CameraSettings(), frames)


@pytest.fixture
def clip(test_data: Path) -> Path:
    return test_data / "odd" / "made_vfr_walk.mp4"


def test_every_chunk_has_a_key_of_its_own_and_the_same_one_each_time(clip: Path):
    first, again = plan(clip), plan(clip)
    assert len(set(first.keys)) == len(first.chunks) == 2
    assert len(first.sessions) == 4
    assert first.keys == again.keys


def test_a_copy_elsewhere_has_the_same_keys(clip: Path, tmp_path: Path):
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(clip.read_bytes())
    assert plan(copy).keys == plan(clip).keys


@pytest.mark.parametrize(
    "other",
    [
        {"spec": replace(SPEC, settings=BlazePoseSettings(session_frames=20, mirror=True))},
        {"spec": replace(SPEC, weights=Weights(Path("w"), "2" * 64, "w", "blazepose"))},
        {"camera": CameraSettings(field_of_view_degrees=40)},
        {"spec": replace(SPEC, settings=BlazePoseSettings(session_frames=10))},
    ],
)
def test_whatever_changes_the_numbers_changes_every_key(clip: Path, other: dict):
    assert not set(plan(clip).keys) & set(plan(clip, **other).keys)


def test_threads_do_not_change_the_keys(clip: Path):
    assert plan(clip, replace(SPEC, settings=BlazePoseSettings(session_frames=20, threads=2))).keys == plan(clip).keys


@pytest.mark.parametrize(
    ("module", "version"),
    [(plan_module, "DECODING_VERSION"), (plan_module, "POSES_VERSION"), (spec, "BLAZEPOSE_VERSION")],
)
def test_a_new_version_of_what_makes_poses_changes_every_key(
    clip: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, version: str
):
    before = plan(clip)
    monkeypatch.setattr(module, version, 99)
    assert not set(plan(clip).keys) & set(before.keys)
    assert plan(clip).poses_key != before.poses_key
