"""What the inputs are: videos, each with the name of its output folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from neuropose_ray.errors import InputNotFoundError, NeuroposeRayError, VideoError
from neuropose_ray.video.sources import is_image_folder, is_image_name, is_video_name, open_source
from neuropose_ray.video.types import VideoSource


@dataclass(frozen=True, slots=True)
class FoundVideo:
    """One input that may be a video, and the folder under the run's output that is its own."""

    name: str
    path: Path
    source: VideoSource | None
    error: NeuroposeRayError | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """All inputs of a run: the videos, and the files in given folders that are none."""

    videos: tuple[FoundVideo, ...]
    not_videos: tuple[Path, ...]


def discover(inputs: Sequence[Path], fps: float | None = None, out: Path | None = None) -> Discovery:
    """Everything below the inputs, in a fixed order.

    A file is taken for a video whatever its name; a folder of numbered images is one video; any other folder is
    searched for videos, folders of numbered images, and still images.

    Args:
        inputs: files and folders.
        fps: the time base of image folders.
        out: the run's own output, which is no input even where it lies below one.

    Raises:
        InputNotFoundError: an input does not exist, or a folder holds no video at all.
    """
    found: list[tuple[str, Path]] = []
    others: list[Path] = []
    for given in inputs:
        root = Path(given)
        if not root.exists():
            raise InputNotFoundError("there is no such file or folder", where=str(given), hint="check the path")
        if not root.is_dir() or is_image_folder(root):
            found.append((root.resolve().name if root.is_dir() else root.name, root))
            continue
        below = list(_walk(root, None if out is None else out.resolve()))
        videos = [path for path in below if path.is_dir() or is_video_name(path) or is_image_name(path)]
        if not videos:
            raise InputNotFoundError("the folder holds no videos", where=str(given), hint="give a folder with videos")
        found += [("_".join(path.relative_to(root).parts), path) for path in videos]
        others += [path for path in below if path not in set(videos)]
    unique = {path.resolve(): (label, path) for label, path in reversed(found)}
    labelled = list(reversed(unique.values()))
    names = _folder_names([label for label, _ in labelled], [path.is_dir() for _, path in labelled])
    opened = tuple(_open(name, path, fps) for name, (_, path) in zip(names, labelled, strict=True))
    return Discovery(opened, tuple(others))


def _walk(folder: Path, without: Path | None) -> Iterator[Path]:
    """Files and image folders below a folder, by name; hidden ones and ``without`` are left out."""
    try:
        entries = sorted((Path(entry.path) for entry in os.scandir(folder)), key=lambda path: path.name)
    except OSError as error:
        raise VideoError(f"the folder cannot be listed ({error.strerror})", where=str(folder)) from error
    for entry in entries:
        if entry.name.startswith(".") or entry.resolve() == without:
            continue
        if entry.is_dir() and not is_image_folder(entry):
            yield from _walk(entry, without)
        else:
            yield entry


def _open(name: str, path: Path, fps: float | None) -> FoundVideo:
    try:
        return FoundVideo(name, path, open_source(path, fps=fps))
    except NeuroposeRayError as error:
        return FoundVideo(name, path, None, error)


def _folder_names(labels: Sequence[str], are_folders: Sequence[bool]) -> list[str]:
    """A distinct folder name for each label: without its extension where that is not needed to tell it apart."""
    stems = [
        _safe(label if folder else label.removesuffix(Path(label).suffix))
        for label, folder in zip(labels, are_folders, strict=True)
    ]
    taken: set[str] = set()
    names = []
    for stem, label in zip(stems, labels, strict=True):
        name = base = stem if stems.count(stem) == 1 else _safe(label.replace(".", "_"))
        number = 2
        while name.lower() in taken:  # some file systems do not tell upper from lower case
            name, number = f"{base}_{number}", number + 1
        taken.add(name.lower())
        names.append(name)
    return names


def _safe(label: str) -> str:
    return re.sub(r"[^\w.+-]+", "_", label).strip("._") or "video"
