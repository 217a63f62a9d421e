"""The name of every input's folder below a run's output: stable from run to run, and never two inputs' at once.

An input that an earlier run named keeps its name. A new one gets the stem of its file; where other inputs of the run
have the same, or an earlier one has it, parent folders tell it apart, then its ending, then a number. No name depends
on the order in which inputs are given.

A name made here holds letters, digits and ``_.+-`` alone. Where the folder of that name holds another video's
results, planning adds :data:`DIGEST_MARK` and digits of the content's digest, which cannot meet a name made here.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePath
from types import MappingProxyType
from typing import NamedTuple

from neuropose_ray.schemas.result_files import (
    COHORT_FILE,
    COHORT_LONG_TABLE_FILE,
    COHORT_TABLE_FILE,
    CURATION_FILE,
    DATASET_FOLDER,
    SHEET_FILE,
    STALE_FOLDER,
    SUMMARY_FILE,
)

#: Between a name and the digits of a content's digest.
DIGEST_MARK = "~"
#: A folder's name has at most 255 bytes on common file systems; the rest is left for a digest.
_MOST_BYTES = 160
#: What the program writes beside the videos' folders.
_RESERVED = frozenset({
    CURATION_FILE, SHEET_FILE, SUMMARY_FILE, COHORT_FILE, COHORT_TABLE_FILE, COHORT_LONG_TABLE_FILE, STALE_FOLDER,
    DATASET_FOLDER,
})  # fmt: skip


class UnnamedInput(NamedTuple):
    """An input before it has a name.

    Attributes:
        uri: of its file or folder, links resolved; what an earlier run knows it by.
        label: its path below the given folder, or its file's name.
        parents: the folders above that, from the top down.
        is_folder: whether it is a folder of images, whose name has no ending.
    """

    uri: str
    label: str
    parents: tuple[str, ...]
    is_folder: bool


def folder_names(
    inputs: Sequence[UnnamedInput],
    owners: Mapping[str, str] = MappingProxyType({}),
    was_moved: Callable[[str, UnnamedInput], bool] = lambda _name, _unnamed: False,
) -> list[str]:
    """A name for each input, in their order.

    Args:
        inputs: the inputs, each once.
        owners: the names that earlier runs gave, the latest last, and the URI of the input that has each.
        was_moved: whether the input that has a name seems to be this unnamed one now.
    """
    names = {uri: name for name, uri in owners.items()}
    if all(unnamed.uri in names for unnamed in inputs):  # as in every rerun: what is below would take memory
        return [names[unnamed.uri] for unnamed in inputs]
    named = {_folded(name): name for name in owners}
    taken = {*named, *map(_folded, _RESERVED)}
    groups: dict[str, list[UnnamedInput]] = defaultdict(list)
    for unnamed in inputs:
        if unnamed.uri not in names:
            groups[_folded(_stem(unnamed))].append(unnamed)
    present = {unnamed.uri for unnamed in inputs}
    for stem, (unnamed, *others) in groups.items():
        if not others and stem in named and owners[named[stem]] not in present and was_moved(named[stem], unnamed):
            names[unnamed.uri] = named[stem]
    groups = {stem: group for stem, group in groups.items() if group[0].uri not in names}
    alone = {stem for stem, group in groups.items() if len(group) == 1 and stem not in taken}
    taken |= alone
    for stem in sorted(groups):
        group = sorted(groups[stem])
        chosen = [_stem(group[0])] if stem in alone else _told_apart(group, taken)
        taken.update(map(_folded, chosen))
        names.update(zip((unnamed.uri for unnamed in group), chosen, strict=True))
    return [names[unnamed.uri] for unnamed in inputs]


def base_name(name: str) -> str:
    """A name without the digits of a content's digest."""
    return name.partition(DIGEST_MARK)[0]


def _told_apart(group: Sequence[UnnamedInput], taken: set[str]) -> list[str]:
    """Names of inputs that have one stem, none of them taken, nor the same twice."""
    for names in _candidates(group):
        folded = {_folded(name) for name in names}
        if len(folded) == len(group) and not folded & taken:
            return names
    used, chosen, number = set(taken), [], 2
    for unnamed in group:
        while _folded(name := f"{_stem(unnamed)}_{number}") in used:
            number += 1
        used.add(_folded(name))
        chosen.append(name)
    return chosen


def _candidates(group: Sequence[UnnamedInput]) -> Iterator[list[str]]:
    deepest = max(len(unnamed.parents) for unnamed in group)
    for with_ending in (False, True):
        for parents in range(0 if with_ending else 1, deepest + 1):
            yield [_with_parents(unnamed, parents, with_ending=with_ending) for unnamed in group]


def _with_parents(unnamed: UnnamedInput, count: int, *, with_ending: bool) -> str:
    label = unnamed.label.replace(".", "_") if with_ending else _without_ending(unnamed)
    return _safe("_".join((*unnamed.parents[len(unnamed.parents) - min(count, len(unnamed.parents)) :], label)))


def _stem(unnamed: UnnamedInput) -> str:
    return _safe(_without_ending(unnamed))


def _without_ending(unnamed: UnnamedInput) -> str:
    return unnamed.label if unnamed.is_folder else unnamed.label.removesuffix(PurePath(unnamed.label).suffix)


def _safe(label: str) -> str:
    """A label as the name of a folder: no separators, no hidden names, not too long."""
    name = re.sub(r"[^\w.+-]+", "_", unicodedata.normalize("NFC", label)).strip("._") or "video"
    encoded = name.encode()
    if len(encoded) <= _MOST_BYTES:
        return name
    digest = hashlib.sha256(label.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return f"{encoded[:_MOST_BYTES].decode(errors='ignore')}_{digest}"


def _folded(name: str) -> str:
    """Equal for names that some file systems do not tell apart: by upper and lower case, or by Unicode's forms."""
    return unicodedata.normalize("NFC", name.casefold())
