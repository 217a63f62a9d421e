"""The files of a run's results: their names, and which of them holds a video's predictions.

A run writes a folder for each video, OUT/NAME, and :data:`SUMMARY_FILE` beside these folders. Analyses, reports and
overlays of a video go into its folder.
"""

from __future__ import annotations

from pathlib import Path

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.schemas.immutable import utf8_text

#: All that is known of a video's poses.
PREDICTIONS_FILE = "predictions.parquet"
#: Poses of the least sure frames of a video by a larger model, for data sets.
SECOND_PASS_FILE = "predictions_second_pass.parquet"
#: The same video, or all videos of a job, in NeuroPose's format, which knows neither tracks nor scores.
RESULTS_FILE = "results.json"
#: What a video's files were made from, and how long it took.
METRICS_FILE = "metrics.json"
#: How the skeleton's fit to each track went.
FITTING_FILE = "fitting.json"
#: Named segments of a video, for predictions in Parquet; JSON holds its own.
SEGMENTATIONS_FILE = "segmentations.json"
#: A video's poses in other programs' formats, as the service exports them.
EXPORT_FOLDER = "exports"
#: What was made from older predictions than those in the same folder; see ``schemas.derived_files``.
STALE_FOLDER = "stale"
ANALYSIS_FILE = "analysis.json"
#: The analysis in words, with how they were made, and as plain text.
DESCRIPTION_FILE = "description.json"
DESCRIPTION_TEXT_FILE = "description.txt"
#: The trial laid over another one.
COMPARISON_FILE = "comparison.json"
REPORT_FILE = "report.html"
OVERLAY_FILE = "overlay.mp4"
#: Who is who: thumbnails of every track.
PEOPLE_FILE = "people.png"
#: What the overlay was made from.
OVERLAY_RECORD_FILE = "overlay.json"

#: What became of every video of a run.
SUMMARY_FILE = "summary.json"
#: The analysis of several trials, above their folders.
COHORT_FILE = "cohort.json"
#: The same as a table, a trial in a row.
COHORT_TABLE_FILE = "cohort.csv"
#: The same as a table, a number in a row.
COHORT_LONG_TABLE_FILE = "cohort_long.csv"
#: What curation found in all videos of a run.
CURATION_FILE = "curation.json"
#: The same to look at: the worst frames, duplicates and idle stretches.
SHEET_FILE = "contact_sheet.html"
#: The people of all videos of a job as a data set for training or review.
DATASET_FOLDER = "dataset"

#: What lies beside the folders of a run's videos, and is of no single video.
RUN_FILES = frozenset({SUMMARY_FILE, COHORT_FILE, COHORT_TABLE_FILE, COHORT_LONG_TABLE_FILE})

#: The files that can hold a video's predictions, the most complete one first.
_PREDICTIONS_FILES = (PREDICTIONS_FILE, RESULTS_FILE)


def predictions_in(path: Path) -> Path:
    """The file that holds a video's predictions.

    In a video's folder this is :data:`PREDICTIONS_FILE`, and :data:`RESULTS_FILE` only where the former is missing,
    as in a folder that NeuroPose wrote.

    Args:
        path: the file itself, or a video's folder.

    Raises:
        InputNotFoundError: there is nothing at ``path``, or no predictions in the folder; the folders of videos in
            it are named.
    """
    if not path.exists():
        raise InputNotFoundError("there is no such file or folder", where=str(path), hint="check the path")
    if not path.is_dir():
        return path
    for name in _PREDICTIONS_FILES:
        if (path / name).is_file():
            return path / name
    videos = [folder.name for folder in video_folders(path)]
    hint = f"give the folder of one video: {', '.join(videos[:5])}" if videos else "`neuropose-ray process` makes it"
    raise InputNotFoundError(f"there is no {PREDICTIONS_FILE} in this folder", where=str(path), hint=hint)


def is_video_folder_file(predictions: Path) -> bool:
    """Whether a file of predictions has the name that it has in every video's folder, which names no video."""
    return predictions.name in _PREDICTIONS_FILES


def video_name(predictions: Path) -> str:
    """The name of the video that a file of predictions is of: its folder's, or its own without the ending."""
    return utf8_text(predictions.resolve().parent.name if is_video_folder_file(predictions) else predictions.stem)


def video_folders(out: Path) -> list[Path]:
    """The folders of the videos of a run that have :data:`PREDICTIONS_FILE`, sorted by name."""
    return sorted(file.parent for file in out.glob(f"*/{PREDICTIONS_FILE}"))
