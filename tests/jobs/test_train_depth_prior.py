"""The training job's command line; the training itself is in tests/lifting/training."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
JOB = REPOSITORY / "jobs" / "train_depth_prior.py"


def test_help_teaches_and_loads_no_torch():
    script = (
        f"import runpy, sys; sys.argv = ['job', '--help']\n"
        f"try:\n    runpy.run_path({str(JOB)!r}, run_name='__main__')\n"
        "except SystemExit:\n    print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    for word in ("--data", "--seeds", "--steps", "BVH", "[train]", "Example", "False"):
        assert word in done.stdout


def test_missing_data_is_one_line(tmp_path: Path):
    command = [sys.executable, str(JOB), "--data", str(tmp_path / "gone.npz"), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ})
    assert done.returncode == 1
    line = done.stderr.strip().splitlines()[-1]
    assert "gone.npz" in line or "[train]" in line
    assert "Traceback" not in done.stderr
