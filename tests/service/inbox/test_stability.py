"""When a folder that is being copied counts as whole."""

import os
import struct
from pathlib import Path

import pytest

from neuropose_ray.service.inbox.folders import take_snapshot
from neuropose_ray.service.inbox.stability import StabilityTracker

SETTLE_S, UNFINISHED_S = 3.0, 60.0
WHOLE = struct.pack(">I4s", 24, b"mdat") + bytes(16) + struct.pack(">I4s", 16, b"moov") + bytes(8)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tracker(clock: Clock) -> StabilityTracker:
    return StabilityTracker(SETTLE_S, UNFINISHED_S, clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def is_over(tracker: StabilityTracker, folder: Path) -> bool:
    return tracker.is_over("trial", take_snapshot(folder), folder)


def test_a_whole_video_is_taken_when_nothing_has_changed_for_the_time_to_settle(tracker, clock, folder):
    (folder / "walk.mp4").write_bytes(WHOLE)
    assert not is_over(tracker, folder)
    clock.now += SETTLE_S - 0.1
    assert not is_over(tracker, folder)
    (folder / "squat.mp4").write_bytes(WHOLE)
    clock.now += 0.2
    assert not is_over(tracker, folder), "it has changed"
    clock.now += SETTLE_S
    assert is_over(tracker, folder)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [("walk.mp4", WHOLE[:-1], "walk.mp4, which is not complete"),
     ("walk.mp4.part", WHOLE, "walk.mp4.part, which seems to be copied still"),
     ("notes.txt", b"about it", "a video, or numbered pictures: there are none in it")],
)  # fmt: skip
def test_what_is_not_complete_is_waited_for_and_not_for_ever(tracker, clock, folder, name, content, reason):
    (folder / name).write_bytes(content)
    assert not is_over(tracker, folder)
    assert tracker.waits_for("trial") is None, "it has just come"
    clock.now += UNFINISHED_S - 0.1
    assert not is_over(tracker, folder)
    assert tracker.waits_for("trial") == reason
    (folder / "another.txt").write_bytes(b"")
    assert not is_over(tracker, folder)
    assert tracker.waits_for("trial") is None, "it goes on"
    clock.now += UNFINISHED_S
    assert is_over(tracker, folder)


def test_what_is_gone_is_forgotten(tracker, folder):
    (folder / "walk.mp4").write_bytes(WHOLE)
    is_over(tracker, folder)
    assert tracker.goes_on
    assert tracker.keep(["other"]) == ["trial"]
    assert not tracker.goes_on


def test_a_part_that_was_left_long_ago_holds_up_nothing_and_the_one_written_last_counts(clock, folder):
    tracker = StabilityTracker(SETTLE_S, UNFINISHED_S, clock, wall_clock=lambda: 10_000.0)
    (folder / "walk.mp4").write_bytes(WHOLE)
    for name, written_s in (("a.mp4.part", 10_000 - UNFINISHED_S - 1), ("b.tmp", 9_000), ("c.mp4.part", 1)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (written_s, written_s))
    assert not is_over(tracker, folder)
    clock.now += SETTLE_S
    assert is_over(tracker, folder)
    os.utime(folder / "b.tmp", (9_990, 9_990))
    assert not is_over(tracker, folder), "it is written again"
    clock.now += SETTLE_S
    assert not is_over(tracker, folder)
    assert tracker.waits_for("trial") == "b.tmp, which seems to be copied still"
