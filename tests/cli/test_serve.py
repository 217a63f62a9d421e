"""The command that starts the service."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import psutil
import pytest
import yaml
from support.ports import free_port
from support.serving import own_home

from neuropose_ray.cli import main as neuropose_ray
from neuropose_ray.cli.serve import stopped_by_signals

READY_S = 240


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--host", "0.0.0.0"], r"service\.host 0\.0\.0\.0: .*without a token.*neuropose-ray service token"),
        (["--host", "::"], r"without a token"),
        (["--port", "70000"], r"service\.port"),
        (["--config", "wrong.yaml"], r"wrong\.yaml.*service\.jobs\.runing"),  # codespell:ignore runing
        (["--config", "missing.yaml"], r"missing\.yaml"),
    ],
)
def test_wrong_use_is_refused_with_one_line_before_anything_is_started(
    words, said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "wrong.yaml").write_text("service: {jobs: {runing: 3}}\n")  # codespell:ignore runing
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["neuropose-ray", "serve", "--data", "data", *words])
    with pytest.raises(SystemExit) as end:
        neuropose_ray()
    assert end.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.splitlines()) == 1
    assert re.search(said, printed.err), printed.err
    assert not (tmp_path / "data").exists()


def test_a_port_that_another_program_has_is_refused_before_ray_is_started(
    tmp_path: Path, weights, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        words = ["serve", "--data", str(tmp_path / "data"), "--port", str(port)]
        monkeypatch.setattr(sys, "argv", ["neuropose-ray", *words])
        with pytest.raises(SystemExit) as end:
            neuropose_ray()
    assert end.value.code == 1
    last = capsys.readouterr().err.splitlines()[-1]
    assert re.search(rf"127\.0\.0\.1:{port}: cannot listen.*--port", last), last
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_each_signal_that_asks_for_an_end_is_an_orderly_one(number: signal.Signals):
    # Where tests run under nohup, the end of the terminal is nothing to them.
    stop, before = threading.Event(), signal.signal(number, signal.default_int_handler)
    try:
        with stopped_by_signals(stop):
            signal.raise_signal(number)
            assert stop.is_set()
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


def test_the_end_of_the_terminal_is_nothing_to_what_was_started_with_nohup():
    stop, before = threading.Event(), signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopped_by_signals(stop):
            signal.raise_signal(signal.SIGHUP)
            assert not stop.is_set()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.endurance
def test_the_service_starts_with_one_command_answers_and_ends_at_a_signal(tmp_path: Path, test_data: Path, weights):
    service = {"data_dir": str(tmp_path / "data"), "jobs": {"min_free_bytes": 0}}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump({"service": service}))
    port, dashboard = free_port(), free_port()
    words = [
        "serve", "--config", tmp_path / "settings.yaml", "--port", str(port), "--dashboard-port", str(dashboard)
    ]  # fmt: skip
    command = [sys.executable, "-c", "from neuropose_ray.cli import main; main()", *words]
    with (tmp_path / "printed").open("wb") as printed:
        # The user's own environment: this one has Ray's tokens disabled.
        process = subprocess.Popen(command, stdout=printed, stderr=printed, env=own_home(tmp_path))
    try:
        until = time.monotonic() + READY_S
        while not (urls := re.findall(r"^ready: (\S+)", said := (tmp_path / "printed").read_text(), re.MULTILINE)):
            assert process.poll() is None, said
            assert time.monotonic() < until, said
            time.sleep(0.2)
        assert [path for path in mapped_files(process.pid) if "libarrow" in path] == []
        (url,) = urls  # a slow start also has lines of the log about requests of /v1/ready
        picture = (test_data / "images" / "tfjs_pose.jpg").read_bytes()
        answer = httpx.post(f"{url}/v1/pose", content=picture, headers={"Content-Type": "image/jpeg"}, timeout=60)
        assert answer.status_code == 200, answer.text
        assert (tmp_path / "data" / "service.json").exists()
        assert_job_completes(url, test_data / "odd" / "decord_video_0.mov")
        assert faults_in_logs(process.pid) == []
        assert_dashboard_opens(f"http://127.0.0.1:{dashboard}", (tmp_path / "data" / "ray_token").read_text().strip())
    finally:
        process.send_signal(signal.SIGTERM)
        code = process.wait(120)
    said = (tmp_path / "printed").read_text()
    assert code == 0, said
    assert "Traceback" not in said
    assert not (tmp_path / "data" / "service.json").exists()


def mapped_files(command: int) -> set[str]:
    """What a command and all processes that it has started have loaded."""
    family = [psutil.Process(command), *psutil.Process(command).children(recursive=True)]
    return {mapping.path for member in family for mapping in member.memory_maps()}


def assert_job_completes(url: str, video: Path) -> None:
    with httpx.Client(base_url=url, timeout=60) as client:
        location = client.post("/v1/jobs", files={"file": (video.name, video.read_bytes())}).headers["location"]
        until = time.monotonic() + READY_S
        while (job := client.get(location).json())["state"] in ("queued", "running"):
            assert time.monotonic() < until, job
            time.sleep(0.5)
    assert job["state"] == "completed", job


def faults_in_logs(command: int) -> list[str]:
    """What the logs of a command's Ray report as an error, of which a normal request and job are none."""
    words = [word for child in psutil.Process(command).children() for word in child.cmdline()]
    (folder,) = {word.partition("=")[2] for word in words if word.startswith("--log_dir=")}
    # The dashboard's own complain of its fixed port for Prometheus, where another Ray of this machine has it.
    logs = [path for path in Path(folder).rglob("*.*") if not path.name.startswith("dashboard")]
    lines = [line for path in logs for line in path.read_text(errors="replace").splitlines()]
    return [line for line in lines if re.search(r"\bERROR\b|Traceback", line)]


def assert_dashboard_opens(url: str, token: str) -> None:
    with httpx.Client(base_url=url, timeout=180) as client:
        assert "<title>Ray Dashboard</title>" in client.get("/").text
        assert client.get("/nodes?view=summary").status_code in (401, 403)
        nodes = client.get("/nodes?view=summary", headers={"Authorization": f"Bearer {token}"})
        assert nodes.json()["result"], nodes.text
