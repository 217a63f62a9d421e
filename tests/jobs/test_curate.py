"""The entry script of `ray job submit` for curation: its arguments; the run itself is that of the command."""

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "jobs" / "curate.py"


def test_inputs_become_arguments_of_curate_run_and_the_rest_is_passed_on():
    spec = importlib.util.spec_from_file_location("jobs_curate", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    given = ["--input", "a.mp4", "--out", "o", "--input=cam", "--sheet"]
    assert module.arguments(given) == ["curate", "run", "--engine", "ray", "--out", "o", "--sheet", "a.mp4", "cam"]
