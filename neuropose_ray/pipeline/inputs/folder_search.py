"""Everything below a folder that could be an input, every folder searched once and however deep it lies."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Literal, NamedTuple

from neuropose_ray.pipeline.state.run_layout import SOURCE_FILE, STATE_FOLDER
from neuropose_ray.schemas.result_files import METRICS_FILE, PREDICTIONS_FILE
from neuropose_ray.video import is_image_name, is_image_series, is_video_name


class FoundInput(NamedTuple):
    """What could be a video.

    Attributes:
        path: as it was found.
        real_path: the same with all links resolved.
        kind: a file by its name, a folder of numbered images, or a folder that cannot be listed.
    """

    path: str
    real_path: str
    kind: Literal["video", "picture", "images", "unlistable"]


@dataclass(slots=True)
class FolderContent:
    """What was found below a folder, in the order of names.

    Attributes:
        inputs: whatever could be a video.
        others: files that are none.
        repeats: links to folders that are searched anyway, or in which the link itself lies.
        outputs: folders with results of runs, which are left out.
        mixed: folders with pictures beside other inputs.
        unnumbered: folders of several pictures that are no single numbered series.
    """

    inputs: list[FoundInput] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    repeats: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    mixed: list[str] = field(default_factory=list)
    unnumbered: list[str] = field(default_factory=list)


def search_folder(root: Path, out: Path | None = None) -> FolderContent:
    """Search a folder and all below it.

    A folder that holds one series of numbered images, and neither videos nor folders with inputs, is one input; every
    other picture is an input of its own. Links are followed when all that is no link was searched, so that what lies
    below the folder is found where it lies. Hidden files and outputs of runs are left out.

    Args:
        root: the folder.
        out: an output that is left out even where no run has begun in it.
    """
    content = FolderContent()
    folders = _folders(root, None if out is None else os.path.realpath(out), content)
    for folder in reversed(folders):  # what is in a folder comes after it
        folder.classify()
    _collect(folders[0], content)
    return content


@dataclass(slots=True)
class _File:
    name: str
    is_link: bool


@dataclass(slots=True)
class _Folder:
    name: str
    path: str
    real_path: str
    files: list[_File] = field(default_factory=list)
    folders: list[_Folder] = field(default_factory=list)
    is_listable: bool = True
    is_series: bool = False
    is_mixed: bool = False
    is_unnumbered: bool = False
    holds_inputs: bool = False

    def classify(self) -> None:
        """Say what the folder is, once that is known of the folders in it."""
        pictures = [file.name for file in self.files if is_image_name(PurePath(file.name))]
        others = any(is_video_name(PurePath(file.name)) for file in self.files)
        others = others or any(folder.holds_inputs for folder in self.folders)
        self.is_series = is_image_series(pictures) and not others
        self.is_mixed = bool(pictures) and others
        self.is_unnumbered = len(pictures) > 1 and not (self.is_series or others)
        self.holds_inputs = bool(pictures) or others or not self.is_listable


def _folders(root: Path, out: str | None, content: FolderContent) -> list[_Folder]:
    """The folder and all below it, each after the one that it is in."""
    first = _Folder(root.name, str(root), os.path.realpath(root))
    searched = {_identity(first)}
    folders, waiting = [], [first]
    links: deque[tuple[_Folder, _Folder]] = deque()
    while waiting or links:
        if not waiting:
            above, linked = links.popleft()
            if _identity(linked) in searched or _is_within(above.real_path, linked.real_path):
                content.repeats.append(linked.path)
                continue
            searched.add(_identity(linked))
            above.folders.append(linked)
            waiting.append(linked)
        folder = waiting.pop()
        folders.append(folder)
        for below, is_link in _list(folder, content, is_root=folder is first):
            if below.real_path == out:
                continue
            if is_link:
                links.append((folder, below))
            elif _identity(below) in searched:
                content.repeats.append(below.path)
            else:
                searched.add(_identity(below))
                folder.folders.append(below)
                waiting.append(below)
    return folders


def _list(folder: _Folder, content: FolderContent, *, is_root: bool) -> list[tuple[_Folder, bool]]:
    """Take a folder's files; the folders in it, and which of them are links."""
    try:
        with os.scandir(folder.path) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        folder.is_listable = False
        return []
    names = {entry.name for entry in entries}
    if not is_root and (names & {STATE_FOLDER, SOURCE_FILE} or {METRICS_FILE, PREDICTIONS_FILE} <= names):
        content.outputs.append(folder.path)
        return []
    below = []
    for entry in entries:
        if entry.name.startswith("."):
            continue
        is_link = entry.is_symlink()
        if _is_folder(entry):
            real_path = os.path.realpath(entry.path) if is_link else _joined(folder.real_path, entry.name)
            below.append((_Folder(entry.name, entry.path, real_path), is_link))
        else:
            folder.files.append(_File(entry.name, is_link))
    return below


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or one that may not be followed
        return False


def _joined(folder: str, name: str) -> str:
    return os.path.join(folder, name)  # noqa: PTH118  a Path for every file would take five times as long


def _identity(folder: _Folder) -> object:
    """The same for two paths to one folder, also where one of them is no link."""
    try:
        stat = Path(folder.path).stat()
    except OSError:
        return folder.real_path
    return stat.st_dev, stat.st_ino


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _collect(root: _Folder, content: FolderContent) -> None:
    """Put inputs and other files in the order of names, what is in a folder in the folder's place."""
    waiting: list[tuple[_Folder, _File | _Folder]] = [(root, root)]
    while waiting:
        above, item = waiting.pop()
        if isinstance(item, _File):
            _collect_file(above, item, content)
        elif not item.is_listable:
            content.inputs.append(FoundInput(item.path, item.real_path, "unlistable"))
        elif item.is_series:
            content.inputs.append(FoundInput(item.path, item.real_path, "images"))
        else:
            content.mixed += [item.path] * item.is_mixed
            content.unnumbered += [item.path] * item.is_unnumbered
            parts: Iterable[_File | _Folder] = (*item.files, *item.folders)
            waiting += [(item, part) for part in sorted(parts, key=lambda part: part.name, reverse=True)]


def _collect_file(folder: _Folder, file: _File, content: FolderContent) -> None:
    path, name = _joined(folder.path, file.name), PurePath(file.name)
    if not is_video_name(name) and not is_image_name(name):
        content.others.append(path)
        return
    if file.is_link:
        real_path = os.path.realpath(path)
    else:  # mostly both are one text, which is in memory once then
        real_path = path if folder.real_path == folder.path else _joined(folder.real_path, file.name)
    content.inputs.append(FoundInput(path, real_path, "video" if is_video_name(name) else "picture"))
