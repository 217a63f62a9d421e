"""What `serve` prints, for people and for collectors of logs."""

import errno
import io
import json
import logging
import os
import sys
import time
from pathlib import Path

import pytest

from neuropose_ray.cli.serve_output import ServeOutput
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.jobs.mode import write_mode
from neuropose_ray.service.logs.files import LogFiles
from neuropose_ray.service.settings import ServiceSettings


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    data = DataFolder(tmp_path / "data")
    data.create()
    return data


def output(folder: DataFolder, log_format: str) -> ServeOutput:
    return ServeOutput(ServiceSettings(data_dir=folder.root, log_format=log_format), folder)


def test_a_start_in_words_says_so_where_the_queue_is_paused(folder: DataFolder, capsys):
    write_mode(folder, "paused")
    output(folder, "text").ready("http://127.0.0.1:8000", "none")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ready: http://127.0.0.1:8000 (its description: http://127.0.0.1:8000/docs)"
    assert lines[-1].startswith("paused: jobs are taken, and wait")


def test_a_start_in_json_is_json_alone(folder: DataFolder, capsys):
    say = output(folder, "json")
    say.waiting("Ray")
    say.ready("http://127.0.0.1:8000", "none")
    printed = capsys.readouterr()
    assert json.loads(printed.err)["message"] == "waiting for Ray"
    ready = json.loads(printed.out)
    assert (ready["message"], ready["url"], ready["mode"]) == ("ready", "http://127.0.0.1:8000", "running")


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_what_the_parts_log_is_printed_until_the_end(folder: DataFolder, capsys, log_format: str):
    part = logging.getLogger("a part of the service")
    part.setLevel(logging.INFO)
    handler = LogFiles(folder.logs, "JobManager", "info").handler()
    part.addHandler(handler)
    part.info("before")
    time.sleep(0.01)
    with output(folder, log_format).followed_logs():
        part.info("meanwhile", extra={"job": "ab" * 16})
    part.removeHandler(handler)
    handler.close()
    (line,) = capsys.readouterr().err.splitlines()
    if log_format == "json":
        assert json.loads(line)["job"] == "ab" * 16
    else:
        assert line.endswith("INFO JobManager job=abababab: meanwhile")


class Unwritable(io.TextIOBase):
    """The end of a pipe that nobody reads, a terminal that is closed, or a file on a full disk."""

    def __init__(self, reason: int) -> None:
        self._reason = reason

    def write(self, _text: str) -> int:
        raise OSError(self._reason, os.strerror(self._reason))


@pytest.mark.parametrize("reason", [errno.EPIPE, errno.EIO, errno.ENOSPC])
@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_service_goes_on_where_its_lines_cannot_be_printed(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch, reason: int, log_format: str
):
    monkeypatch.setattr(sys, "stdout", Unwritable(reason))
    monkeypatch.setattr(sys, "stderr", Unwritable(reason))
    say = output(folder, log_format)
    say.waiting("Ray")
    say.ready("http://127.0.0.1:8000", "none")
