import json

import numpy as np
import pytest
from analysis.runs.samples import heels, neuropose_video, write_json
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import InputError, NeuroposeRayError, SettingsError


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
