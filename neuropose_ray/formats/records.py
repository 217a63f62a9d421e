"""Long lists of JSON records, written one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json


def write_lists(file: BinaryIO, head: Mapping[str, object], lists: Mapping[str, Iterable[object]]) -> None:
    """Write one JSON object: the members of ``head``, then each list with a line for every record.

    The records are taken one at a time, so that a long video takes no memory. NaN becomes null.
    """
    members = [b"%s:%s" % (to_json(name), to_json(value)) for name, value in head.items()]
    file.write(b"{" + b",\n".join(members))
    for name, records in lists.items():
        file.write(b"%s%s:[" % (b",\n" if members else b"", to_json(name)))
        for number, record in enumerate(records):
            file.write(b"%s%s" % (b",\n" if number else b"\n", to_json(record, inf_nan_mode="null")))
        file.write(b"]")
        members.append(b"")
    file.write(b"}\n")


def write_list(file: BinaryIO, records: Iterable[object]) -> None:
    """Write one JSON array with a line for every record; the records are taken one at a time. NaN becomes null."""
    file.write(b"[")
    for number, record in enumerate(records):
        file.write(b"%s%s" % (b",\n" if number else b"\n", to_json(record, inf_nan_mode="null")))
    file.write(b"]\n")


def flat_triples(places: NDArray[np.float64], thirds: NDArray[np.float64], decimals: int = 3) -> list[list[Any]]:
    """x, y and a third number of every keypoint in one row, 0, 0, 0 for a missing one.

    Args:
        places: ``(persons, keypoints, axes)``, NaN where missing.
        thirds: ``(persons, keypoints)``.
        decimals: digits behind the point.

    Returns:
        For each person ``keypoints * (axes + 1)`` numbers.
    """
    known = np.isfinite(places).all(-1, keepdims=True)
    triples = np.where(known, np.concatenate([places, thirds[..., None]], -1), 0.0)
    width = triples.shape[1] * triples.shape[2]
    rows: list[list[Any]] = np.round(triples, decimals).reshape(len(places), width).tolist()
    return rows
