"""Measuring the frames of a chunk, and joining the chunks of a video so that nobody sees where it was cut."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuropose_ray.curation.metrics.protocol import THUMBNAIL_SIDE, FrameContext, Metric
from neuropose_ray.curation.metrics.registry import MetricRegistry
from neuropose_ray.schemas.frame_table import CATALOGUE_COLUMNS, arrow_schema
from neuropose_ray.schemas.poses import Luma
from neuropose_ray.schemas.typed_columns import Column, arrow_column

if TYPE_CHECKING:
    import pyarrow as pa

#: What is known of a frame that was decoded, whatever is measured.
OBSERVED_COLUMNS: Mapping[str, Column] = {
    name: CATALOGUE_COLUMNS[name] for name in ("frame_idx", "timestamp_s", "width", "height")
}
_METADATA_KEY = b"neuropose_ray_chunk"


@dataclass(frozen=True, slots=True)
class _Edge:
    """The frame at one end of a chunk, as its neighbour in the next one needs it."""

    shape: tuple[int, ...]
    thumbnail: Luma


class FrameObserver:
    """Measures the frames of one chunk, in their order.

    Args:
        registry: what to measure.
    """

    def __init__(self, registry: MetricRegistry) -> None:
        self._registry = registry
        self._values: dict[str, list[Any]] = {name: [] for name in (*OBSERVED_COLUMNS, *registry.columns)}
        self._first: _Edge | None = None
        self._last: _Edge | None = None

    def observe(self, luma: Luma, frame: int, timestamp_s: float) -> None:
        """Measure the next frame.

        Args:
            luma: ``(height, width)`` uint8, upright, full range.
            frame: its position in the video.
            timestamp_s: its presentation time.

        Raises:
            ValueError: it is no such picture, or a metric gives other columns than it states.
        """
        if luma.ndim != 2 or luma.dtype != np.uint8 or not luma.size:
            raise ValueError(f"luma is {luma.dtype} of shape {luma.shape}, not uint8 of (height, width)")
        context = FrameContext(luma, frame, timestamp_s)
        height, width = luma.shape
        values: dict[str, Any] = {"frame_idx": frame, "timestamp_s": timestamp_s, "width": width, "height": height}
        for metric in self._registry.frame_metrics:
            values |= _checked(metric, metric.observe(context))
        edge = _Edge(luma.shape, context.thumbnail)
        values |= _compared(self._registry, self._last, edge)
        for name, column in self._values.items():
            column.append(values[name])
        self._first, self._last = self._first or edge, edge

    def table(self) -> pa.Table:
        """The frames so far, a row for each, with what :func:`join_chunks` needs in the table's metadata."""
        import pyarrow as pa

        columns = {**OBSERVED_COLUMNS, **self._registry.columns}
        arrays = [arrow_column(self._values[name], column.type) for name, column in columns.items()]
        metadata = {
            "metrics": dict(self._registry.versions),
            "first": _packed(self._first),
            "last": _packed(self._last),
        }
        schema = arrow_schema(columns).with_metadata({_METADATA_KEY: json.dumps(metadata)})
        return pa.Table.from_arrays(arrays, schema=schema)


def join_chunks(tables: Sequence[pa.Table], registry: MetricRegistry) -> pa.Table:
    """The frames of consecutive chunks in one table, the same however the video was cut.

    Args:
        tables: those of :meth:`FrameObserver.table`, in order, also as they come back from a Parquet file.
        registry: what was measured.

    Raises:
        ValueError: a table holds other metrics, or other versions of them.
    """
    import pyarrow as pa

    columns = {**OBSERVED_COLUMNS, **registry.columns}
    schema = arrow_schema(columns)
    previous: _Edge | None = None
    replacements: dict[int, Mapping[str, Any]] = {}
    parts, rows = [schema.empty_table()], 0
    for table in tables:
        metadata = json.loads((table.schema.metadata or {}).get(_METADATA_KEY, b"{}"))
        if metadata.get("metrics") != dict(registry.versions):
            raise ValueError(f"a chunk holds {metadata.get('metrics')}, not {dict(registry.versions)}")
        if not table.num_rows:
            continue
        if previous is not None:
            replacements[rows] = _compared(registry, previous, _unpacked(metadata["first"]))
        previous = _unpacked(metadata["last"])
        parts.append(table.select(schema.names).cast(schema))
        rows += table.num_rows
    joined = pa.concat_tables(parts).combine_chunks()
    return _with_values(
        joined, replacements, {name: columns[name] for metric in registry.pair_metrics for name in metric.columns}
    )


def _with_values(table: pa.Table, rows: Mapping[int, Mapping[str, Any]], columns: Mapping[str, Column]) -> pa.Table:
    """The table with other values in some rows of some columns."""
    for name, column in columns.items():
        values = table.column(name).to_pylist()
        for row, row_values in rows.items():
            values[row] = row_values[name]
        index = table.schema.get_field_index(name)
        table = table.set_column(index, table.schema.field(index), arrow_column(values, column.type))
    return table


def _compared(registry: MetricRegistry, previous: _Edge | None, current: _Edge) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for metric in registry.pair_metrics:
        if previous is None or previous.shape != current.shape:
            values |= dict.fromkeys(metric.columns)
        else:
            values |= _checked(metric, metric.compare(previous.thumbnail, current.thumbnail))
    return values


def _checked(metric: Metric, values: Mapping[str, Any]) -> Mapping[str, Any]:
    if values.keys() != metric.columns.keys():
        raise ValueError(f"the metric {metric.name} gave {sorted(values)}, not {sorted(metric.columns)}")
    return values


def _packed(edge: _Edge | None) -> dict[str, Any] | None:
    if edge is None:
        return None
    return {"shape": list(edge.shape), "thumbnail": b64encode(edge.thumbnail.tobytes()).decode("ascii")}


def _unpacked(packed: Mapping[str, Any]) -> _Edge:
    pixels = np.frombuffer(b64decode(packed["thumbnail"]), np.uint8)
    return _Edge(tuple(packed["shape"]), pixels.reshape(THUMBNAIL_SIDE, THUMBNAIL_SIDE))
