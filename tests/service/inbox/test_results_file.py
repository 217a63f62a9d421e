"""Results of single videos joined into one file, byte for byte what a reader of all of them expects."""

import json
from pathlib import Path

import pytest
from support.jobs_in_files import ONE_VIDEO

from neuropose_ray.errors import FileFormatError
from neuropose_ray.service.inbox.results_file import join_results


def one(folder: Path, name: str, pad: int = 0) -> Path:
    path = folder / f"{len(list(folder.iterdir()))}.json"
    content = ONE_VIDEO % name
    path.write_text(content.replace('"frames"', f'"pad": "{"x" * pad}", "frames"') if pad else content)
    return path


@pytest.mark.parametrize("count", [0, 1, 3])
def test_all_videos_are_in_the_joined_file_under_the_names_given(tmp_path: Path, count: int):
    parts = tmp_path / "parts"
    parts.mkdir()
    videos = [(f"walk {number}.mp4", one(parts, "video.mp4")) for number in range(count)]
    join_results(tmp_path / "results.json", videos)
    joined = json.loads((tmp_path / "results.json").read_text())
    assert joined == {name: json.loads(file.read_text())["video.mp4"] for name, file in videos}


def test_a_joined_file_of_one_video_can_be_joined_again(tmp_path: Path):
    parts = tmp_path / "parts"
    parts.mkdir()
    join_results(tmp_path / "first.json", [("a.mp4", one(parts, "a.mp4"))])
    join_results(tmp_path / "second.json", [("b.mp4", tmp_path / "first.json")])
    assert list(json.loads((tmp_path / "second.json").read_text())) == ["b.mp4"]


def test_files_larger_than_a_block_are_copied_whole(tmp_path: Path):
    parts = tmp_path / "parts"
    parts.mkdir()
    file = one(parts, "a.mp4", pad=3_000_000)
    join_results(tmp_path / "results.json", [("a.mp4", file), ("b.mp4", file)])
    joined = json.loads((tmp_path / "results.json").read_text())
    assert len(joined["a.mp4"]["pad"]) == len(joined["b.mp4"]["pad"]) == 3_000_000


@pytest.mark.parametrize("name", ['quoted " name.mp4', "李 walk.mp4", "back\\slash.mp4", "line\nbreak.mp4"])
def test_any_name_is_written_as_json(tmp_path: Path, name: str):
    parts = tmp_path / "parts"
    parts.mkdir()
    join_results(tmp_path / "results.json", [(name, one(parts, "a.mp4"))])
    assert list(json.loads((tmp_path / "results.json").read_text())) == [name]


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", "{\n}\n", "no json", '{\n"a.mp4":{', '{\n"a.mp4" {}\n}\n', '{"a.mp4":{}}'], ids=repr
)
def test_what_is_not_the_results_of_one_video_is_refused_and_nothing_is_written(tmp_path: Path, content: str):
    (tmp_path / "part.json").write_text(content)
    with pytest.raises(FileFormatError, match="not the results of one video"):
        join_results(tmp_path / "results.json", [("a.mp4", tmp_path / "part.json")])
    assert [path.name for path in tmp_path.iterdir()] == ["part.json"]
