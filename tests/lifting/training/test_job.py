"""The whole training: seeds become networks in one file, with the figures of each."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra [train]")

from neuropose_ray.errors import InputNotFoundError, OutputError
from neuropose_ray.lifting.training import job
from neuropose_ray.lifting.training.job import FIGURES_FILE, train_prior
from neuropose_ray.lifting.training.learning import TrainingSettings
from neuropose_ray.lifting.training.movements import made_movements
from neuropose_ray.lifting.weights import WEIGHTS_FILE, unpacked

SMALL = TrainingSettings(steps=12, batch=8, channels=16)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    clips = made_movements(np.random.default_rng(0), 4, 180, 60.0)
    np.savez(tmp_path / "clips.npz", **{f"clip{i}": clip for i, clip in enumerate(clips)})
    return tmp_path / "clips.npz"


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Networks that are trained in a second."""
    monkeypatch.setattr(job, "TrainingSettings", lambda seed: replace(SMALL, seed=seed))


def test_the_weights_are_what_the_program_reads_with_the_figures_of_each_seed(data: Path, tmp_path: Path):
    said = train_prior(data, tmp_path / "out", [0, 3], 8, on_ray=False)
    content = (tmp_path / "out" / WEIGHTS_FILE).read_bytes()
    assert len(unpacked(content, "test")) == 2
    figures = json.loads((tmp_path / "out" / FIGURES_FILE).read_text())
    assert figures["sha256"] == hashlib.sha256(content).hexdigest()
    assert f"SHA-256 {figures['sha256']}" in said
    assert [(each["seed"], each["steps"]) for each in figures["settings"]] == [(0, 8), (3, 8)]
    assert set(figures["held_out"]) == {"0", "3"}
    assert all(each["error_mm"] for each in figures["held_out"].values())


def test_the_same_data_and_seeds_give_the_same_weights(data: Path, tmp_path: Path):
    for folder in ("one", "other"):
        train_prior(data, tmp_path / folder, [5], 4, on_ray=False)
    one, other = ((tmp_path / folder / WEIGHTS_FILE).read_bytes() for folder in ("one", "other"))
    assert one == other


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_trained(data: Path, tmp_path: Path):
    (tmp_path / "taken").write_text("no folder")
    for out in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(OutputError, match="taken"):
            train_prior(data, out, [0], None, on_ray=False)


def test_without_motion_capture_nothing_is_trained(tmp_path: Path):
    with pytest.raises(InputNotFoundError):
        train_prior(tmp_path / "gone.npz", tmp_path / "out", [0], 1, on_ray=False)
    assert not (tmp_path / "out" / WEIGHTS_FILE).exists()
