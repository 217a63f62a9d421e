"""Names of jobs and files: whatever a path was called, every file system takes what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.inbox.names import RESERVED_NAMES, file_name, is_partial, job_name


@pytest.mark.parametrize(
    ("path", "name"),
    [("walk.mp4", "walk"), ("a b/c--d.é.mp4", "a_b_c--d.é"), ("__x__.mov", "x"), ("...mp4", "mp4"),
     ("é.mp4", "é"), ("e\u0301.mp4", "é"), ("李.mp4", "李"), ("हिन्दी.mp4", "हिन्दी"), ("🏃.mp4", "🏃"),
     ("\u200b$ .mp4", "video"), ("..a.mp4", "a"), ("a/b/c.d.mp4", "a_b_c.d"),
     ("status.json.mp4", "status.json_video")],
)  # fmt: skip
def test_names_of_jobs(path: str, name: str):
    assert job_name(tuple(path.split("/"))) == name.rstrip("_")


@pytest.mark.parametrize("letter", ["w", "é", "王", "🏃"])
def test_long_names_are_cut_between_letters_and_stay_apart(letter: str):
    first, second = (job_name((letter * 250 + end + ".mp4",)) for end in ("a", "b"))
    assert first != second
    for name in (first, second, file_name(letter * 250 + ".mp4")):
        assert len(name.encode()) <= 190
        assert name.startswith(letter * 20)


@given(st.lists(st.text(min_size=1, max_size=300), min_size=1, max_size=4))
@pytest.mark.slow
def test_any_path_gives_names_that_stay_in_their_folder(parts: list[str]):
    for name in (job_name(tuple(parts)), file_name(parts[-1] + ".mp4")):
        assert name not in (".", "..")
        assert not name.startswith(".")
        assert "/" not in name
        assert "\x00" not in name
        assert name.lower() not in RESERVED_NAMES
        assert 0 < len(name.encode()) < 255


@pytest.mark.parametrize(
    ("name", "partial"),
    [("walk.mp4", False), ("walk.mp4.part", True), ("walk.mp4.crdownload", True), (".walk.mp4.Xa81bQ", True),
     (".config.backup", False), ("walk.MP4.TMP", True), ("notes.txt", False)],
)  # fmt: skip
def test_names_of_files_that_are_being_copied(name: str, partial: bool):
    assert is_partial(name) == partial
