"""What a running service says of itself: commands find it, and take no later process for it."""

import os
from pathlib import Path

import pytest

from neuropose_ray.service.record import read_record, write_record


def test_what_was_written_is_read_and_is_alive_as_long_as_this_process_is(tmp_path: Path):
    written = write_record(tmp_path / "service.json", "http://127.0.0.1:8000")
    record = read_record(tmp_path / "service.json")
    assert record == written
    assert record is not None
    assert (record.url, record.process.pid, record.is_alive) == ("http://127.0.0.1:8000", os.getpid(), True)


def test_a_later_process_of_the_same_number_is_not_taken_for_it(tmp_path: Path):
    record = write_record(tmp_path / "service.json", "http://127.0.0.1:8000")
    earlier = record.process.model_copy(update={"process_started_s": record.process.process_started_s - 100})
    assert not record.model_copy(update={"process": earlier}).is_alive


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"url": "x"}'])
def test_where_nothing_can_be_read_there_is_none(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / "service.json").write_bytes(content)
    assert read_record(tmp_path / "service.json") is None
