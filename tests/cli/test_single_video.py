"""`process VIDEO -o predictions.json`: the file that NeuroPose's command writes."""

import shutil
from functools import partial

import pytest
from support import neuropose_loader
from support.grey_model import GreySpec
from typer.testing import CliRunner

from neuropose_ray import api
from neuropose_ray.cli.main import app
from neuropose_ray.cli.single_video import single_file
from neuropose_ray.errors import InputError, SettingsError


@pytest.fixture
def process(monkeypatch, tmp_path):
    """The command with a model that needs no weights, in a folder of its own."""
    monkeypatch.setattr(api, "run_with", partial(api.run_with, model=GreySpec()))
    monkeypatch.setenv("NEUROPOSE_ENGINE__KIND", "local")
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, ["process", *map(str, words)])


@pytest.fixture
def clip(test_data, tmp_path):
    return shutil.copy(test_data / "odd" / "made_one_frame.mp4", tmp_path / "walk.mp4")


@pytest.mark.parametrize("option", ["-o", "--output", "--out"])
def test_one_file_is_written_and_nothing_else(process, clip, tmp_path, option):
    done = process(clip, option, "predictions.json")
    assert (done.exit_code, done.stdout) == (0, "wrote predictions.json (1 frames)\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["predictions.json", "walk.mp4"]
    assert len(neuropose_loader.load_video_predictions(tmp_path / "predictions.json").frames) == 1


def test_without_a_name_the_file_has_the_videos(process, clip, tmp_path):
    assert process("walk.mp4").exit_code == 0
    assert len(neuropose_loader.load_video_predictions(tmp_path / "walk_predictions.json").frames) == 1


def test_a_video_that_cannot_be_read_leaves_no_file(process, test_data, tmp_path):
    done = process(test_data / "odd" / "made_zero_bytes.mp4", "-o", "predictions.json")
    assert isinstance(done.exception, InputError)
    assert "empty" in str(done.exception)
    assert not (tmp_path / "predictions.json").exists()


def test_a_folder_stays_a_folder_and_one_file_is_of_one_video(clip, tmp_path):
    (tmp_path / "folder.json").mkdir()
    for out in ("results", str(tmp_path / "folder.json"), "s3://bucket/a.json"):
        assert single_file([clip], out) is None
    shutil.copy(clip, tmp_path / "run.mp4")
    for inputs, out in (([clip, clip], "a.json"), ([str(tmp_path)], "a.json"), ([clip, clip], None)):
        with pytest.raises(SettingsError):
            single_file(inputs, out)


@pytest.mark.parametrize("flag", ["--overlay", "--report", "--plan", "--json"])
def test_what_goes_into_a_folder_is_refused_beside_one_file(process, clip, flag):
    assert isinstance(process(clip, "-o", "predictions.json", flag).exception, SettingsError)
