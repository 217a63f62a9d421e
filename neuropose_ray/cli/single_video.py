"""`neuropose-ray process VIDEO -o predictions.json`: one video into one file, as NeuroPose's command writes it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.errors import InputError, SettingsError

if TYPE_CHECKING:
    from neuropose_ray.pipeline import RunSummary


def single_file(inputs: Sequence[str], out: str | None) -> Path | None:
    """The file that one video's predictions go to; None where the results are a folder.

    Args:
        inputs: as users write them.
        out: as users write it; not given, one video's file is NAME_predictions.json in the working folder.

    Raises:
        SettingsError: nothing says where the results of several inputs go, or one file is to hold them.
    """
    if out is None:
        if len(inputs) != 1 or not Path(inputs[0]).is_file():
            raise SettingsError("nothing says where the results go", hint="give --out FOLDER")
        return Path(f"{Path(inputs[0]).stem}_predictions.json")
    if not out.endswith(".json") or "://" in out or Path(out).is_dir():
        return None
    if len(inputs) != 1 or _holds_several(Path(inputs[0])):
        raise SettingsError("one file holds one video", where=out, hint="give --out a folder, or one video")
    return Path(out)


def _holds_several(path: Path) -> bool:
    from neuropose_ray.pipeline import discover

    return path.is_dir() and len(discover([path]).locations) > 1


def process_into_file(run: Callable[[Path], RunSummary], target: Path) -> int:
    """Run on one video, and write what was found as NeuroPose's version 2.

    The run's own folder lies hidden beside the file, so that the same command goes on after an interruption; it is
    removed when the file is there.

    Args:
        run: a run into a folder.
        target: the file.

    Returns:
        The number of frames.

    Raises:
        InputError: the video cannot be read, or the input is not one video; nothing is written.
        OutputError: the file system refuses.
    """
    from neuropose_ray.schemas.neuropose_results import save_neuropose_video
    from neuropose_ray.schemas.reading import read_table

    folder = target.with_name(f".{target.name}.run")
    summary = run(folder)
    if len(summary.videos) != 1:
        raise InputError(f"{len(summary.videos)} videos do not go into one file", hint="give --out a folder")
    (video,) = summary.videos
    if video.errors:
        raise InputError(video.errors[0].message, where=video.input)
    table, header = read_table(folder / video.name)
    save_neuropose_video(target, table, header)
    shutil.rmtree(folder, ignore_errors=True)
    return table.frame_count
