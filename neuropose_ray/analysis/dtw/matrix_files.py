"""Distance matrices as files: JSON that holds all of it, or Parquet with a row for each pair."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from neuropose_ray.analysis.dtw.matrix import DistanceMatrix, DistanceMatrixSettings
from neuropose_ray.errors import OutputError
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.immutable import FrozenMapping, FrozenModel, Utf8Str
from neuropose_ray.schemas.json_files import save_model
from neuropose_ray.schemas.parquet_files import METADATA_KEY


class DistanceMatrixHeader(FrozenModel):
    """What a file says of a matrix besides its numbers; see :class:`.matrix.DistanceMatrix`."""

    kind: Literal["dtw_distance_matrix"] = "dtw_distance_matrix"
    schema_version: Literal[1] = 1
    names: tuple[Utf8Str, ...]
    neighbours: FrozenMapping[Utf8Str, tuple[Utf8Str, ...]]
    order: tuple[Utf8Str, ...]
    errors: FrozenMapping[Utf8Str, Utf8Str]
    settings: DistanceMatrixSettings
    unit: str = ""
    repetitions: FrozenMapping[Utf8Str, int] = Field(default={}, validate_default=True)
    warnings: tuple[Utf8Str, ...] = ()


class DistanceMatrixRecord(DistanceMatrixHeader):
    """The whole matrix, row by row; null where a trial failed."""

    matrix: tuple[tuple[float | None, ...], ...]


def save_distance_matrix(path: Path, distances: DistanceMatrix) -> None:
    """Write a matrix atomically, in the format that the file's ending names.

    ``.json`` holds a :class:`DistanceMatrixRecord`; ``.parquet`` has the columns trial, other and distance, a row for
    each ordered pair, null where a trial failed, and a :class:`DistanceMatrixHeader` as its metadata.

    Raises:
        OutputError: another ending, or the file system refuses.
    """
    description = {
        "names": distances.names,
        "neighbours": distances.neighbours,
        "order": distances.order,
        "errors": distances.errors,
        "settings": distances.settings,
        "unit": distances.unit,
        "repetitions": distances.repetitions,
        "warnings": distances.warnings,
    }
    if path.suffix == ".json":
        rows = [[value if np.isfinite(value) else None for value in row] for row in distances.matrix.tolist()]
        save_model(path, DistanceMatrixRecord.model_validate({**description, "matrix": rows}))
    elif path.suffix == ".parquet":
        _write_parquet(path, distances, DistanceMatrixHeader.model_validate(description))
    else:
        raise OutputError(f"no format for the ending {path.suffix!r}", where=str(path), hint="use .json or .parquet")


def _write_parquet(path: Path, distances: DistanceMatrix, header: DistanceMatrixHeader) -> None:
    import pyarrow as pa
    from pyarrow import parquet as pq

    count, names = len(header.names), np.array(header.names, object)
    table = pa.table(
        {
            "trial": pa.array(np.repeat(names, count), pa.string()),
            "other": pa.array(np.tile(names, count), pa.string()),
            "distance": pa.array(distances.matrix.ravel(), pa.float64(), from_pandas=True),
        }
    ).replace_schema_metadata({METADATA_KEY: header.model_dump_json()})
    with atomic_write(path) as file:
        pq.write_table(table, file, compression="zstd")
