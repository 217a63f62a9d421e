"""What a run would do, without doing it."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.models.protocol import PoseModelSpec
from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.models.weights import Weights
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.inputs.local_copies import RemoteObject
from neuropose_ray.pipeline.planning.dry_run import RunPlan, plan_run
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.settings import load_settings

SYNTHETIC = SyntheticSpec(frame_ms=0.0)
BLAZEPOSE = ModelSpec(Weights(Path("w"), "1" * 64, "w", "blazepose"), BlazePoseSettings())
SETTINGS: dict[str, Any] = {"video": {"chunk_frames": 20}}


def plan(inputs: list[Path], out: Path, spec: PoseModelSpec = SYNTHETIC, workers: int = 2, **more: Any) -> RunPlan:
    with closing(LocalEngine(workers)) as engine:
        return plan_run(inputs, out, settings=load_settings(None, SETTINGS, {}), spec=spec, engine=engine, **more)


@pytest.fixture
def inputs(test_data: Path) -> list[Path]:
    return [test_data / "odd" / f"made_{name}.mp4" for name in ("vfr_walk", "one_frame", "zero_bytes")]


def test_everything_is_counted_and_nothing_written(inputs: list[Path], tmp_path: Path):
    counted = plan(inputs, tmp_path / "out")
    assert (counted.inputs, counted.videos, counted.frames, counted.chunks) == (3, 2, 56, 5)
    assert (counted.videos_done, counted.frames_done, counted.hours_done) == (0, 0, 0.0)
    assert counted.hours == pytest.approx(75 / 60 / 3600, rel=0.1)
    assert [video.name for video in counted.unreadable] == ["made_zero_bytes"]
    assert not (tmp_path / "out").exists()


def test_without_an_earlier_run_the_time_is_a_guess_or_unknown(inputs: list[Path], tmp_path: Path):
    unknown, guess = plan(inputs, tmp_path), plan(inputs, tmp_path, BLAZEPOSE)
    assert (unknown.remaining_s, unknown.frames_per_s) == (None, None)
    assert "synthetic" in unknown.basis
    assert guess.remaining_s == pytest.approx(56 / 40)
    assert "a guess" in guess.basis


def test_what_is_done_is_known_and_the_time_is_from_the_run_before(inputs: list[Path], tmp_path: Path):
    settings = load_settings(None, SETTINGS, {})
    with closing(LocalEngine(2)) as engine:
        run(inputs[:1], tmp_path, settings=settings, spec=SYNTHETIC, engine=engine, progress=NullReporter())
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    counted = plan(inputs, tmp_path, workers=4)
    assert (counted.videos_done, counted.frames_done, counted.chunks) == (1, 55, 1)
    assert counted.hours_done > 0.9 * counted.hours
    assert "the last run in this folder" in counted.basis
    assert counted.frames_per_s is not None
    assert counted.remaining_s == pytest.approx(1 / counted.frames_per_s)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_objects_that_were_not_fetched_are_counted_but_not_guessed_at(inputs: list[Path], tmp_path: Path):
    counted = plan([], tmp_path, BLAZEPOSE, remote=[RemoteObject("bucket/a.mp4", 1000)])
    assert (counted.inputs, counted.not_fetched, counted.not_fetched_bytes) == (1, 1, 1000)
    assert counted.remaining_s is None
