"""`neuropose-ray evaluate --table`: many clips at once."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from neuropose_ray.cli.main import app
from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.evaluate.clips import EvaluationTable
from neuropose_ray.phantom.body import PHANTOM_SKELETON
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.phantom.truth import save_truth
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.poses import Poses, PoseTable

TIMES_S = np.arange(20) / 10


def evaluate(*words: object) -> Result:
    return CliRunner().invoke(app, ["evaluate", *map(str, words)])


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two movements from two sides; the model is off by noise, the fit by half of it."""
    folder = tmp_path_factory.mktemp("clips")
    lines = ["results,reference,movement,view"]
    for seed, (name, motion) in enumerate({"squat": Squatting(), "walk": Walking()}.items()):
        for view in (0, 90):
            truth = Scene((Person(motion),), PhantomCamera(view_deg=view)).truth(TIMES_S, 720, 1280)
            save_truth(folder / f"{name}_{view}.truth.json", truth)
            exact = truth.persons[0].joints3d_mm
            noise = np.random.default_rng(seed).normal(0, 40, exact.shape)
            frames, joints = exact.shape[:2]
            poses = Poses(
                np.arange(frames), np.ones((frames, 5), np.float32), np.ones((frames, joints, 2), np.float32),
                (exact + noise).astype(np.float32), np.ones((frames, joints), np.float32),
            )  # fmt: skip
            table = PoseTable(TIMES_S, poses, np.zeros(frames, np.int32), (exact + noise / 2).astype(np.float32))
            metadata = VideoMetadata(frame_count=frames, fps=10.0, width=720, height=1280)
            (folder / f"{name}_{view}").mkdir()
            header = PredictionsHeader(metadata=metadata, skeleton=PHANTOM_SKELETON)
            write_predictions(folder / f"{name}_{view}" / "predictions.parquet", table, header)
            lines.append(f"{name}_{view},{name}_{view}.truth.json,{name},{view} deg")
    (folder / "clips.csv").write_text("\n".join(lines))
    return folder / "clips.csv"


def test_every_clip_has_a_row_and_every_label_a_mean(clips: Path):
    done = evaluate("--table", clips)
    assert done.exit_code == 0, done.output
    rows = [re.split(r"\s{2,}", line.strip()) for line in done.output.splitlines()]
    clip = next(row for row in rows if row[0] == "walk_90")
    assert clip[1:4] == ["walk", "90 deg", "20"]
    assert len(clip) == 9
    means = [row[:3] for row in rows if row[0] in ("movement", "view", "all")]
    assert means == [
        ["movement", "squat", "2"], ["movement", "walk", "2"], ["view", "0 deg", "2"], ["view", "90 deg", "2"],
        ["all", "4", means[-1][2]],
    ]  # fmt: skip


def test_the_numbers_are_those_of_single_evaluations(clips: Path):
    table = EvaluationTable.model_validate_json(evaluate("--table", clips, "--json", "-").output)
    single = evaluate(clips.parent / "walk_90", "--reference", clips.parent / "walk_90.truth.json", "--json", "-")
    model, fitted = json.loads(single.output)["results"]
    clip = table.clips[3]
    assert clip.labels == {"movement": "walk", "view": "90 deg"}
    assert clip.frames == 20
    assert clip.model.pa_mpjpe_mm == pytest.approx(model["scores"]["pa_mpjpe_mm"])
    assert clip.fitted is not None
    assert clip.fitted.knee_mae_deg == pytest.approx(fitted["scores"]["knee_mae_deg"])


def test_means_count_every_clip_once(clips: Path):
    table = EvaluationTable.model_validate_json(evaluate("--table", clips, "--json", "-").output)
    group = next(group for group in table.groups if group.value == "squat")
    assert group.clips == 2
    assert group.model.pa_mpjpe_mm == pytest.approx(np.mean([clip.model.pa_mpjpe_mm for clip in table.clips[:2]]))
    assert table.groups[-1].clips == 4


def test_a_clip_without_a_fit_leaves_its_groups_without_one(clips: Path, tmp_path: Path):
    from dataclasses import replace

    from neuropose_ray.schemas.parquet_files import read_predictions

    table, header = read_predictions(clips.parent / "walk_0" / "predictions.parquet")
    (tmp_path / "bare").mkdir()
    write_predictions(tmp_path / "bare" / "predictions.parquet", replace(table, poses3d_fitted=None), header)
    truth = clips.parent / "walk_0.truth.json"
    (tmp_path / "clips.csv").write_text(f"results,reference\nbare,{truth}\n{clips.parent / 'walk_0'},{truth}\n")
    found = EvaluationTable.model_validate_json(evaluate("--table", tmp_path / "clips.csv", "--json", "-").output)
    assert [clip.fitted is None for clip in found.clips] == [True, False]
    assert found.groups[-1].fitted is None
    assert "-" in evaluate("--table", tmp_path / "clips.csv").output


@pytest.mark.parametrize("content", ["", "results,reference\n", "results\nwalk_0\n", "results,reference\nwalk_0,\n",
                                     "results,reference\na,b,c\n"])  # fmt: skip
def test_a_list_without_clips_or_references_is_refused(tmp_path: Path, content: str):
    (tmp_path / "clips.csv").write_text(content)
    error = evaluate("--table", tmp_path / "clips.csv").exception
    assert isinstance(error, FileFormatError)
    assert "columns results, reference" in str(error)


def test_a_missing_list_or_clip_is_named(tmp_path: Path):
    assert isinstance(evaluate("--table", tmp_path / "gone.csv").exception, InputNotFoundError)
    (tmp_path / "clips.csv").write_text("results,reference\ngone,gone.trc\n")
    assert "gone" in str(evaluate("--table", tmp_path / "clips.csv").exception)


@pytest.mark.parametrize("words", [(), ("results",), ("--reference", "walk.trc")])
def test_neither_a_clip_nor_a_list_is_refused(words):
    done = evaluate(*words)
    assert done.exit_code == 2
    assert "--table" in done.output


def test_a_list_and_a_clip_at_once_are_refused(clips: Path):
    done = evaluate("results", "--table", clips)
    assert done.exit_code == 2
    assert "RESULTS" in done.output
