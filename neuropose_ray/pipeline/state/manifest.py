"""The manifest of a run folder: one row for each input, so that a finished run is known again without reading videos.

It lies in Parquet parts below the run's own folder; a row of a later part replaces those of earlier ones. It is a
cache: whatever it does not say, or says of an input or a result that has changed since, is found out anew.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_type_hints

import numpy as np

from neuropose_ray.errors import OutputError
from neuropose_ray.schemas.arrow_arrays import numbers, texts
from neuropose_ray.schemas.atomic import atomic_write

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)

State = Literal["planned", "completed", "partial", "failed"]

#: Two MB of rows: what is read at once, and how much of a killed run's planning is done again.
ROWS_PER_PART = 1024
#: What a killed run has finished for longer than this needs no look at its files.
_FLUSH_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class ManifestRow:
    """What is known of an input.

    Attributes:
        name: of its folder below the output.
        path: where it lies, for people.
        uri: the same with all links resolved, and every byte of it; what it is known by.
        state: ``planned`` until it has files, or ``failed``.
        signature: changes when the input does; see :func:`~neuropose_ray.pipeline.inputs.signature.signature_of`.
        request: identifies settings, model and versions of the code: all that decides about the results besides the
            content.
        size_bytes: of the input, summed over its images where it is a folder.
        mtime_ns: when it was changed, of its images the latest.
        sha256: of its content.
        frames: that its container promises.
        duration_s: from the first of them to the last.
        chunks: that a pose model has to see; 0 where the poses in its files are taken.
        frames_marked: promised frames of those chunks that were committed when it was planned.
        plan_key: identifies its files; see :meth:`~neuropose_ray.pipeline.assembly.assemble.Assembly.plan_key`.
        outputs: changes when one of its files does; while it is planned, when its plan does.
        predictions_sha256: of its ``predictions.parquet``.
        result: its line of ``summary.json``, JSON; empty while it is planned.
    """

    name: str
    path: str
    state: State
    uri: str = ""
    signature: str = ""
    request: str = ""
    size_bytes: int = 0
    mtime_ns: int = 0
    sha256: str = ""
    frames: int = 0
    duration_s: float = 0.0
    chunks: int = 0
    frames_marked: int = 0
    plan_key: str = ""
    outputs: str = ""
    predictions_sha256: str = ""
    result: str = ""

    @property
    def poses_are_kept(self) -> bool:
        """Whether its files are to be made again from the poses in them."""
        return self.state == "planned" and not self.chunks


class Manifest:
    """Rows in memory, in columns: a hundred thousand inputs take tens of megabytes, not hundreds.

    Args:
        table: a row for each input; of several rows of one name the last one counts.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table.combine_chunks()
        # A run has the last one's manifest, its own, and the inputs: each name is in memory once for all of them.
        self._place = {sys.intern(name): row for row, name in enumerate(self._table["name"].to_pylist())}

    @classmethod
    def of(cls, rows: Iterable[ManifestRow]) -> Manifest:
        """These rows, taken one by one."""
        rows, batches = iter(rows), []
        while some := list(islice(rows, ROWS_PER_PART)):
            batches.append(_batch(some))
        return cls(_joined(batches))

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """What a run folder knows; a part that cannot be read is passed over."""
        return cls(_joined([batch for _, batch in _batches([path for _, path in _parts(folder)])]))

    def __len__(self) -> int:
        return len(self._place)

    def owners(self) -> dict[str, str]:
        """All names, in the order of their last appearance, and the URI of the input that has each."""
        names = sorted(self._place, key=self._place.__getitem__)
        table = self._at(sorted(self._place.values()), ["uri"])
        return dict(zip(names, table["uri"].to_pylist(), strict=True))

    def rows(self, names: Sequence[str]) -> list[ManifestRow | None]:
        """The row of each name, None where there is none."""
        places = [self._place.get(name) for name in names]
        known = self._at([row for row in places if row is not None]).to_pylist()
        known_rows = iter([ManifestRow(**values) for values in known])
        return [None if row is None else next(known_rows) for row in places]

    def row(self, name: str) -> ManifestRow:
        """One row.

        Raises:
            KeyError: there is none of this name.
        """
        return ManifestRow(**self._table.slice(self._place[name], 1).to_pylist()[0])

    def _at(self, places: Sequence[int], columns: Sequence[str] | None = None) -> pa.Table:
        """Rows; those that follow each other are a view of the table.

        The view also spares a run of few videos Arrow's functions, which take half as long to load as NumPy.
        """
        table = self._table if columns is None else self._table.select(columns)
        first = places[0] if places else 0
        if list(places) == list(range(first, first + len(places))):
            return table.slice(first, len(places))
        return table.take(_places(places))

    def __iter__(self) -> Iterator[ManifestRow]:
        """All rows, in the order of their last appearance."""
        places = sorted(self._place.values())
        for begin in range(0, len(places), ROWS_PER_PART):
            for values in self._at(places[begin : begin + ROWS_PER_PART]).to_pylist():
                yield ManifestRow(**values)

    def with_kept_poses(self) -> Manifest:
        """The rows of videos whose files are to be made again from the poses in them."""
        places = sorted(self._place.values())
        rows = self._at(places, ["state", "chunks"])
        columns = zip(places, rows["state"].to_pylist(), rows["chunks"].to_pylist(), strict=True)
        return Manifest(self._at([place for place, state, chunks in columns if state == "planned" and not chunks]))

    def total(self, column: str, *states: State) -> int:
        """The sum of a column over the rows in these states."""
        table = self._at(sorted(self._place.values()), ["state", column])
        rows = zip(table["state"].to_pylist(), table[column].to_pylist(), strict=True)
        return sum(value for state, value in rows if state in states)

    def count(self, *states: State) -> int:
        """How many rows are in these states."""
        table = self._at(sorted(self._place.values()), ["state"])
        return sum(state in states for state in table["state"].to_pylist())


