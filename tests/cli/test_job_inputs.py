"""What is meant by the words of `jobs submit`."""

from pathlib import Path

import pytest

from neuropose_ray.cli.job_inputs import submitted_inputs
from neuropose_ray.errors import InputNotFoundError


@pytest.fixture
def trials(tmp_path: Path) -> Path:
    for path in (
        "walk.mp4", "monday/walk.mp4", "monday/notes.txt", "frames/1.png", "frames/2.png", "frames/3.png"
    ):  # fmt: skip
        file = tmp_path / "trials" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path / "trials"


def test_a_folder_is_its_videos_and_a_folder_of_numbered_pictures_one_input(trials: Path):
    found = submitted_inputs([str(trials)])
    assert {each.path.relative_to(trials).as_posix() for each in found} == {"walk.mp4", "monday/walk.mp4", "frames"}
    assert len({each.name for each in found}) == 3


def test_a_folder_of_numbered_pictures_alone_is_one_input(trials: Path):
    assert [each.path for each in submitted_inputs([str(trials / "frames")])] == [trials / "frames"]


def test_a_file_is_itself_and_given_twice_it_is_one_input(trials: Path):
    video = str(trials / "walk.mp4")
    (found,) = submitted_inputs([video, video])
    assert (found.name, str(found.path), found.uri, found.shown) == ("walk", video, None, video)


def test_uris_stay_as_they_are_with_names_of_their_own(trials: Path):
    given = [str(trials / "walk.mp4"), "s3://clips/walk.mp4", "https://host/walk.mp4?key=1", "https://host/"]
    found = submitted_inputs(given)
    assert [each.uri for each in found] == [None, *given[1:]]
    assert [each.name for each in found] == ["walk", "walk_2", "walk_3", "host"]


def test_what_is_not_there_is_said_before_anything_is_sent(tmp_path: Path):
    with pytest.raises(InputNotFoundError, match="no such file"):
        submitted_inputs([str(tmp_path / "walk.mp4")])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputNotFoundError, match="holds no videos"):
        submitted_inputs([str(tmp_path / "empty")])
