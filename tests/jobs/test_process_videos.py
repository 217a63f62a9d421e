"""The entry script of `ray job submit`, submitted to a real cluster."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
YOUNG = ("No available agent to submit job", "Failed to set up runtime environment")


@pytest.mark.ray
@pytest.mark.slow
def test_a_submitted_job_processes_what_its_inputs_name(ray_cluster: str, weights, test_data: Path, tmp_path: Path):
    clips = test_data / "odd"
    command = [
        Path(sys.executable).with_name("ray"), "job", "submit", "--address", ray_cluster, "--working-dir", ".", "--",
        sys.executable, "jobs/process_videos.py", "--input", f"{clips}/made_one_*.mp4",
        "--input", (clips / "made_no_person.mp4").as_uri(), "--out", str(tmp_path / "out"), "--workers", "1",
    ]  # fmt: skip
    environment = {key: value for key, value in os.environ.items() if key != "RAY_ADDRESS"}
    for _ in range(10):
        done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=240)
        # A cluster that has only just started has no agent yet that takes jobs, or loses the job's files again.
        if not any(young in done.stderr + done.stdout for young in YOUNG):
            break
        time.sleep(3)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["engine"] == "ray"
    assert {Path(video["input"]).name: video["state"] for video in summary["videos"]} == {
        "made_one_frame.mp4": "completed",
        "made_no_person.mp4": "completed",
    }
