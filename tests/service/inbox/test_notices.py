"""Notices of changes in a folder, and ticks where there are none."""

import threading
from pathlib import Path

from neuropose_ray.service.inbox.notices import notices


def test_ticks_come_by_themselves_until_they_are_stopped(tmp_path: Path):
    stop = threading.Event()
    beat = notices(tmp_path, 0.01, stop)
    assert [next(beat) for _ in range(4)] == [frozenset()] * 4
    stop.set()
    assert list(beat) in ([], [frozenset()])


def test_a_change_at_any_depth_is_told_by_the_name_directly_in_the_folder(tmp_path: Path):
    (tmp_path / "trial" / "deeper").mkdir(parents=True)
    stop = threading.Event()
    changes = notices(tmp_path, 0.05, stop)
    for _ in range(2):  # the watch has begun when its first tick comes
        next(changes)
    (tmp_path / "trial" / "deeper" / "walk.mp4").write_bytes(b"1")
    (tmp_path / "other.mp4").write_bytes(b"1")
    names: set[str] = set()
    while not {"trial", "other.mp4"} <= names:
        names |= next(changes)
    stop.set()
    assert names == {"trial", "other.mp4"}


def test_a_folder_that_cannot_be_watched_is_ticked_all_the_same(tmp_path: Path):
    stop = threading.Event()
    beat = notices(tmp_path / "gone", 0.01, stop)
    assert [next(beat) for _ in range(3)] == [frozenset()] * 3
    stop.set()
