"""Arrow tables as Parquet files that are there whole or not at all."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.schemas.atomic import atomic_write

if TYPE_CHECKING:
    import pyarrow as pa


_CHECKSUM = b"_crc32"


def write_arrow(path: Path, table: pa.Table, *, durable: bool = True) -> None:
    """Write a table with its metadata, atomically; equal tables make equal files.

    For ``durable`` see :func:`~neuropose_ray.schemas.atomic.atomic_path`.

    Raises:
        OutputError: the file system refuses.
    """
    from pyarrow import parquet as pq

    with atomic_write(path, durable=durable) as file:
        pq.write_table(table, file, compression="zstd", write_page_checksum=True)


def read_arrow(path: Path, columns: list[str] | None = None) -> pa.Table:
    """A file's table, or some of its columns.

    Raises:
        InputNotFoundError: there is no such file.
        FileFormatError: it is damaged, lacks a column, or is no Parquet.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq

    try:
        # Opened here: the library takes no path that is no text.
        with path.open("rb") as content, pq.ParquetFile(content, page_checksum_verification=True) as file:
            missing = set(columns or ()) - set(file.schema_arrow.names)
            if missing:
                raise pa.ArrowInvalid(f"no column {', '.join(sorted(missing))}")
            return file.read(columns=columns, use_threads=False)
    except FileNotFoundError as error:
        raise InputNotFoundError("there is no such file", where=str(path)) from error
    except (pa.ArrowException, OSError, ValueError) as error:  # the last of names of columns that are no text
        raise FileFormatError(f"cannot be read as Parquet: {error}", where=str(path), hint="make it again") from error


def with_header(schema: pa.Schema, key: bytes, text: str) -> pa.Schema:
    """The schema with a description in the file's metadata, and its checksum: Parquet has none of metadata."""
    return schema.with_metadata({key: text, key + _CHECKSUM: f"{zlib.crc32(text.encode()):08x}"})


def header_text(schema: pa.Schema, key: bytes, where: str) -> bytes | None:
    """The description that :func:`with_header` gave a schema; None where there is none.

    Raises:
        FileFormatError: it is damaged.
    """
    metadata = schema.metadata or {}
    text, checksum = metadata.get(key), metadata.get(key + _CHECKSUM)
    if text is not None and checksum not in (None, f"{zlib.crc32(text):08x}".encode()):
        raise FileFormatError("its metadata is damaged", where=where, hint="make it again")
    return text
