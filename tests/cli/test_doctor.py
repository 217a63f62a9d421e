import json
import socket

import pytest
import typer
from typer.testing import CliRunner

from neuropose_ray.cli.doctor import doctor

app = typer.Typer()
app.command()(doctor)


@pytest.fixture
def run(tmp_path):
    def run(*arguments, **environment):
        cache = {"NEUROPOSE_WEIGHTS__CACHE_DIR": str(tmp_path / "cache"), "RAY_ADDRESS": None, "COLUMNS": "200"}
        return CliRunner().invoke(app, arguments, env=cache | environment)

    return run


def found(result):
    return {check["name"]: check for check in json.loads(result.stdout)}


def test_a_healthy_machine_passes_and_every_subject_is_there(run):
    result = run("--json")
    assert result.exit_code == 0
    checks = found(result)
    assert {"Python", "neuropose-ray", "ray", "tensorflow", "ai-edge-litert", "opencv-python-headless", "av", "numpy",
            "CPU", "memory", "shared memory", "GPU", "disk, weights", "disk, here", "blazepose", "Ray cluster",
            "environment"} <= set(checks)  # fmt: skip
    assert all(check["status"] != "fail" for check in checks.values())
    assert checks["blazepose"]["advice"].startswith("neuropose-ray models pull blazepose")


def test_the_table_says_what_to_do(run):
    result = run()
    assert result.exit_code == 0
    assert "neuropose-ray models pull blazepose" in result.stdout


def test_a_cluster_that_does_not_answer_fails_whether_flag_or_environment(run):
    for result in (run("--address", "127.0.0.1:1"), run(RAY_ADDRESS="127.0.0.1:1")):
        assert result.exit_code == 1
        assert "127.0.0.1:1" in result.stdout


def test_a_cluster_that_answers_passes(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert found(run("--json", "--address", address))["Ray cluster"]["found"] == f"{address} answers"


def test_damaged_weights_fail(run, tmp_path):
    (tmp_path / "cache" / "blazepose").mkdir(parents=True)
    result = run("--json")
    assert result.exit_code == 1
    assert "pose_detection.tflite is missing" in found(result)["blazepose"]["found"]


def test_a_misspelt_variable_is_pointed_out(run):
    result = run("--json", NEUROPOSE_WEIGHTS_MIRROR="http://lab")
    assert found(result)["environment"]["found"] == "no such settings: NEUROPOSE_WEIGHTS_MIRROR"


@pytest.mark.endurance
def test_deep_asks_tensorflow_for_its_devices(run):
    checks = found(run("--json", "--deep"))
    assert "CPU:0" in checks["TensorFlow devices"]["found"]
