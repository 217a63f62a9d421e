"""The log of a job: a line for each thing that happened, and never a reason to stop."""

import re
from pathlib import Path

from neuropose_ray.service.jobs.job_log import append_line, read_lines


def test_each_line_has_its_time_and_is_one_line(tmp_path: Path):
    log = tmp_path / "job" / "job.log"
    append_line(log, "submitted")
    append_line(log, "an error\n  of several\tlines")
    lines = read_lines(log)
    assert [line.split(" ", 1)[1] for line in lines] == ["submitted", "an error of several lines"]
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", line) for line in lines)


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path):
    (tmp_path / "job").write_bytes(b"a file where the folder should be")
    append_line(tmp_path / "job" / "job.log", "submitted")
    assert read_lines(tmp_path / "job" / "job.log") == ()


def test_what_is_not_text_is_shown_all_the_same(tmp_path: Path):
    (tmp_path / "job.log").write_bytes(b"one\n\xff two\n")
    assert read_lines(tmp_path / "job.log") == ("one", "\ufffd two")
