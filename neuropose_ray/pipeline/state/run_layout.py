"""Names in a run's folder: the files of each video, and the run's own beside the videos' folders."""

from __future__ import annotations

from pathlib import Path

PREDICTIONS_FILE = "predictions.parquet"
RESULTS_FILE = "results.json"
METRICS_FILE = "metrics.json"
FITTING_FILE = "fitting.json"

SUMMARY_FILE = "summary.json"
#: No video's folder begins with a dot, and discovery passes over what does.
STATE_FOLDER = ".neuropose-ray"


def state_folder(out: Path) -> Path:
    """The folder of a run's lease, manifest and progress."""
    return out / STATE_FOLDER


def manifest_folder(out: Path) -> Path:
    """The folder of the manifest's parts."""
    return state_folder(out) / "manifest"