class ManifestWriter:
    """Adds rows to a run folder's manifest, a part at a time.

    Args:
        folder: of the parts; made when the first one is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows: list[ManifestRow] = []
        self._flushed_s = time.monotonic()

    def __enter__(self) -> Self:
        """Take rows until the block ends."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Write the rows that wait; a full disk does not hide what ended the block."""
        try:
            self.flush()
        except OutputError:
            if error is None:
                raise

    def add(self, rows: Iterable[ManifestRow]) -> None:
        """Take rows, and write them when they are many or have waited long.

        Raises:
            OutputError: no space or no permission.
        """
        self._rows += rows
        if len(self._rows) >= ROWS_PER_PART or time.monotonic() - self._flushed_s >= _FLUSH_EVERY_S:
            self.flush()

    def flush(self) -> None:
        """Write the rows that wait.

        Raises:
            OutputError: no space or no permission.
        """
        self._flushed_s = time.monotonic()
        if self._rows:
            import pyarrow as pa

            self._write(pa.Table.from_batches([_batch(self._rows)], _schema()))
            self._rows.clear()

    def compact(self) -> None:
        """Put all parts into one, of the last row of every name; only a part's rows are in memory at a time.

        Raises:
            OutputError: no space or no permission.
        """
        from pyarrow import parquet as pq

        self.flush()
        parts = [path for _, path in _parts(self.folder)]
        if len(parts) < 2:
            return
        last = {name: row for row, batch in _batches(parts, ["name"]) for name, row in _placed(batch, row)}
        with atomic_write(self._next_part()) as file, pq.ParquetWriter(file, _schema(), compression="zstd") as writer:
            for first, batch in _batches(parts):
                kept = [row - first for name, row in _placed(batch, first) if last[name] == row]
                writer.write_batch(batch.take(_places(kept)))
        for path in parts:
            path.unlink(missing_ok=True)

    def _write(self, table: pa.Table) -> None:
        from pyarrow import parquet as pq

        with atomic_write(self._next_part()) as file:
            pq.write_table(table, file, compression="zstd", row_group_size=ROWS_PER_PART)

    def _next_part(self) -> Path:
        number = max((number for number, _ in _parts(self.folder)), default=0) + 1
        return self.folder / f"part-{number:06}.parquet"


def _batches(parts: Sequence[Path], columns: list[str] | None = None) -> Iterator[tuple[int, pa.RecordBatch]]:
    """The rows of all parts that can be read, some at a time, each time with how many came before."""
    import pyarrow as pa
    from pyarrow import parquet as pq

    first_row = 0
    for path in parts:
        try:
            # Opened here: the library takes no path that is no text.
            with path.open("rb") as file, pq.ParquetFile(file) as part:
                if not part.schema_arrow.equals(_schema()):
                    raise pa.ArrowInvalid("another version's columns")
                for batch in part.iter_batches(ROWS_PER_PART, columns=columns, use_threads=False):
                    yield first_row, batch
                    first_row += len(batch)
        except (pa.ArrowException, OSError) as error:
            logger.info("%s: %s; its videos are looked at again", path, error)


def _joined(batches: list[pa.RecordBatch]) -> pa.Table:
    """One table out of batches, which are given up on the way: a column after the other, so that no two copies of all
    are in memory.
    """
    import pyarrow as pa

    schema = _schema()
    parts = [[batch.column(field.name) for batch in batches] for field in schema]
    batches.clear()
    columns, pool = [], pa.default_memory_pool()
    for field in schema:
        own = parts.pop(0)
        columns.append(pa.concat_arrays(own) if own else pa.nulls(0, field.type))
        # What was read is given up here. The pool would keep it, more than the whole table takes.
        del own
        pool.release_unused()
    return pa.Table.from_arrays(columns, schema=schema)


def _placed(batch: pa.RecordBatch, first: int) -> Iterator[tuple[str, int]]:
    return zip(batch["name"].to_pylist(), range(first, first + len(batch)), strict=True)


def _places(places: Sequence[int]) -> pa.Array:
    return numbers(np.array(places, np.int64))


def _parts(folder: Path) -> list[tuple[int, Path]]:
    parts = [(int(path.stem.removeprefix("part-")), path) for path in folder.glob("part-*.parquet")]
    return sorted(parts)


def _batch(rows: Sequence[ManifestRow]) -> pa.RecordBatch:
    import pyarrow as pa

    schema = _schema()
    columns = [_column([getattr(row, field.name) for row in rows], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _column(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    return texts(values) if kind == pa.string() else numbers(np.array(values, kind.to_pandas_dtype()))


def _schema() -> pa.Schema:
    import pyarrow as pa

    kinds = {int: pa.int64(), float: pa.float64()}
    hints = get_type_hints(ManifestRow)
    return pa.schema([(field.name, kinds.get(hints[field.name], pa.string())) for field in fields(ManifestRow)])
