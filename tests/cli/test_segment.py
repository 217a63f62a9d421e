import json

import numpy as np
import pytest
from analysis.runs.samples import heels, neuropose_video, write_json, write_parquet
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import InputError, NeuroposeRayError, SettingsError
from neuropose_ray.schemas.parquet_files import read_predictions, write_predictions
from neuropose_ray.schemas.skeleton import Skeleton


@pytest.fixture
def file(tmp_path):
    return write_json(tmp_path / "walk.json", neuropose_video(heels(30)))


def segment(file, *words):
    return CliRunner().invoke(app, ["segment", str(file), "--name", "steps", *words])


@pytest.mark.parametrize("words", [
    "--extractor joint_axis --joint left_heel --axis y",
    "--extractor joint_axis --joint 33 --axis 1 --invert",
    "--extractor joint_pair_distance --joints lhee,lkne",
    "--extractor joint_speed --joint lhee",
    "--extractor joint_angle --triplet lkne,lank,lhee --min-prominence 0.01",
])  # fmt: skip
def test_every_signal_can_be_asked_for(file, words):
    done = segment(file, *words.split())
    assert done.exit_code == 0, done.output
    segments = json.loads(file.read_text())["segmentations"]["steps"]["segments"]
    assert f"walk: {len(segments)} segment(s) under name='steps'" in done.output
    assert f"(1 video(s), {len(segments)} total segment(s))" in done.output
    assert segments


@pytest.mark.parametrize(("words", "error", "message"), [
    ("--extractor joint_axis --joint 1", SettingsError, "--extractor joint_axis needs --axis"),
    ("--extractor joint_speed", SettingsError, "needs --joint"),
    ("--extractor joint_speed --joint -1", SettingsError, "a place from 0"),
    ("--extractor joint_axis --joint 1 --axis w", SettingsError, "one of x, y, z"),
    ("--extractor joint_pair_distance --joints 0,0", InputError, "to itself"),
    ("--extractor joint_pair_distance --joints 0", SettingsError, "joints"),
    ("--extractor joint_speed --joint tail", InputError, "unknown joint name"),
    ("--extractor joint_speed --joint 1 --track 3", InputError, "no track 3"),
])  # fmt: skip
def test_a_wrong_option_is_told_in_one_line(file, words, error, message):
    done = segment(file, *words.split())
    assert isinstance(done.exception, error)
    assert message in str(done.exception)
    assert "\n" not in str(done.exception)


def test_a_job_with_a_bad_video_fails_after_the_others(tmp_path):
    videos = {"a.mp4": neuropose_video(np.full((5, 43, 3), np.nan)), "b.mp4": neuropose_video(heels(30))}
    done = segment(write_json(tmp_path / "results.json", videos), "--extractor", "joint_speed", "--joint", "lhee")
    assert done.exit_code == 1
    assert "a.mp4: failed: " in done.output
    assert "b.mp4: " in done.output


def test_a_missing_file_is_told(tmp_path):
    done = segment(tmp_path / "none", "--extractor", "joint_speed", "--joint", "1")
    assert isinstance(done.exception, NeuroposeRayError)
    assert done.exception.code == "input_not_found"


def test_a_person_is_chosen_by_a_rule_and_the_segments_say_whose_they_are(tmp_path):
    walker = heels(30)
    still = np.repeat(walker[:1], len(walker), axis=0)
    skeleton = Skeleton(name="heels", joint_names=tuple(f"joint_{number}" for number in range(walker.shape[1])))
    folder = write_parquet(tmp_path / "two", None, tracks={0: still, 1: walker}, joints=skeleton)
    table, header = read_predictions(folder / "predictions.parquet")
    table.poses.boxes[table.track_ids == 1, 2:4] *= 3
    write_predictions(folder / "predictions.parquet", table, header)
    signal = ("--extractor", "joint_axis", "--joint", "33", "--axis", "y")
    assert "0 total" in segment(folder, *signal).output
    done = segment(folder, *signal, "--person", "largest", "--force")
    assert done.exit_code == 0, done.output
    stored = json.loads((folder / "segmentations.json").read_text())["steps"]
    assert (bool(stored["segments"]), stored["config"]["track_id"]) == (True, 1)
    for wrong in (("--person", "all"), ("--person", "largest", "--track", "1")):
        assert isinstance(segment(folder, *signal, *wrong).exception, SettingsError)


def test_neuroposes_rule_is_asked_for_by_one_switch(tmp_path):
    body = np.ones((90, 33, 3))
    body[:, 29] = heels(30)[:, 33]
    folder = write_parquet(tmp_path / "walk", body)
    words = ("--extractor", "joint_axis", "--joint", "left_heel", "--axis", "y", "--neuropose-exact")
    assert segment(folder, *words).exit_code == 0
    stored = json.loads((folder / "segmentations.json").read_text())["steps"]
    assert stored["config"]["method"] == "valley_to_valley_v1"
    assert isinstance(segment(folder, *words, "--method", "prominent_valleys_v3").exception, SettingsError)
