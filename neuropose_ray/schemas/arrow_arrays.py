"""Arrow arrays out of memory that is already laid out as Arrow wants it.

``pyarrow.array`` looks whether it was given something of pandas, and imports pandas for that: 300 modules in every
process that writes a few rows. What is made here of NumPy's arrays and of text needs no such look, and copies no
numbers.
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


def _bits(values: NDArray[np.bool_]) -> pa.Buffer:
    import pyarrow as pa

    return pa.py_buffer(np.packbits(values, bitorder="little"))
