"""A second pass looks at the least sure frames alone, and its poses stand in data sets in place of the first ones."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.frame_folders import write_folder
from support.grey_model import GreySpec
from support.pose_runs import write_run

from neuropose_ray.curation import SelectionSettings
from neuropose_ray.errors import InputNotFoundError, RunLockedError
from neuropose_ray.formats import DatasetKind, DatasetSettings, export_dataset
from neuropose_ray.formats.datasets.reviewed import ReviewedPicture, import_review
from neuropose_ray.pipeline import NullReporter
from neuropose_ray.pipeline.curation.second_pass import SecondPass, second_pass
from neuropose_ray.pipeline.state.lease import held_lease
from neuropose_ray.pipeline.state.run_layout import state_folder
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.result_files import PREDICTIONS_FILE, SECOND_PASS_FILE

UNSURE = {4: 0.1, 9: 0.3, 17: 0.2}


def look(out: Path, spec: GreySpec, count: int = 2) -> SecondPass:
    selection = SelectionSettings(apart_s=0.0, jump=1e9)
    return second_pass(out, spec, count=count, selection=selection, progress=NullReporter(), decode_threads=1)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return write_run(write_folder(tmp_path / "cam", 20), tmp_path / "out", UNSURE)


def exported(out: Path, to: Path) -> dict[int, dict]:
    settings = DatasetSettings(excluded=frozenset(), min_score=0.0)
    export_dataset(out, to, DatasetKind.JSONL, settings)
    frames = [json.loads(line) for line in (to / "dataset.jsonl").read_text().splitlines()]
    return {frame["frame_idx"]: frame for frame in frames}


def test_the_least_sure_frames_are_looked_at_and_no_others(out: Path):
    spec, before = GreySpec(), file_sha256(out / "cam" / PREDICTIONS_FILE)
    done = look(out, spec)
    assert (done.frames, done.persons, done.errors) == ({"cam": 2}, 2, {})
    first, _ = read_predictions(out / "cam" / PREDICTIONS_FILE)
    second, header = read_predictions(out / "cam" / SECOND_PASS_FILE)
    np.testing.assert_allclose(second.timestamps_s, first.timestamps_s[[4, 17]])
    assert len(spec.log.calls) == 2
    assert header.provenance.model_name == "grey"
    assert file_sha256(out / "cam" / PREDICTIONS_FILE) == before


def test_data_sets_take_its_poses_and_those_that_people_corrected_before_them(out: Path, tmp_path: Path):
    before = exported(out, tmp_path / "before")
    look(out, GreySpec())
    import_review([ReviewedPicture("cam/image_17.png", ())], out)
    after = exported(out, tmp_path / "after")
    changed = {frame for frame in before if before[frame]["persons"] != after[frame]["persons"]}
    assert changed == {4, 17}
    assert max(after[4]["persons"][0]["keypoint_scores"]) > 0.5
    assert after[17]["persons"] == []


def test_a_video_that_is_gone_stops_no_other(out: Path, tmp_path: Path):
    write_run(write_folder(tmp_path / "other", 20), out, {3: 0.1})
    (tmp_path / "cam").rename(tmp_path / "elsewhere")
    done = look(out, GreySpec(), 9)
    assert set(done.frames) == {"other"}
    assert "no longer at" in done.errors["cam"]


def test_it_says_where_there_is_nothing_to_look_at_and_waits_for_no_run(out: Path, tmp_path: Path):
    with pytest.raises(InputNotFoundError, match="there are no predictions"):
        look(tmp_path / "cam", GreySpec())
    with (
        held_lease(state_folder(out), wait=False, on_wait=NullReporter().waiting),
        pytest.raises(RunLockedError),
    ):
        look(out, GreySpec())
