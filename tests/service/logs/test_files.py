"""A line of JSON for each record, in a file of the process, with the ids of what its thread was at."""

import json
import logging
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.logs import files
from neuropose_ray.service.logs.context import log_context
from neuropose_ray.service.logs.files import JsonFormatter, LogFiles, RedactingFormatter
from neuropose_ray.service.settings import ServiceSettings
from neuropose_ray.video.live.url import redacted

anything = st.text(alphabet=st.characters(codec="utf-8"), max_size=40)


@given(message=anything, job=anything, argument=anything)
def test_whatever_is_logged_is_one_line_that_can_be_read(message: str, job: str, argument: str):
    record = logging.LogRecord("neuropose_ray.x", logging.WARNING, "", 0, "%s %s", (message, argument), None)
    with log_context(job=job, step="pose"):
        line = JsonFormatter("JobManager").format(record)
    assert len(line.splitlines()) == 1 or "\n" not in line
    read = json.loads(line)
    assert read["message"] == redacted(f"{message} {argument}")
    assert (read["level"], read["part"], read["step"]) == ("warning", "JobManager", "pose")
    assert read.get("job", "") == job


def test_an_error_has_its_trace_and_an_id_of_the_record_goes_before_the_threads():
    try:
        raise OSError("the disk is gone")
    except OSError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "no", None, (type(error), error, error.__traceback__))
    record.job = "of the record"
    with log_context(job="of the thread"):
        read = json.loads(JsonFormatter("p").format(record))
    assert "OSError: the disk is gone" in read["trace"]
    assert read["job"] == "of the record"


SECRETS = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters="'\"*"), min_size=4
)


@given(user=SECRETS, password=SECRETS, scheme=st.sampled_from(["rtsp", "rtsps", "http", "postgresql", "redis"]))
def test_no_credentials_of_a_url_are_written_wherever_a_library_puts_them(user: str, password: str, scheme: str):
    plain = f"{scheme}://{user}:{password}@camera-7/one"
    encoded = f"{scheme}://{quote(user, safe='')}:{quote(password, safe='')}@camera-7/one?token={quote(password)}"
    for url in (plain, encoded):
        try:
            raise OSError(f"cannot open {url}")
        except OSError as error:
            fault = (type(error), error, error.__traceback__)
        record = logging.LogRecord("neuropose_ray.x", logging.ERROR, "", 0, "%s: lost", (url,), fault)
        for formatter in (JsonFormatter("Stream"), RedactingFormatter("%(message)s")):
            line = formatter.format(record)
            shown = " ".join(map(str, json.loads(line).values())) if isinstance(formatter, JsonFormatter) else line
            assert "camera-7/one" in shown
            for secret in (f"{user}:{password}", password + "@", quote(password, safe="") + "@", f"token={password}"):
                assert secret not in shown.replace("***@", "").replace("token=***", "")


@pytest.fixture
def own_loggers():
    """The loggers of the service, left as they were."""
    loggers = [logging.getLogger(name) for name in ("neuropose_ray", "ray.serve", "dbos")]
    before = [(logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, (level, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        for handler in [handler for handler in logger.handlers if handler not in handlers]:
            logger.removeHandler(handler)
            handler.close()


@pytest.mark.usefixtures("own_loggers")
def test_a_process_that_begins_its_log_again_writes_every_line_once(tmp_path: Path):
    for _ in range(3):  # as a process of tasks does
        LogFiles(tmp_path, "Task", "info").start()
    logging.getLogger("neuropose_ray.x").warning("once")
    (path,) = tmp_path.iterdir()
    assert [json.loads(line)["message"] for line in path.read_text().splitlines()] == ["once"]


@pytest.fixture
def logger():
    logger = logging.getLogger("test_files")
    logger.setLevel(logging.DEBUG)
    yield logger
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def test_the_level_of_the_settings_is_the_least_that_is_written(tmp_path: Path, logger: logging.Logger):
    settings = ServiceSettings(data_dir=tmp_path, log_level="warning")
    logger.addHandler(LogFiles.of(settings, "PoseModel-my/model").handler())
    logger.info("not this")
    logger.error("this")
    (path,) = (tmp_path / "logs").iterdir()
    assert path.name.startswith("PoseModel_my_model-")
    assert [json.loads(line)["message"] for line in path.read_text().splitlines()] == ["this"]


def test_old_files_are_removed_when_all_of_them_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(files, "_ALL_BYTES", 250)
    import os

    for age in range(4):
        path = tmp_path / f"part-{age}.jsonl"
        path.write_bytes(b"x" * 100)
        os.utime(path, (1000 - age, 1000 - age))
    LogFiles(tmp_path, "new", "info").handler().close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["part-0.jsonl", "part-1.jsonl"]


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path, logger: logging.Logger, capsys):
    (tmp_path / "logs").write_text("a file")
    logger.addHandler(LogFiles(tmp_path / "logs", "part", "info").handler())
    logger.error("nowhere to go")
