"""Files for containers that Docker, Kubernetes, KubeRay and Serve accept, each checked by its own schema."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from support.kuberay_fields import SCHEMAS

from neuropose_ray.service.manifests import Deployment
from neuropose_ray.service.settings import load_settings

REPOSITORY = Path(__file__).parent.parent.parent
#: Settings that differ in all that the files show of them.
CHOICES = [
    Deployment(),
    Deployment(source=str(REPOSITORY), gpus=2, model="metrabs", workers=8, config="/etc/lab: 100%/$settings.yaml"),
]
KUBERNETES = "1.32"
chosen = pytest.mark.parametrize("deployment", CHOICES, ids=["defaults", "gpus"])


def compose_of(deployment: Deployment) -> dict[str, Any]:
    return yaml.safe_load(deployment.compose_files()["compose.yaml"])


def manifests(deployment: Deployment) -> dict[str, dict[str, Any]]:
    files = deployment.kuberay_files()
    return {name: yaml.safe_load(text) for name, text in files.items() if name.endswith(".yaml")}


@chosen
def test_the_schema_of_compose_files_finds_no_fault_and_finds_planted_ones(deployment: Deployment, tmp_path: Path):
    file = tmp_path / "compose.yaml"

    def check(content: str) -> int:
        file.write_text(content)
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
        return subprocess.run(command, capture_output=True, check=False).returncode

    content = deployment.compose_files()["compose.yaml"]
    assert check(content) == 0
    assert check(content.replace("restart:", "restrat:")) != 0  # codespell:ignore restrat
    assert check(content.replace("init: true", "init: {}")) != 0


def compose_client() -> list[str]:
    """Docker's own reader of compose files: its plugin, or the older client that is a program of its own."""
    if (
        shutil.which("docker")
        and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode
    ):
        return ["docker", "compose"]
    if program := shutil.which("docker-compose"):
        return [program]
    pytest.skip("neither docker's compose plugin nor docker-compose is installed")


@chosen
def test_docker_itself_reads_the_compose_file_and_refuses_a_wrong_one(deployment: Deployment, tmp_path: Path):
    client = compose_client()
    for name, text in deployment.compose_files().items():
        (tmp_path / name).write_text(text)

    def read() -> subprocess.CompletedProcess[str]:
        return subprocess.run([*client, "config"], cwd=tmp_path, capture_output=True, text=True, check=False)

    done = read()
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["services"].keys() == {"neuropose-ray"}
    file = tmp_path / "compose.yaml"
    file.write_text(file.read_text().replace("restart:", "restrat:"))  # codespell:ignore restrat
    assert read().returncode != 0


def test_the_service_in_compose_is_private_ends_for_good_and_gets_its_gpus():
    content = compose_of(CHOICES[1])
    service = content["services"]["neuropose-ray"]
    assert content["volumes"] == {"data": {"name": "neuropose-ray-data"}}, "the same from wherever it is started"
    assert service["ports"] == ["127.0.0.1:8000:8000"]
    assert service["restart"] == "on-failure", "a drained service ends with 0"
    assert service["deploy"]["resources"]["reservations"]["devices"][0]["count"] == 2
    assert service["command"] == ["serve", "--config", "/etc/neuropose-ray/settings.yaml"]
    assert "deploy" not in compose_of(CHOICES[0])["services"]["neuropose-ray"]


def test_variables_of_image_and_compose_are_settings():
    given = compose_of(CHOICES[1])["services"]["neuropose-ray"]["environment"]
    given |= dict(re.findall(r"^ENV (\w+)=(.*)$", CHOICES[0].compose_files()["Dockerfile"], re.MULTILINE))
    settings = load_settings(environment=given)
    assert (settings.model, settings.service.host, settings.service.log_format) == ("metrabs", "0.0.0.0", "json")
    assert str(settings.service.data_dir) == "/data/service"
    assert str(settings.weights.cache_dir) == "/data/weights"


def test_the_image_is_built_of_files_that_are_there_by_instructions_that_docker_knows():
    files = CHOICES[0].compose_files()
    known = {"FROM", "RUN", "COPY", "USER", "WORKDIR", "ENV", "VOLUME", "EXPOSE", "ENTRYPOINT", "CMD"}
    lines = [line for line in files["Dockerfile"].splitlines() if line and not line.startswith("#")]
    assert {line.split()[0] for line in lines} == known
    assert lines[0].startswith("FROM python:3.12")
    needed = [line.removeprefix("!") for line in files["Dockerfile.dockerignore"].splitlines() if line[0] == "!"]
    assert needed
    assert all((REPOSITORY / name).exists() for name in needed)


def pods(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    cluster = manifest["spec"].get("rayClusterConfig", manifest["spec"])
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, **group["template"]}


@chosen
def test_kubernetes_finds_no_fault_in_storage_and_pods(deployment: Deployment):
    found = manifests(deployment)
    kubernetes_validate.validate(found["storage.yaml"], KUBERNETES, strict=True)
    for name in ("raycluster.yaml", "rayservice.yaml"):
        for pod in pods(found[name]):
            kubernetes_validate.validate(pod, KUBERNETES, strict=True)
    pod["spec"]["containers"][0]["volumeMount"] = []
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)


@chosen
def test_manifests_have_the_fields_of_kuberays_reference_and_no_others(deployment: Deployment):
    found = manifests(deployment)
    for name, kind in (("raycluster.yaml", "RayCluster"), ("rayservice.yaml", "RayService")):
        jsonschema.validate(found[name], SCHEMAS[kind])
    del found["raycluster.yaml"]["spec"]["workerGroupSpecs"][0]["groupName"]
    with pytest.raises(jsonschema.ValidationError, match="groupName"):
        jsonschema.validate(found["raycluster.yaml"], SCHEMAS["RayCluster"])


def test_workers_have_gpus_that_pods_without_one_leave_alone():
    (workers,) = manifests(CHOICES[1])["rayservice.yaml"]["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    assert (workers["groupName"], workers["maxReplicas"]) == ("gpu-workers", 8)
    (container,) = workers["template"]["spec"]["containers"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "2"
    assert workers["template"]["spec"]["tolerations"][0]["key"] == "nvidia.com/gpu"
    (workers,) = manifests(CHOICES[0])["raycluster.yaml"]["spec"]["workerGroupSpecs"]
    assert "nvidia.com/gpu" not in json.dumps(workers)


@chosen
def test_the_configuration_of_serve_is_what_serve_accepts_with_settings_of_this_program(deployment: Deployment):
    from ray.serve.schema import ServeDeploySchema

    text = manifests(deployment)["rayservice.yaml"]["spec"]["serveConfigV2"]
    config = ServeDeploySchema.model_validate(yaml.safe_load(text))
    (application,) = config.applications
    assert load_settings(None, application.args, environment={}).model == deployment.model
    written_by_hand = yaml.safe_load((REPOSITORY / "serve_config.yaml").read_text("utf-8"))
    ours = yaml.safe_load(text)
    assert ours["controller_options"] == written_by_hand["controller_options"]
    assert ours["http_options"].keys() == written_by_hand["http_options"].keys()
    for key in ("name", "route_prefix", "import_path"):
        assert ours["applications"][0][key] == written_by_hand["applications"][0][key]
