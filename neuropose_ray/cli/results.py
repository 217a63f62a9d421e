"""Which file or folder a user means who names results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.errors import SettingsError

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
