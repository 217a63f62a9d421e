import sys

import pytest

from neuropose_ray.cli import ray_job
from neuropose_ray.cli.ray_job import command_line, run_on_cluster


@pytest.mark.parametrize("command", [("process",), ("curate", "run")])
def test_inputs_become_arguments_of_the_command_and_the_rest_is_passed_on(command):
    given = ["--input", "a.mp4", "--out", "o", "--input=s3://b/c", "--mirror"]
    expected = [*command, "--engine", "ray", "--out", "o", "--mirror", "a.mp4", "s3://b/c"]
    assert command_line(command, given) == expected


def test_an_input_that_is_not_said_is_an_empty_one_that_the_command_refuses():
    assert command_line(["process"], ["--input"]) == ["process", "--engine", "ray", ""]


def test_the_process_runs_the_command_with_its_own_arguments(monkeypatch):
    ran = []
    monkeypatch.setattr(ray_job, "main", lambda: ran.append(sys.argv[1:]))
    monkeypatch.setattr(sys, "argv", ["jobs/curate.py", "--input", "cam", "--sheet"])
    run_on_cluster("curate", "run")
    assert ran == [["curate", "run", "--engine", "ray", "--sheet", "cam"]]
