"""Every answer is as the description says: statuses, headers, types, schemas; bad data and no token are refused."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.local_service import LocalService, local_service

from neuropose_ray.benchmark.synthetic import write_synthetic_video
from neuropose_ray.service.tokens import LOOK_S, add_token, new_token

pytestmark = pytest.mark.endurance

#: Whether a picture, a video, a URI or a cursor is one, is more than a schema says: 422 is an answer to good data.
SETTINGS = """
[generation]
deterministic = true
database = "none"

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 422, 429, 507]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 413, 415, 422]

[parameters]
"path.job_id" = "{job}"
"path.path" = "v/predictions.parquet"
"""
#: Events have no end where a job waits. After the others there would be no job, or none would be taken on.
PARTS = (
    ("--exclude-path-regex", "/(events|control)$", "--exclude-method", "DELETE"),
    ("--include-method", "DELETE"),
    ("--include-path", "/v1/control"),
)


@pytest.fixture
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """One for each test, in the end of which it is told to take no jobs any more."""
    workflows = {"standard": {"steps": [{"kind": "pose"}]}}
    jobs = {"min_free_bytes": 0, "workflows": workflows}
    rate = {"requests_per_s": 1e6, "burst": 10**6}
    with local_service(tmp_path_factory.mktemp("service"), jobs=jobs, http=rate) as running:
        yield running


@pytest.fixture
def token(service: LocalService) -> str:
    secret, token = new_token("fuzz", frozenset({"admin"}), None)
    add_token(service.data.tokens, token)
    time.sleep(2 * LOOK_S)
    return secret


@pytest.fixture
def job(service: LocalService, token: str, tmp_path: Path) -> str:
    """The id of a job that has completed."""
    video = tmp_path / "v.mp4"
    write_synthetic_video(video, 1)
    with service.client(headers={"Authorization": f"Bearer {token}"}) as client:
        answer = client.post("/v1/jobs", files={"file": ("v.mp4", video.read_bytes())})
        location = answer.headers["location"]
        while (job := client.get(location).json())["state"] in ("queued", "running"):
            time.sleep(0.1)
    assert job["state"] == "completed", job
    return str(job["id"])


@pytest.mark.parametrize(
    ("phases", "examples"),
    [
        pytest.param("examples,coverage", 1, id="one-for-each-rule"),
        pytest.param("examples,coverage,fuzzing,stateful", 100, id="many"),
    ],
)
def test_all_checks_pass(service: LocalService, token: str, job: str, tmp_path: Path, phases: str, examples: int):
    (tmp_path / "schemathesis.toml").write_text(SETTINGS.format(job=job))
    for chosen in PARTS:
        words = [
            "--config-file", "schemathesis.toml", "run", f"{service.url}/openapi.json",
            "--header", f"Authorization: Bearer {token}", "--checks", "all", "--max-examples", str(examples),
            "--phases", phases, "--continue-on-failure", "--request-timeout", "60", "--no-color", *chosen,
        ]  # fmt: skip
        command = [sys.executable, "-m", "schemathesis.cli", *words]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-20_000:]
        assert "ERRORS" not in done.stdout
