"""Lines of all processes come in order of time, each once, and those alone that are wanted."""

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.logs.reading import LogFilter, LogLine, LogReader, text_of

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def line(seconds: float = 0.0, **fields: object) -> LogLine:
    given = {"level": "info", "part": "JobManager", "process": 7, "logger": "x", "message": "m"} | fields
    return LogLine(time=BEGIN + timedelta(seconds=seconds), **given)


def append(path: Path, *lines: LogLine) -> None:
    with path.open("a") as file:
        file.writelines(f"{each.model_dump_json()}\n" for each in lines)


lines = st.lists(
    st.tuples(st.integers(0, 2), st.floats(0, 100), st.sampled_from(["debug", "info", "warning", "error"])),
    max_size=20,
)


@given(written=lines, cuts=st.lists(st.integers(0, 20), max_size=3), level=st.sampled_from(["info", "warning"]))
def test_every_line_that_is_wanted_comes_once_whenever_it_is_looked(tmp_path_factory, written, cuts, level):
    folder = tmp_path_factory.mktemp("logs")
    reader = LogReader(folder, LogFilter(level=level))
    read: list[LogLine] = []
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), 20], strict=True):
        for number, (file, seconds, of_level) in enumerate(written[begin:end], begin):
            append(folder / f"part-{file}.jsonl", line(seconds, level=of_level, message=str(number)))
        new = reader.new_lines()
        assert [each.time for each in new] == sorted(each.time for each in new)
        read += new
    wanted = {"info", "warning", "error"} if level == "info" else {"warning", "error"}
    assert sorted(int(each.message) for each in read) == [n for n, (_, _, got) in enumerate(written) if got in wanted]


def test_lines_are_found_by_job_step_request_and_time(tmp_path: Path):
    append(
        tmp_path / "a.jsonl",
        line(0, job="ab12", step="pose", message="0"),
        line(1, job="ab99", step="report", message="1"),
        line(2, request="r-1", message="2"),
    )

    def found(**wanted: object) -> list[str]:
        return [each.message for each in LogReader(tmp_path, LogFilter(**wanted)).new_lines()]

    assert found() == ["0", "1", "2"]
    assert found(job="ab") == ["0", "1"]
    assert found(job="ab12", step="report") == []
    assert found(step="report") == ["1"]
    assert found(request="r-1") == ["2"]
    assert found(request="r") == []
    assert found(since=BEGIN + timedelta(seconds=1)) == ["1", "2"]
    # Lines tell whole milliseconds: one of the same millisecond may be later.
    assert found(since=BEGIN + timedelta(seconds=1, microseconds=999)) == ["1", "2"]
    assert found(since=BEGIN + timedelta(seconds=1, milliseconds=1)) == ["2"]


def test_a_line_that_is_being_written_is_read_when_it_is_whole_and_rubbish_is_passed_over(tmp_path: Path):
    path, reader = tmp_path / "a.jsonl", LogReader(tmp_path, LogFilter())
    text = line(message="whole").model_dump_json()
    path.write_text(f"{text}\n\x00\x00 not JSON\n[]\n{json.dumps({'message': 'half a line'})}\n{text[:20]}")
    assert [each.message for each in reader.new_lines()] == ["whole"]
    with path.open("a") as file:
        file.write(f"{text[20:]}\n")
    assert [each.message for each in reader.new_lines()] == ["whole"]
    assert reader.new_lines() == []


def test_a_file_that_was_renamed_is_not_read_twice(tmp_path: Path):
    reader = LogReader(tmp_path, LogFilter())
    append(tmp_path / "a.jsonl", line(0, message="old"))
    reader.new_lines()
    append(tmp_path / "a.jsonl", line(1, message="last"))
    (tmp_path / "a.jsonl").rename(tmp_path / "a.jsonl.1")
    append(tmp_path / "a.jsonl", line(2, message="new"))
    assert [each.message for each in reader.new_lines()] == ["last", "new"]


def test_following_ends_with_what_came_before_the_end(tmp_path: Path):
    stop = threading.Event()
    followed = LogReader(tmp_path, LogFilter()).follow(stop)
    append(tmp_path / "a.jsonl", line(message="first"))
    assert next(followed).message == "first"
    append(tmp_path / "a.jsonl", line(message="second"))
    stop.set()
    assert [each.message for each in followed] == ["second"]


def test_no_folder_is_no_lines(tmp_path: Path):
    assert LogReader(tmp_path / "gone", LogFilter()).new_lines() == []


def test_a_line_for_people_has_its_ids_and_its_trace():
    text = text_of(line(job="ab" * 16, step="pose", request="r1", level="error", trace="Traceback\n  OSError"))
    head, *trace = text.splitlines()
    assert head.endswith(" ERROR JobManager job=abababab step=pose request=r1: m")
    assert trace == ["    Traceback", "      OSError"]


@given(st.text(max_size=80), st.none() | st.text(max_size=80))
def test_no_message_looks_like_a_line_of_its_own_or_says_anything_to_the_terminal(message: str, trace: str | None):
    first, *others = text_of(line(message=message, trace=trace)).split("\n")
    assert first.isprintable()
    assert all(other.isprintable() and other.startswith("    ") for other in others)


@given(written=lines, count=st.integers(0, 25))
def test_the_last_lines_are_the_end_of_all(tmp_path_factory, written, count):
    folder = tmp_path_factory.mktemp("logs")
    for number, (file, seconds, level) in enumerate(written):
        append(folder / f"part-{file}.jsonl", line(seconds, level=level, message=str(number)))
    everything = LogReader(folder, LogFilter()).new_lines()
    reader = LogReader(folder, LogFilter())
    assert reader.last_lines(count) == everything[len(everything) - min(count, len(everything)) :]
    assert reader.new_lines() == []


def test_a_line_with_a_time_without_a_zone_is_none(tmp_path: Path):
    """Times with a zone and times without are in no order."""
    append(tmp_path / "a.jsonl", line(1))
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write(line(2).model_dump_json().replace("Z", "") + "\n")
    append(tmp_path / "a.jsonl", line(3))
    assert [each.time for each in LogReader(tmp_path, LogFilter()).new_lines()] == [line(1).time, line(3).time]
