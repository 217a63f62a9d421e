"""The command that draws who is who."""

from pathlib import Path

import pytest
from support.stick_people import people, write_results, write_video
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", [number / 10 for number in range(6)])


@pytest.fixture
def results(tmp_path: Path, video: Path) -> Path:
    """Somebody in all frames, and somebody else in the last."""
    times = probe(open_source(video)).timestamps_s
    table = people(
        [*range(6), 5], [(30, 20)] * 6 + [(90, 20)], scale=0.03, times_s=times, tracks=[0, 0, 0, 0, 0, 0, 1]
    )
    folder = tmp_path / "out" / "clip"
    write_results(folder, video, table)
    return folder


def test_the_command_says_who_is_there_and_where_the_picture_is(results: Path, video: Path):
    done = CliRunner().invoke(app, ["people", str(results), "--video", str(video)])
    assert done.exit_code == 0, done.output
    first, second, where = done.output.splitlines()
    assert first == "track 0: seen in 100 % of the frames, 0.0 to 0.5 s"
    assert second.startswith("track 1: seen in 17 % of the frames")
    assert where == str(results / "people.png")
    assert (results / "people.png").is_file()


def test_the_picture_lies_where_it_was_asked_for(results: Path, video: Path, tmp_path: Path):
    picture = tmp_path / "who.png"
    done = CliRunner().invoke(app, ["people", str(results), "--video", str(video), "--out", str(picture)])
    assert done.exit_code == 0, done.output
    assert picture.is_file()
    assert not (results / "people.png").exists()


def test_results_that_are_not_there_are_one_error(tmp_path: Path):
    done = CliRunner().invoke(app, ["people", str(tmp_path / "nowhere")])
    assert isinstance(done.exception, InputNotFoundError)
