"""Which file or folder a user means who names results."""

from __future__ import annotations

from pathlib import Path

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.state.run_layout import PREDICTIONS_FILE


def predictions_file(path: Path) -> Path:
    """The predictions of a video's folder, or the file itself.

    Raises:
        InputNotFoundError: there is nothing at ``path``, or no predictions in the folder.
    """
    if not path.exists():
        raise InputNotFoundError("there is no such file or folder", where=str(path), hint="check the path")
    if not path.is_dir():
        return path
    if not (path / PREDICTIONS_FILE).is_file():
        videos = sorted(file.parent.name for file in path.glob(f"*/{PREDICTIONS_FILE}"))
        hint = (
            f"give the folder of one video: {', '.join(videos[:5])}" if videos else "`neuropose-ray process` makes it"
        )
        raise InputNotFoundError(f"there is no {PREDICTIONS_FILE} in this folder", where=str(path), hint=hint)
    return path / PREDICTIONS_FILE
