"""The table of error bands is written from clips with a truth, by one command."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from analysis.runs.samples import PHANTOM_SKELETON, write_parquet

from neuropose_ray.analysis.uncertainty.error_table import ErrorTable
from neuropose_ray.phantom.motions import SitToStand, Squatting
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.phantom.truth import save_truth

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def clips(tmp_path):
    """Squats and sit-to-stand from two directions, their joints ten millimetres off."""
    lines = ["results,reference,movement"]
    for name, movement in (("squat", Squatting(period_s=2.0)), ("stand", SitToStand(period_s=3.0))):
        for view in (0, 60):
            scene = Scene((Person(movement),), PhantomCamera(view_deg=view))
            truth = scene.truth(np.arange(0, 6.5, 1 / 30), 720, 1280)
            noise = np.random.default_rng(view).normal(0, 10, truth.persons[0].joints3d_mm.shape)
            clip = f"{name}_{view}"
            write_parquet(tmp_path / clip, truth.persons[0].joints3d_mm + noise, joints=PHANTOM_SKELETON)
            save_truth(tmp_path / f"{clip}.truth.json", truth)
            lines.append(f"{clip},{clip}.truth.json,{name}")
    (tmp_path / "clips.csv").write_text("\n".join(lines))
    return tmp_path


@pytest.mark.slow
def test_the_table_has_an_error_for_each_measure_and_view_and_says_what_it_is_of(clips):
    command = [sys.executable, "jobs/measure_error_bands.py", clips / "clips.csv", "--source", "a noisy phantom",
               "--out", clips / "table.json"]  # fmt: skip
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    table = ErrorTable.model_validate(json.loads((clips / "table.json").read_text()))
    assert table.source == "a noisy phantom"
    knee = table.errors["angle.knee_flexion.max"]
    assert set(knee) == {"front", "oblique near", "oblique far"}
    assert all(0 < error.half_width < 15 for error in knee.values())
    assert "repetition.knee_flexion.duration_s" in table.errors
    assert "squat: " in done.stdout
    assert "inside the bands of the others" in done.stdout


def test_clips_that_are_not_there_are_one_line(tmp_path):
    command = [sys.executable, "jobs/measure_error_bands.py", tmp_path / "clips.csv", "--source", "nothing"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "clips.csv" in done.stderr
    assert len(done.stderr.splitlines()) == 1
