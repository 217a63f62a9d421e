"""What is kept of ended jobs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.jobs.retention import EndedJob, content_of, outdated

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def ended(name: str, days_ago: float, size: int) -> EndedJob:
    return EndedJob(name, NOW - timedelta(days=days_ago), size)


def test_jobs_are_kept_for_so_many_days_and_so_many_bytes_the_newest_first():
    jobs = [ended("old", 40, 1), ended("large", 3, 100), ended("new", 1, 10), ended("middle", 2, 50)]
    assert outdated(jobs, NOW, keep_days=30, keep_bytes=None) == ["old"]
    assert outdated(jobs, NOW, keep_days=None, keep_bytes=70) == ["old", "large"]
    assert outdated(jobs, NOW, keep_days=None, keep_bytes=0) == ["old", "large", "middle", "new"]
    assert outdated(jobs, NOW, keep_days=None, keep_bytes=None) == []


@given(
    st.lists(st.tuples(st.floats(0, 100), st.integers(0, 50)), max_size=12),
    st.none() | st.integers(0, 100),
    st.none() | st.integers(-50, 200),
)
def test_what_is_kept_is_young_enough_and_fits(jobs: list[tuple[float, int]], days: int | None, room: int | None):
    known = [ended(str(number), days_ago, size) for number, (days_ago, size) in enumerate(jobs)]
    removed = outdated(known, NOW, keep_days=days, keep_bytes=room)
    kept = [job for job in known if job.id not in removed]
    assert len(removed) == len(set(removed)) == len(known) - len(kept)
    assert days is None or all(NOW - job.ended_at <= timedelta(days=days) for job in kept)
    assert room is None or sum(job.size_bytes for job in kept) <= max(room, 0)
    times = [next(job.ended_at for job in known if job.id == name) for name in removed]
    assert times == sorted(times), "the oldest goes first"


def test_the_size_of_a_folder_is_that_of_all_files_below_it(tmp_path: Path):
    (tmp_path / "deeper").mkdir()
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "deeper" / "b").write_bytes(b"123")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    links = (tmp_path / "dangling").lstat().st_size
    assert content_of(tmp_path).size_bytes == 8 + links
    assert content_of(tmp_path / "nowhere").size_bytes == 0


def test_what_is_linked_from_two_places_is_counted_once_and_not_where_it_stays_elsewhere(tmp_path: Path):
    job, out = tmp_path / "job", tmp_path / "out"
    for folder in (job, out):
        folder.mkdir()
    (job / "upload.mp4").write_bytes(b"1234567")
    (job / "results.json").write_bytes(b"123")
    (job / "again.json").hardlink_to(job / "results.json")
    (out / "results.json").hardlink_to(job / "results.json")
    assert content_of(job).size_bytes == 10
    assert content_of(job, without=content_of(out)).size_bytes == 7, "what its removal would free"
