"""From the chunks of a video to its table of frames: a row for each, and the catalogue of a frame folder beside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation import (
    CurationSettings,
    FrameFile,
    complete_frames,
    join_chunks,
    measured_frames,
    sequence_of,
)
from neuropose_ray.errors import NeuroposeRayError, VideoError
from neuropose_ray.pipeline.chunks.commit import ChunkStore, ErrorRecord
from neuropose_ray.pipeline.curation.frame_metrics import SAME_TIME_S, FrameMetrics
from neuropose_ray.pipeline.planning.plan import VideoPlan
from neuropose_ray.schemas.frame_table import CATALOGUE_COLUMNS, FrameTableHeader, read_frames
from neuropose_ray.schemas.immutable import utf8_text
from neuropose_ray.schemas.typed_columns import arrow_column
from neuropose_ray.video import ImageFile

if TYPE_CHECKING:
    import pyarrow as pa

_CUT_SHORT = "the picture's file is cut short"
#: What decoding says of a picture that has another size than the first one, and is left out.
_OTHER_SIZE = re.compile(r"the image is (?P<width>\d+)x(?P<height>\d+) where")
_SEPARATOR, _LEFT_OUT = ": ", "; it is left out"


def frame_rows(store: ChunkStore, plan: VideoPlan, product: FrameMetrics) -> tuple[pa.Table, tuple[ErrorRecord, ...]]:
    """The rows of a video's frames with all columns, and what is missing; what other stages fill is empty.

    Args:
        store: the video's chunks.
        plan: which they are.
        product: what was measured.

    Raises:
        VideoError: not one frame could be decoded.
        FileFormatError: a chunk was damaged since it was looked at.
    """
    committed = [(key, marker) for key in plan.products[product.name] if (marker := store.committed(key))]
    errors = tuple(error for _, marker in committed for error in marker.errors)
    numbers = join_chunks([store.read_table(key) for key, _ in committed], product.registry)
    if not numbers.num_rows:
        reason = errors[0].message if errors else "it has no frames"
        raise VideoError(f"no frame could be decoded ({reason})", where=str(plan.info.source.path))
    files = _files(plan, product.settings)
    times_s = _all_times(plan.info.timestamps_s, numbers["timestamp_s"].to_numpy())
    table = measured_frames(times_s, numbers, product.registry, files, _errors(plan, files, errors))
    table = _with_pictures(table, plan.info.images)
    # What follows from thresholds is another stage's.
    return complete_frames(table, product.registry, product.settings)[0], errors


def header_of(plan: VideoPlan, product: FrameMetrics, fps: float | None) -> FrameTableHeader:
    """The description of a video's table.

    Args:
        plan: of the video.
        product: what was measured.
        fps: the time base that numbered images were given.
    """
    key, registry = product.key(plan.info.sha256, plan.info.stream_index, fps), product.registry
    return FrameTableHeader(
        video=plan.name, metrics=dict(registry.versions), columns=dict(registry.columns), numbers_key=key.digest
    )


def numbers_key(path: Path) -> str | None:
    """What the numbers in a table depend on; None where there is none, or it is damaged."""
    try:
        return read_frames(path)[1].numbers_key
    except NeuroposeRayError:
        return None


def _folder(plan: VideoPlan) -> Path:
    path = plan.info.source.path
    return path if path.is_dir() else path.parent


def _files(plan: VideoPlan, settings: CurationSettings) -> tuple[FrameFile, ...]:
    """The catalogue of a frame folder or a still image; of a video file it is empty."""
    path, images = plan.info.source.path, plan.info.images
    numbers: dict[str, int] = {}
    if images and path.is_dir():  # a still image is a stream of one frame, whatever it is called
        ordered = sequence_of(plan.info.image_names, settings.ingest, str(path))
        numbers = dict(zip(ordered.names, ordered.numbers, strict=True))
    return tuple(
        FrameFile(image.name, numbers.get(image.name, row), image.size, image.mtime, image.sha256, image.error)
        for row, image in enumerate(images)
    )


def _all_times(promised_s: NDArray[np.float64], decoded_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """The times of all frames: those that the container promises, and others that came out of a damaged file."""
    if not len(promised_s):
        return decoded_s
    after = np.clip(np.searchsorted(promised_s, decoded_s), 0, len(promised_s) - 1)
    distance = np.minimum(np.abs(promised_s[after] - decoded_s), np.abs(promised_s[after - 1] - decoded_s))
    return np.union1d(promised_s, decoded_s[distance > SAME_TIME_S])


def _errors(plan: VideoPlan, files: Sequence[FrameFile], errors: Sequence[ErrorRecord]) -> dict[int, str]:
    """Why pictures could not be read, by their positions."""
    folder, rows = _folder(plan), {}
    row_of_path = {" ".join(utf8_text(str(folder / file.name)).split()): row for row, file in enumerate(files)}
    for message in (error.message for error in errors):
        parts = message.split(_SEPARATOR)
        for count in range(1, len(parts)):  # a path may hold what separates it from the reason
            if (row := row_of_path.get(_SEPARATOR.join(parts[:count]))) is not None:
                rows[row] = _SEPARATOR.join(parts[count:]).removesuffix(_LEFT_OUT)
    return rows


def _with_pictures(table: pa.Table, images: Sequence[ImageFile]) -> pa.Table:
    """The table with what files of pictures say: that their end is missing, or a size that others do not have."""
    if not images:
        return table
    messages, sizes = [], []
    errors, widths, heights = (table[name].to_pylist() for name in ("error", "width", "height"))
    for error, width, height, image in zip(errors, widths, heights, images, strict=True):
        messages.append(error or (_CUT_SHORT if image.is_cut_short else None))
        own_size = None if error is None else _OTHER_SIZE.match(error)
        sizes.append((width, height) if own_size is None else (int(own_size["width"]), int(own_size["height"])))
    columns = {"error": messages, "width": [width for width, _ in sizes], "height": [height for _, height in sizes]}
    for name, values in columns.items():
        index = table.schema.get_field_index(name)
        column = arrow_column(values, CATALOGUE_COLUMNS[name].type)
        table = table.set_column(index, table.schema.field(index), column)
    return table
