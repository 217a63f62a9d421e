"""Columns of tables whose types are stated by name, and Arrow arrays of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.arrow_arrays import flags, numbers, texts
from neuropose_ray.schemas.immutable import FrozenModel

if TYPE_CHECKING:
    import pyarrow as pa

ColumnType = Literal[
    "bool", "int32", "int64", "uint64", "float32", "float64", "string", "binary", "list<uint8>", "list<string>"
]

_NUMBERS: Mapping[str, type[np.generic]] = MappingProxyType(
    {"int32": np.int32, "int64": np.int64, "uint64": np.uint64, "float32": np.float32, "float64": np.float64}
)


class Column(FrozenModel):
    """One column of a table: its type, its unit, and what it holds."""

    type: ColumnType
    unit: str = ""
    description: str = ""
    nullable: bool = True


def arrow_type(name: ColumnType) -> pa.DataType:
    """The Arrow type of a name.

    Raises:
        ValueError: there is none.
    """
    import pyarrow as pa

    if name not in get_args(ColumnType):
        raise ValueError(f"unknown column type {name!r}; there are {', '.join(get_args(ColumnType))}")
    if name == "bool":
        return pa.bool_()
    if name.startswith("list<"):
        return pa.list_(pa.uint8() if name == "list<uint8>" else pa.string())
    return getattr(pa, name)()


def arrow_column(values: Sequence[Any], name: ColumnType) -> pa.Array:
    """An Arrow array of Python values, None for null.

    Args:
        values: one value in each row: numbers, texts, bytes, or arrays and sequences for lists.
        name: the type.

    Raises:
        ValueError: a value does not fit the type.
        TypeError: a value is of another kind.
    """
    import pyarrow as pa

    valid = np.fromiter((value is not None for value in values), np.bool_, len(values))
    if name in _NUMBERS:
        filled = np.array([0 if value is None else value for value in values], _NUMBERS[name])
        return numbers(filled, valid)
    if name == "bool":
        array = flags(np.array([bool(value) for value in values], np.bool_))
        return array if valid.all() else _with_nulls(array, valid)
    if name == "string":
        array = texts(["" if value is None else value for value in values])
        return array if valid.all() else _with_nulls(array, valid)
    if name == "binary":
        ends = _ends([0 if value is None else len(value) for value in values])
        content = pa.py_buffer(b"".join(value for value in values if value is not None))
        return pa.Array.from_buffers(pa.binary(), len(values), [_bitmap(valid), pa.py_buffer(ends), content])
    if name == "list<uint8>":
        parts = [np.asarray(value, np.uint8) for value in values if value is not None]
        inner = numbers(np.concatenate(parts) if parts else np.zeros(0, np.uint8))
    elif name == "list<string>":
        inner = texts([text for value in values if value is not None for text in value])
    else:
        raise ValueError(f"unknown column type {name!r}")
    ends = _ends([0 if value is None else len(value) for value in values])
    return pa.ListArray.from_arrays(numbers(ends), inner, mask=None if valid.all() else flags(~valid))


def _ends(lengths: Sequence[int]) -> NDArray[np.int32]:
    ends = np.cumsum([0, *lengths], dtype=np.int64)
    if ends[-1] > np.iinfo(np.int32).max:
        raise ValueError(f"{ends[-1]} values do not fit into one column")
    return ends.astype(np.int32)


def _bitmap(valid: NDArray[np.bool_]) -> pa.Buffer:
    import pyarrow as pa

    return pa.py_buffer(np.packbits(valid, bitorder="little"))


def _with_nulls(array: pa.Array, valid: NDArray[np.bool_]) -> pa.Array:
    import pyarrow as pa

    return pa.Array.from_buffers(array.type, len(array), [_bitmap(valid), *array.buffers()[1:]])
