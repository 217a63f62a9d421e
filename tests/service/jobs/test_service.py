"""The manager as it is in the service: poses by the replicas, the other steps as Ray tasks."""

import time
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ray, pytest.mark.serve]


def ended(client, job_id: str) -> dict:
    until = time.monotonic() + 120
    while (job := client.get(f"/v1/jobs/{job_id}").json())["state"] not in ("completed", "failed", "cancelled"):
        assert time.monotonic() < until, job
        time.sleep(0.1)
    return job


def test_an_uploaded_video_gets_poses_analysis_overlay_and_report(service, test_data: Path):
    video = test_data / "odd" / "made_vfr_walk.mp4"
    with service.client() as client, video.open("rb") as file:
        answer = client.post("/v1/jobs", files={"file": (video.name, file, "video/mp4")})
        assert answer.status_code == 202, answer.text
        job = ended(client, answer.json()["id"])
        assert (job["state"], job["error"], job["warnings"]) == ("completed", None, [])
        assert {artifact["path"].split("/")[-1] for artifact in job["artifacts"]} >= {
            "predictions.parquet", "analysis.json", "overlay.mp4", "report.html"
        }  # fmt: skip
