"""What the inputs are: videos and pictures, each with the name of its output folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from types import MappingProxyType
from typing import NamedTuple

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.inputs.folder_search import FolderContent, FoundInput, search_folder
from neuropose_ray.pipeline.inputs.naming import UnnamedInput, folder_names
from neuropose_ray.pipeline.inputs.source_record import uri_of
from neuropose_ray.schemas.immutable import utf8_text


class FoundVideo(NamedTuple):
    """One input that may be a video, and the folder under the run's output that is its own."""

    name: str
    location: str  # a hundred thousand Path objects would take five times the memory

    @property
    def path(self) -> Path:
        """The location of the input."""
        return Path(self.location)


@dataclass(frozen=True, slots=True)
class Discovery:
    """All inputs of a run.

    Attributes:
        inputs: each once, without their names.
        locations: the same as they were found.
        not_videos: files in given folders that are no videos, and links to folders that are searched anyway.
        notes: what a user may not expect of how the inputs were taken, a sentence each.
    """

    inputs: tuple[UnnamedInput, ...]
    locations: tuple[str, ...]
    not_videos: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.inputs)

    def videos(
        self,
        owners: Mapping[str, str] = MappingProxyType({}),
        was_moved: Callable[[str, UnnamedInput], bool] = lambda _name, _unnamed: False,
    ) -> tuple[FoundVideo, ...]:
        """The inputs with their names; the arguments are those of :func:`~.naming.folder_names`."""
        names = folder_names(self.inputs, owners, was_moved)
        return tuple(FoundVideo(*video) for video in zip(map(sys.intern, names), self.locations, strict=True))


def discover(inputs: Sequence[Path], out: Path | None = None) -> Discovery:
    """All inputs, in a fixed order.

    A file is taken for a video whatever its name; a folder is searched, see :func:`search_folder`. What lies in a
    folder and turns out to be unreadable, or a folder in it that cannot be listed, is an input that fails in the run.

    Args:
        inputs: files and folders.
        out: the run's own output, which is no input even where it lies below one.

    Raises:
        InputNotFoundError: an input does not exist, or a folder holds nothing that could be an input.
    """
    collected = _FoundInputs()
    for given in inputs:
        collected.add_given(Path(given), out)
    return Discovery(
        tuple(collected.inputs.values()),
        tuple(collected.locations),
        tuple(utf8_text(path) for path in collected.left_out),
        tuple(_notes(collected.contents)),
    )


@dataclass(slots=True)
class _FoundInputs:
    """Inputs by their real paths, so that none comes twice."""

    inputs: dict[str, UnnamedInput] = field(default_factory=dict)
    locations: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    contents: list[FolderContent] = field(default_factory=list)

    def add_given(self, given: Path, out: Path | None) -> None:
        if not os.path.lexists(given):
            raise InputNotFoundError("there is no such file or folder", where=str(given), hint="check the path")
        real = PurePath(os.path.realpath(given))
        if not os.path.isdir(given):  # noqa: PTH112  Path.is_dir raises where it may not look
            self._add(FoundInput(str(given), str(real), "video"), given.name, real.parts[1:-1])
            return
        content = search_folder(given, out)
        if not content.inputs:
            hint = (
                "it holds results of a run alone"
                if content.outputs
                else "give a folder with videos or numbered pictures"
            )
            raise InputNotFoundError("the folder holds no videos, and no pictures", where=str(given), hint=hint)
        itself, inside = real.parts[1:-1], real.parts[1:]  # one for all inputs in it
        for item in content.inputs:
            below = PurePath(item.path).relative_to(given).parts
            self._add(item, "_".join(below) or real.name, inside if below else itself)
        self.left_out += [*content.others, *content.repeats]
        self.contents.append(content)

    def _add(self, item: FoundInput, label: str, parents: tuple[str, ...]) -> None:
        if item.real_path not in self.inputs:
            is_folder = item.kind in ("images", "unlistable")
            self.inputs[item.real_path] = UnnamedInput(uri_of(item.real_path), label, parents, is_folder)
            self.locations.append(item.path)


def _notes(contents: Sequence[FolderContent]) -> Iterator[str]:
    for what, paths in (
        ("with pictures beside other inputs, where each picture is an input of its own",
         [path for content in contents for path in content.mixed]),
        ("with pictures that are no single numbered series, where each picture is an input of its own",
         [path for content in contents for path in content.unnumbered]),
        ("with results of a run, which were left out", [path for content in contents for path in content.outputs]),
        ("that are links to what is searched anyway, which were left out",
         [path for content in contents for path in content.repeats]),
    ):  # fmt: skip
        if paths:
            folders = "1 folder" if len(paths) == 1 else f"{len(paths)} folders"
            more = "" if len(paths) == 1 else ", ..."
            yield f"{folders} {what} ({utf8_text(paths[0])}{more})."
