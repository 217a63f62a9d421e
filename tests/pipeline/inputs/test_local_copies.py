import os
from pathlib import Path

import pytest

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.inputs.discovery import discover
from neuropose_ray.pipeline.inputs.local_copies import listed_inputs, local_inputs


def test_paths_stay_as_they_are(tmp_path: Path):
    assert local_inputs([str(tmp_path / "a.mp4")], tmp_path) == [tmp_path / "a.mp4"]


def test_a_pattern_becomes_what_it_matches_in_order(tmp_path: Path):
    for name in ("b.mp4", "a.mp4", "c.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert local_inputs([str(tmp_path / "*.mp4")], tmp_path) == [tmp_path / "a.mp4", tmp_path / "b.mp4"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path):
    (tmp_path / "take[1].mp4").write_bytes(b"x")
    assert local_inputs([str(tmp_path / "take[1].mp4")], tmp_path) == [tmp_path / "take[1].mp4"]


def test_a_pattern_without_match_is_an_error(tmp_path: Path):
    with pytest.raises(InputNotFoundError, match="nothing matches"):
        local_inputs([str(tmp_path / "*.mp4")], tmp_path)


def test_an_object_is_fetched_once(tmp_path: Path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "a.mp4").write_bytes(b"video")
    url = (tmp_path / "store" / "a.mp4").as_uri()
    (first,) = local_inputs([url], tmp_path / "fetched")
    assert first.read_bytes() == b"video"
    changed = first.stat().st_mtime_ns
    assert local_inputs([url], tmp_path / "fetched") == [first]
    assert first.stat().st_mtime_ns == changed


def test_objects_of_one_name_do_not_share_a_copy_and_are_told_apart_by_their_folders(tmp_path: Path):
    for name in ("a/walk.mp4", "b/walk.mp4", "c/a/walk.mp4"):
        (tmp_path / "store" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "store" / name).write_bytes(name[:1].encode())
    urls = [(tmp_path / "store" / name).as_uri() for name in ("a/walk.mp4", "b/walk.mp4", "c/a/walk.mp4")]
    copies = local_inputs(urls, tmp_path / "fetched")
    assert [copy.read_bytes() for copy in copies] == [b"a", b"b", b"c"]
    assert [(copy.parent.name, copy.name) for copy in copies] == [
        ("a", "walk.mp4"), ("b", "walk.mp4"), ("a", "walk.mp4"),
    ]  # fmt: skip
    assert len({video.name for video in discover(copies).videos()}) == 3


def test_another_content_of_the_same_size_is_fetched_again(tmp_path: Path):
    stored = tmp_path / "store" / "a.mp4"
    stored.parent.mkdir()
    stored.write_bytes(b"one")
    local_inputs([stored.as_uri()], tmp_path / "fetched")
    stored.write_bytes(b"two")
    os.utime(stored, (1e9, 1e9))
    assert listed_inputs([stored.as_uri()], tmp_path / "fetched")[1] != []
    (copy,) = local_inputs([stored.as_uri()], tmp_path / "fetched")
    assert copy.read_bytes() == b"two"


def test_a_prefix_is_fetched_with_everything_below(tmp_path: Path):
    for name in ("a.mp4", "deep/b.mp4"):
        place = tmp_path / "store" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(name.encode())
    (folder,) = local_inputs([(tmp_path / "store").as_uri()], tmp_path / "fetched")
    assert (folder / "deep" / "b.mp4").read_bytes() == b"deep/b.mp4"


def test_what_was_not_fetched_yet_is_listed_without_fetching_it(tmp_path: Path):
    for name in ("a.mp4", "deep/b.mp4"):
        place = tmp_path / "store" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(name.encode())
    url, fetched = (tmp_path / "store").as_uri(), tmp_path / "fetched"
    paths, missing = listed_inputs([url, str(tmp_path / "c.mp4")], fetched)
    assert paths == [tmp_path / "c.mp4"]
    assert sorted(each.size_bytes for each in missing) == [5, 10]
    assert not fetched.exists()
    (folder,) = local_inputs([url], fetched)
    (folder / "deep" / "b.mp4").unlink()
    paths, missing = listed_inputs([url], fetched)
    assert paths == [folder]
    assert [Path(each.path).name for each in missing] == ["b.mp4"]


@pytest.mark.parametrize("url", ["file:///no/such/object.mp4", "nosuchscheme://x/y", "://"])
def test_a_url_that_cannot_be_read_is_one_line(tmp_path: Path, url: str):
    with pytest.raises(InputNotFoundError) as caught:
        local_inputs([url], tmp_path)
    assert "\n" not in str(caught.value)
