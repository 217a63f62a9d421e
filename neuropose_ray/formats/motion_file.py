"""MOT and STO, OpenSim's tables over time: a header that ends with ``endheader``, then columns between tabs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import InputError
from neuropose_ray.schemas.atomic import atomic_write


def write_motion_file(
    path: Path, times_s: NDArray[np.float64], columns: Mapping[str, NDArray[np.float64]], *, in_degrees: bool
) -> None:
    """Write columns of numbers over time, atomically; MOT and STO differ in their names alone.

    Times have 8 decimals, numbers 6. None may be missing: OpenSim's Storage stops reading at the first ``nan``. See
    :func:`~neuropose_ray.formats.known_parts.known_parts`.

    Args:
        path: the file; its name without the suffix is the table's name.
        times_s: ``(frames,)`` ascending.
        columns: names to ``(frames,)``, in their order; a name is free of blanks, which OpenSim splits at.
        in_degrees: whether angles are degrees.

    Raises:
        InputError: there is no column, a column is not as long as the times or lacks a number, or its name has a
            blank.
        OutputError: the file system refuses.
    """
    if not columns:
        raise InputError("there is nothing to write into a motion file", where=str(path))
    for name, values in columns.items():
        if values.shape != times_s.shape:
            raise InputError(f"{name} has shape {values.shape}, but there are {len(times_s)} times", where=str(path))
        if not np.isfinite(values).all():
            raise InputError(f"{name} is not known at every time", where=str(path))
        if name.split() != [name]:
            raise InputError(f"the column name {name!r} is empty or has a blank", where=str(path))
    header = (
        path.stem,
        "version=1",
        f"nRows={len(times_s)}",
        f"nColumns={1 + len(columns)}",
        f"inDegrees={'yes' if in_degrees else 'no'}",
        "endheader",
        "\t".join(("time", *columns)),
    )
    rows = np.stack(list(columns.values()), 1).tolist()
    with atomic_write(path) as file:
        file.write(("\n".join(header) + "\n").encode())
        for time_s, row in zip(times_s.tolist(), rows, strict=True):
            file.write(("\t".join((f"{time_s:.8f}", *(f"{value:.6f}" for value in row))) + "\n").encode())
