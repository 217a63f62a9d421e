"""Arrow arrays out of memory that is already laid out as Arrow wants it, and back.

``pyarrow.array`` and ``to_numpy`` look whether there is something of pandas, and import pandas for that: 300 modules
in every process that writes or reads a few rows. What is made here of NumPy's arrays, of text and of columns needs no
such look, and copies no numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


def numbers(values: NDArray[Any], valid: NDArray[np.bool_] | None = None) -> pa.Array:
    """A column of numbers, of the type that they have in NumPy.

    Args:
        values: one dimension of integers or floats.
        valid: where they are not null; None: everywhere.
    """
    import pyarrow as pa

    bitmap = None if valid is None else _bits(valid)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [bitmap, pa.py_buffer(np.ascontiguousarray(values))])


def flags(values: NDArray[np.bool_]) -> pa.BooleanArray:
    """A column of booleans."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.bool_(), len(values), [None, _bits(values)])


def texts(values: Sequence[str]) -> pa.StringArray:
    """A column of text, of at most 2 GB.

    Raises:
        UnicodeEncodeError: one of them is not text.
    """
    import pyarrow as pa

    encoded = [value.encode() for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    if ends[-1] > np.iinfo(np.int32).max:
        raise ValueError(f"{ends[-1]} bytes do not fit into one column of text")
    buffers = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def known_numbers(column: pa.Array) -> NDArray[Any]:
    """The numbers of a column without nulls, in its own memory.

    Args:
        column: of integers or floats.

    Raises:
        ValueError: some are null.
    """
    if column.null_count:
        raise ValueError(f"{column.null_count} of {len(column)} values are null")
    memory, kind = column.buffers()[1], np.dtype(column.type.to_pandas_dtype())
    if memory is None:
        return np.zeros(0, kind)
    return np.frombuffer(memory, kind)[column.offset : column.offset + len(column)]


def validity(column: pa.Array) -> NDArray[np.bool_]:
    """Where the values of a column are not null."""
    bitmap = column.buffers()[0]
    if bitmap is None or not column.null_count:
        return np.ones(len(column), np.bool_)
    bits = np.unpackbits(np.frombuffer(bitmap, np.uint8), bitorder="little")
    valid: NDArray[np.bool_] = bits[column.offset : column.offset + len(column)].astype(np.bool_)
    return valid


def _bits(values: NDArray[np.bool_]) -> pa.Buffer:
    import pyarrow as pa

    return pa.py_buffer(np.packbits(values, bitorder="little"))
