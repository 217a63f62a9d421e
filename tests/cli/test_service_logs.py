"""`service logs` as an operator reads it: of jobs that a real queue has done."""

import json
import logging
from pathlib import Path

import pytest
from support.job_manager import Manager, request_for, settings_for
from typer.testing import CliRunner

from neuropose_ray.benchmark.synthetic import write_synthetic_video
from neuropose_ray.cli.main import app
from neuropose_ray.service.logs.files import LogFiles


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory):
    """A data folder, and two jobs that were done there: one with a good video, one without."""
    folder = tmp_path_factory.mktemp("service")
    settings, video, broken = settings_for(folder / "data"), folder / "v.mp4", folder / "broken.mp4"
    write_synthetic_video(video, 2)
    broken.write_bytes(b"no video")
    handler, logger = LogFiles.of(settings.service, "JobManager").handler(), logging.getLogger("neuropose_ray")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    manager = Manager(settings)
    requests = [request_for(folder / "data", file, workflow="two") for file in (video, broken)]
    for request in requests:
        manager("submit", request)
    manager.ended(*(request.id for request in requests))
    manager.close()
    logger.removeHandler(handler)
    logger.setLevel(level)
    handler.close()
    return folder / "data", *(request.id for request in requests)


def logs(data: Path, *words: str) -> str:
    printed = CliRunner().invoke(app, ["service", "logs", "--data", str(data), *words], catch_exceptions=False)
    assert printed.exit_code == 0
    return printed.stdout


def test_the_lines_of_a_job_are_found_by_its_id_and_its_step(done):
    data, good, bad = done
    lines = [json.loads(line) for line in logs(data, "--job", good[:8], "--json").splitlines()]
    assert {line["job"] for line in lines} == {good}
    assert [line["message"] for line in lines if "step" not in line] == [
        "submitted by http: workflow two, 1 input, priority 5", "started", "completed",
    ]  # fmt: skip
    assert {line.get("step") for line in lines} == {None, "pose", "export"}
    of_step = [json.loads(line) for line in logs(data, "--step", "pose", "--json").splitlines()]
    assert {line["job"] for line in of_step} == {good, bad}
    assert {line["step"] for line in of_step} == {"pose"}


def test_levels_and_the_last_lines(done):
    data, _, bad = done
    warnings = logs(data, "--level", "warning")
    assert f"job={bad[:8]}" in warnings
    assert "INFO" not in warnings
    assert len(logs(data, "-n", "3").splitlines()) >= 3
    assert logs(data, "--minutes", "0") == ""
    assert logs(data / "elsewhere") == ""


def test_a_time_before_all_calendars_is_before_all_lines(tmp_path: Path):
    said = CliRunner().invoke(app, ["service", "logs", "--data", str(tmp_path), "--minutes", "1e300"])
    assert (said.exit_code, said.output) == (0, "")
