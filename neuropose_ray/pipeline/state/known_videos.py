"""All videos with results in a run's folder, whichever run made them, and where the videos lie now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.inputs.source_record import find_video, read_source
from neuropose_ray.pipeline.state.manifest import Manifest
from neuropose_ray.pipeline.state.run_layout import manifest_folder
from neuropose_ray.schemas.derived_files import outdated_files
from neuropose_ray.schemas.immutable import FrozenModel, Utf8Str, utf8_text
from neuropose_ray.schemas.result_files import video_folders


class KnownVideo(FrozenModel):
    """A video that has results in a run's folder."""

    name: str = Field(description="of its folder")
    state: str | None = Field(description="completed or partial; None where no run of this folder knows the video")
    path: Utf8Str | None = Field(description="where it lies now; None where it is not found")
    outdated: tuple[Utf8Str, ...] = Field(description="files in its folder that were made from older predictions")
    path_before: Utf8Str | None = Field(description="where it lay when its results were made; None: not known")


def known_videos(out: Path) -> Iterator[KnownVideo]:
    """Every video with results below a run's folder, in the order of names.

    A video that has another time of change than when it was processed is read, to see whether it is the same.

    Args:
        out: a run's folder.
    """
    states = {row.name: row.state for row in Manifest.read(manifest_folder(out))}
    for folder in video_folders(out):
        record = read_source(folder)
        yield KnownVideo(
            name=folder.name,
            state=states.get(folder.name),
            path=_path_now(folder),
            outdated=tuple(map(utf8_text, outdated_files(folder))),
            path_before=None if record is None else record.path,
        )


def _path_now(folder: Path) -> str | None:
    try:
        return utf8_text(str(find_video(folder).path))
    except InputNotFoundError:
        return None
