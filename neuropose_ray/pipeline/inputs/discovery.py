"""What the inputs are: videos, each with the name of its output folder."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from neuropose_ray.errors import InputNotFoundError, VideoError
from neuropose_ray.pipeline.state.run_layout import SUMMARY_FILE
from neuropose_ray.video.sources import is_image_folder, is_image_name, is_video_name


class FoundVideo(NamedTuple):
    """One input that may be a video, and the folder under the run's output that is its own."""

    name: str
    location: str  # a hundred thousand Path objects would take five times the memory

    @property
    def path(self) -> Path:
        """Where it lies."""
        return Path(self.location)


@dataclass(frozen=True, slots=True)
class Discovery:
    """All inputs of a run: the videos, and the files in given folders that are none."""

    videos: tuple[FoundVideo, ...]
    not_videos: tuple[str, ...]


def discover(inputs: Sequence[Path], out: Path | None = None) -> Discovery:
    """Everything below the inputs, in a fixed order.

    A file is taken for a video whatever its name; a folder of numbered images is one video; any other folder is
    searched for videos, folders of numbered images, and still images.

    Args:
        inputs: files and folders.
        out: the run's own output, which is no input even where it lies below one.

    Raises:
        InputNotFoundError: an input does not exist, or a folder holds no video at all.
    """
    places: dict[str, _Place] = {}
    others: list[str] = []
    for given in inputs:
        root = Path(given)
        if not root.exists():
            raise InputNotFoundError("there is no such file or folder", where=str(given), hint="check the path")
        if not root.is_dir() or is_image_folder(root):
            is_folder = root.is_dir()
            label = root.resolve().name if is_folder else root.name
            places.setdefault(str(root.resolve()), _Place(label, str(root), is_folder))
            continue
        videos = 0
        for path, is_folder in _walk(root, None if out is None else out.resolve()):
            if is_folder or is_video_name(path) or is_image_name(path):
                videos += 1
                label = "_".join(path.relative_to(root).parts)
                places.setdefault(str(path.resolve()), _Place(label, str(path), is_folder))
            else:
                others.append(str(path))
        if not videos:
            raise InputNotFoundError("the folder holds no videos", where=str(given), hint="give a folder with videos")
    names = _folder_names(list(places.values()))
    found = (FoundVideo(name, place.location) for name, place in zip(names, places.values(), strict=True))
    return Discovery(tuple(found), tuple(others))


class _Place(NamedTuple):
    label: str
    location: str
    is_folder: bool


def _walk(folder: Path, without: Path | None) -> Iterator[tuple[Path, bool]]:
    """Files and image folders below a folder, and which of the two; hidden ones and ``without`` are left out."""
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        raise VideoError(f"the folder cannot be listed ({error.strerror})", where=str(folder)) from error
    for entry in entries:
        path = Path(entry.path)
        if entry.name.startswith("."):
            continue
        if not entry.is_dir():
            yield path, False
        elif is_image_folder(path):
            yield path, True
        elif path.resolve() != without:
            yield from _walk(path, without)


def _folder_names(places: Sequence[_Place]) -> Iterator[str]:
    """A distinct folder name for each place: without its extension where that is not needed to tell it apart."""
    stems = [_stem(place) for place in places]
    counts = Counter(stems)
    taken = {SUMMARY_FILE}
    for stem, place in zip(stems, places, strict=True):
        name = base = stem if counts[stem] == 1 else _safe(place.label.replace(".", "_"))
        number = 2
        while name.lower() in taken:  # some file systems do not tell upper from lower case
            name, number = f"{base}_{number}", number + 1
        taken.add(name.lower())
        yield name


def _stem(place: _Place) -> str:
    return _safe(place.label if place.is_folder else place.label.removesuffix(Path(place.label).suffix))


def _safe(label: str) -> str:
    return re.sub(r"[^\w.+-]+", "_", label).strip("._") or "video"
