"""What was made from a video's predictions and lies beside them: never beside other predictions than its own.

Before predictions are replaced by others, what was made from the old ones is set aside: pictures are removed, and
numbers go to the folder :data:`STALE_FOLDER`. Only then do the new ones take their name. So whatever moment a process
is killed in, no folder holds numbers of other predictions than those in it. Who makes a file while another process
replaces the predictions writes their digest into it, and readers compare that.
"""

from __future__ import annotations

import os
import re
import shutil
from fnmatch import fnmatchcase
from pathlib import Path

from neuropose_ray.errors import OutputError
from neuropose_ray.schemas.atomic import atomic_path
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.json_text import parsed_json
from neuropose_ray.schemas.parquet_files import write_predictions
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.result_files import (
    ANALYSIS_FILE,
    COHORT_FILE,
    COHORT_LONG_TABLE_FILE,
    COHORT_TABLE_FILE,
    COMPARISON_FILE,
    DESCRIPTION_FILE,
    DESCRIPTION_TEXT_FILE,
    EXPORT_FOLDER,
    OVERLAY_FILE,
    OVERLAY_RECORD_FILE,
    PEOPLE_FILE,
    PREDICTIONS_FILE,
    REPORT_FILE,
    SEGMENTATIONS_FILE,
    STALE_FOLDER,
)

#: Videos and pages, which take much space and are made again by one command.
_REMOVED = (OVERLAY_FILE, REPORT_FILE, PEOPLE_FILE)
#: Numbers and figures, which somebody may want to compare with new ones. Exports have the predictions' stem.
_MOVED = (
    ANALYSIS_FILE, f"track*.{ANALYSIS_FILE}", DESCRIPTION_FILE, DESCRIPTION_TEXT_FILE, COMPARISON_FILE,
    SEGMENTATIONS_FILE, EXPORT_FOLDER, "predictions.*", "predictions_*",
    *(f"{person}{kind}.{form}" for person in ("", "track*.")
      for kind in ("angles", "trajectories", "cycles", "quality", "dtw")
      for form in ("png", "svg", "pdf")),
)  # fmt: skip
#: How the head of a report says which predictions it was made from; a page of many megabytes is not read for it.
REPORT_DIGEST_NAME = "predictions-sha256"
_REPORT_DIGEST = re.compile(rb'<meta name="%s" content="([0-9a-f]{64})">' % REPORT_DIGEST_NAME.encode())
_HEAD_BYTES = 4096
_OF_SEVERAL_VIDEOS = (COHORT_FILE, COHORT_TABLE_FILE, COHORT_LONG_TABLE_FILE)


def is_derived(name: str) -> bool:
    """Whether a name in a video's folder is that of something that was made from the predictions in it."""
    return name != PREDICTIONS_FILE and any(fnmatchcase(name, pattern) for pattern in (*_REMOVED, *_MOVED))


def replace_predictions(path: Path, table: PoseTable, header: PredictionsHeader) -> str:
    """Write predictions; where other ones are there, what was made from those is set aside first.

    The first ones of a folder survive a power cut once the file that vouches for them, written next, does so.

    Args:
        path: of the predictions in the folder of a video.
        table: all poses of the video.
        header: what they are.

    Returns:
        The SHA-256 of the file.

    Raises:
        OutputError: no space or no permission.
    """
    before = predictions_digest(path)
    with atomic_path(path, durable_name=before is not None) as new:
        write_predictions(new, table, header, durable=False)  # it is, before it takes its name
        sha256 = file_sha256(new)
        if sha256 != before:
            set_aside(path.parent)
    return sha256


def predictions_digest(path: Path) -> str | None:
    """The SHA-256 of a file of predictions; None where it cannot be read."""
    try:
        return file_sha256(path)
    except OSError:
        return None


def outdated_files(folder: Path) -> list[str]:
    """The names of what lies in a video's folder and was made from other predictions than those in it, sorted.

    A file that does not say what it was made from, or cannot be read, is not among them.

    Args:
        folder: of one video.
    """
    digest = predictions_digest(folder / PREDICTIONS_FILE)
    if digest is None:
        return []
    made_from = {name: _made_from(folder / name) for name in _names(folder) if is_derived(name)}
    return [name for name, source in made_from.items() if source not in (None, digest)]


def _made_from(path: Path) -> str | None:
    """The digest of the predictions that a file was made from; None where it does not say."""
    try:
        if path.name == REPORT_FILE:
            with path.open("rb") as file:
                found = _REPORT_DIGEST.search(file.read(_HEAD_BYTES))
            return None if found is None else found[1].decode()
        if path.name == OVERLAY_FILE:
            record = parsed_json(path.with_name(OVERLAY_RECORD_FILE).read_bytes())
            digest = record["predictions_sha256"]
        elif path.name.endswith(ANALYSIS_FILE):
            digest = parsed_json(path.read_bytes())["primary"]["predictions_sha256"]
        else:
            return None
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return digest if isinstance(digest, str) else None


def set_aside(folder: Path) -> None:
    """Remove or move what was made from the predictions in a video's folder, and from those of several beside it.

    Done again after a kill it goes on. What was set aside before and has the same name is replaced.

    Raises:
        OutputError: the file system refuses.
    """
    for name in _names(folder):
        if name in _REMOVED:
            _remove(folder / name)
        elif is_derived(name):
            _move(folder / name, folder / STALE_FOLDER / name)
    for name in _OF_SEVERAL_VIDEOS:
        if os.path.lexists(folder.parent / name):
            _move(folder.parent / name, folder.parent / STALE_FOLDER / name)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _refused(folder, error) from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _refused(path, error) from error


def _move(path: Path, target: Path) -> None:
    try:
        target.parent.mkdir(exist_ok=True)
        if target.is_dir() and not target.is_symlink():
            shutil.rmtree(target)
        path.rename(target)
    except FileNotFoundError:  # another process that replaces predictions of the same run was first
        return
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: OSError) -> OutputError:
    what = f"it was made from older predictions and cannot be set aside: {error.strerror}"
    return OutputError(what, where=str(path), hint="move it elsewhere")
