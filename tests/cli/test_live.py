"""`live` as a person and a script read it, with a service in this process."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from support.live_service import LiveService, live_service
from support.rtsp.camera import RtspCamera
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import InputNotFoundError, RuleError, SourceError, StreamNotFoundError


@pytest.fixture(scope="module")
def live(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    with live_service(tmp_path_factory.mktemp("live"), files=[str(test_data)]) as service:
        yield service


def run(live: LiveService, *words: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["live", *words, "--url", live.url], input=answer, env={"COLUMNS": "200"})


def test_a_camera_is_added_listed_watched_and_removed(live: LiveService, test_data: Path):
    url = f"file://{test_data}/field/leaves_and_returns.mp4"
    added = run(live, "add", "door", url, "--fps", "15", "--camera", "c7", "--json")
    assert added.exit_code == 0, added.output
    assert json.loads(added.stdout)["camera_id"] == "c7"
    watched = run(live, "view", "door", "--json", "--frames", "3")
    assert watched.exit_code == 0, watched.output
    messages = [json.loads(line) for line in watched.stdout.splitlines() if line.startswith("{")]
    assert [message["type"] for message in messages].count("pose") == 3
    assert "ms old" in run(live, "view", "door", "--frames", "2").stdout
    table = run(live, "list").stdout
    assert "door" in table
    assert "active" in table
    shown = run(live, "show", "door")
    assert shown.exit_code == 0
    assert "are looked at" in shown.stdout
    assert run(live, "remove", "door", answer="n\n").exit_code == 2
    assert run(live, "remove", "door", "--yes").stdout == "removed door\n"
    assert isinstance(run(live, "show", "door").exception, StreamNotFoundError)


def test_a_real_camera_is_watched_and_its_password_is_in_no_output(test_data: Path, tmp_path: Path):
    video = test_data / "field" / "leaves_and_returns.mp4"
    with (
        RtspCamera(video=video, credentials=("anna", "hush-hush")) as camera,
        live_service(tmp_path, private_networks=True, hosts=[f"127.0.0.1:{camera.port}"]) as live,
    ):
        outputs = [run(live, "add", "ward-7", camera.url)]
        outputs += [run(live, "view", "ward-7", "--frames", "3"), run(live, "list"), run(live, "show", "ward-7")]
        outputs.append(run(live, "remove", "ward-7", "--yes"))
    assert [output.exit_code for output in outputs] == [0] * 5
    assert "active" in outputs[2].stdout
    assert all("hush" not in output.output for output in outputs)


def test_a_source_that_may_not_be_read_says_what_to_set(live: LiveService):
    refused = run(live, "add", "inside", "rtsp://user:hush@192.168.1.9/x").exception
    assert isinstance(refused, SourceError)
    assert "private_networks" in str(refused)
    assert "hush" not in str(refused)


def test_rules_are_checked_before_they_are_sent(live: LiveService, tmp_path: Path):
    rules = tmp_path / "rules.yaml"
    rules.write_text("name: falls\nrules:\n  - {name: fall, branches: [{type: fal, name: f}]}\n")
    wrong = run(live, "add", "x", "file:///x", "--rules", str(rules)).exception
    assert isinstance(wrong, RuleError)
    assert "rules.yaml" in str(wrong)
    missing = run(live, "add", "x", "file:///x", "--rules", str(tmp_path / "none.yaml")).exception
    assert isinstance(missing, InputNotFoundError)


def test_help_has_an_example_for_every_command():
    for command in ("add", "list", "show", "remove", "view"):
        assert "neuropose-ray live" in CliRunner().invoke(app, ["live", command, "--help"]).stdout
