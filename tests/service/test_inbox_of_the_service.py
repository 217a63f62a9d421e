"""The inbox in the real service: folders and archives in, real poses out, without HTTP."""

import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from neuropose_ray.schemas.json_files import load_job_results
from neuropose_ray.service.inbox.ingest import ingest
from neuropose_ray.service.settings import ArchiveSettings

if TYPE_CHECKING:
    from conftest import Service

pytestmark = [pytest.mark.ray, pytest.mark.serve]


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.1)


def entry(service: "Service", folder: str) -> dict[str, object]:
    file = service.data.status_file
    status: dict[str, dict[str, object]] = json.loads(file.read_text()) if file.exists() else {}
    return status.get(folder, {})


def test_an_archive_becomes_jobs_whose_results_neuroposes_readers_take(
    service: "Service", test_data: Path, tmp_path: Path
):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(test_data / "odd" / "made_one_frame.mp4", "p 7/one.mp4")
        archive.write(test_data / "odd" / "made_not_a_video.mp4", "p 7/broken.mp4")
    ingest(tmp_path / "a.zip", service.data, limits=ArchiveSettings())
    eventually(lambda: entry(service, "p_7_one").get("status") == "completed")
    eventually(lambda: entry(service, "p_7_broken").get("status") == "failed")
    results = load_job_results(service.data.outbox / "p_7_one" / "results.json")
    assert list(results.videos()) == ["one.mp4"]
    assert (service.data.outbox / "p_7_one" / "one" / "predictions.parquet").exists()
    assert (service.data.outbox / "p_7_one" / "one" / "metrics.json").exists()
    assert (service.data.inbox / "p_7_one" / "one.mp4").exists()
    assert [path.name for path in (service.data.failed / "p_7_broken").iterdir()] == ["broken.mp4"]
    with service.client() as client:
        listed = client.get("/v1/jobs", params={"source": "inbox"}).json()["jobs"]
    assert {"p_7_one", "p_7_broken"} <= {job["folder"] for job in listed}
