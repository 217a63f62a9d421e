"""Kinds of paths: video files, folders of numbered images, still images, and what cannot be read."""

from __future__ import annotations

import math
import re
import stat
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

from neuropose_ray.errors import InputNotFoundError, SettingsError, VideoError
from neuropose_ray.video.types import VideoSource

VIDEO_EXTENSIONS = frozenset(
    [".mp4", ".mov", ".mkv", ".avi", ".m4v", ".webm", ".mpg", ".mpeg", ".ts", ".wmv", ".flv",
     ".mts", ".m2ts", ".3gp", ".ogv"]
)  # fmt: skip
IMAGE_EXTENSIONS = frozenset(
    [".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".avif", ".heic", ".heif", ".hif"]
)

_TRAILING_NUMBER = re.compile(r"(?P<prefix>.*?)(?P<number>\d+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class NumberedImages:
    """The pictures of an image folder in the order of their numbers.

    Attributes:
        numbers: the number in each name, strictly ascending.
        paths: the file of each number.
        duplicates: files left out because an earlier name has the same number.
    """

    numbers: tuple[int, ...]
    paths: tuple[Path, ...]
    duplicates: tuple[Path, ...] = ()


def is_video_name(path: PurePath) -> bool:
    """Whether the name's extension is that of a video file."""
    return path.suffix.lower() in VIDEO_EXTENSIONS


def is_image_name(path: PurePath) -> bool:
    """Whether the name's extension is that of a still image."""
    return path.suffix.lower() in IMAGE_EXTENSIONS


def is_image_series(names: Iterable[str]) -> bool:
    """Whether all images, and at least one, carry a trailing number behind one common prefix."""
    matches = [_TRAILING_NUMBER.fullmatch(PurePath(name).stem) for name in names]
    return all(matches) and len({match["prefix"] for match in matches if match}) == 1


def open_source(path: Path, *, fps: float | None = None) -> VideoSource:
    """Decide what ``path`` is, by looking at names alone.

    Args:
        path: a video file, a still image (a video of one frame) or a folder of numbered images.
        fps: frames per second of numbered images; a video file brings its own times.

    Raises:
        InputNotFoundError: there is nothing at ``path``, or a folder without numbered images.
        VideoError: the folder cannot be listed, or there is something that is neither file nor folder.
        SettingsError: ``fps`` is not a positive number.
    """
    if fps is not None and not (math.isfinite(fps) and fps > 0):
        raise SettingsError(
            f"{fps} frames per second are not possible", where=str(path), hint="give a positive number"
        )
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputNotFoundError("there is no such file or folder", where=str(path), hint="check the path") from error
    except OSError as error:
        raise VideoError(f"the file cannot be read ({error.strerror})", where=str(path)) from error
    if stat.S_ISDIR(mode):
        list_images(path)
        return VideoSource(path, "images", fps)
    if not stat.S_ISREG(mode):  # to open a pipe would wait for ever, and nothing can be read from it twice
        raise VideoError("neither a file nor a folder", where=str(path), hint="give a file, not a pipe or device")
    if is_image_name(path):
        return VideoSource(path, "images", fps)
    return VideoSource(path, "file")


def list_images(path: Path) -> NumberedImages:
    """The pictures of an image folder, or the one picture that a still image is.

    Raises:
        InputNotFoundError: the folder holds no images, images without numbers, or several numbered series.
        VideoError: the folder cannot be listed.
    """
    if not path.is_dir():
        return NumberedImages((0,), (path,))
    series = _by_prefix(path)
    if not series:
        raise InputNotFoundError(
            "the folder holds no images", where=str(path), hint="give a folder of numbered images"
        )
    if None in series:
        raise InputNotFoundError(
            f"'{series[None][0][1].name}' has no number before its extension",
            where=str(path),
            hint="name the images image_0, image_1, ... or give each as a video of its own",
        )
    if len(series) > 1:
        names = ", ".join(f"'{prefix}'" for prefix in sorted(prefix or "" for prefix in series)[:3])
        raise InputNotFoundError(
            f"the folder holds {len(series)} series of images ({names})",
            where=str(path),
            hint="put each series into a folder of its own",
        )
    return _without_duplicates(next(iter(series.values())))


def _by_prefix(folder: Path) -> dict[str | None, list[tuple[int, Path]]]:
    """The images of a folder under the prefix of their names, None for those without a number."""
    series: dict[str | None, list[tuple[int, Path]]] = defaultdict(list)
    try:
        # Hidden files are litter of file managers and of copies ("._image_0.png").
        images = sorted(p for p in folder.iterdir() if is_image_name(p) and not p.name.startswith("."))
    except OSError as error:
        raise VideoError(f"the folder cannot be listed ({error.strerror})", where=str(folder)) from error
    for image in images:
        match = _TRAILING_NUMBER.fullmatch(image.stem)
        if match is None:
            series[None].append((0, image))
        else:
            series[match["prefix"]].append((int(match["number"]), image))
    return series


def _without_duplicates(series: list[tuple[int, Path]]) -> NumberedImages:
    first: dict[int, Path] = {}
    duplicates = []
    for number, image in sorted(series):
        if first.setdefault(number, image) is not image:
            duplicates.append(image)
    return NumberedImages(tuple(first), tuple(first.values()), tuple(duplicates))
