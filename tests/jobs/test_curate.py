"""The entry script of `ray job submit` for curation; the run itself is that of the command."""

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def test_the_script_is_curate_run_with_the_engine_of_the_cluster():
    command = [sys.executable, "jobs/curate.py", "--input", "gone", "--help"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "curate run" in done.stdout
