"""Which file or folder a user means who names results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.errors import InputNotFoundError, SettingsError
from neuropose_ray.pipeline.state.run_layout import PREDICTIONS_FILE

if TYPE_CHECKING:
    from neuropose_ray.pipeline.assembly.result_mirror import ResultStore


def result_place(out: str, work_folder: Path | None = None) -> tuple[Path, ResultStore | None]:
    """The folder in which a run works, and the store that gets its results where ``--out`` is a URL.

    Raises:
        SettingsError: a work folder where the output is a folder itself.
    """
    if "://" not in out:
        if work_folder is not None:
            raise SettingsError("--work-folder goes with a URL as --out", where=out, hint="leave it out")
        return Path(out), None
    from neuropose_ray.models.weights.settings import default_cache_dir
    from neuropose_ray.pipeline.assembly.result_mirror import ResultStore, default_folder

    folder = work_folder or default_folder(out, default_cache_dir().parent)
    return folder, ResultStore(out, folder.resolve())


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
