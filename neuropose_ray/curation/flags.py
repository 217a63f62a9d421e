"""Flags of frames: names for what is wrong with them, from stored numbers alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.curation.idle import idle_frames
from neuropose_ray.curation.settings import BlurSettings, CurationSettings, ExposureSettings
from neuropose_ray.schemas.frame_table import FrameFlag
from neuropose_ray.schemas.typed_columns import arrow_column

if TYPE_CHECKING:
    import pyarrow as pa

#: In place of a value that was not measured: it is neither below nor above any threshold.
_NOTHING = np.nan


def flags(table: pa.Table, idle: pa.Table, settings: CurationSettings = CurationSettings()) -> pa.Array:
    """The flags of every frame, in the order of :class:`~neuropose_ray.schemas.frame_table.FrameFlag`.

    Args:
        table: all columns of the frames of one video but ``flags``; metrics that were not measured may be missing.
        idle: the intervals of the same video.
        settings: thresholds.
    """
    masks = flag_masks(table, idle, settings)
    rows = [[flag.value for flag, mask in masks.items() if mask[row]] for row in range(table.num_rows)]
    return arrow_column(rows, "list<string>")


def flag_masks(
    table: pa.Table, idle: pa.Table, settings: CurationSettings = CurationSettings()
) -> Mapping[FrameFlag, NDArray[np.bool_]]:
    """``(frames,)`` for every flag whether a frame has it; as :func:`flags`."""
    readable = ~_is_known(table, "error")
    exposed = _exposure_masks(table, settings.exposure)
    persons = _numbers(table, "persons")
    quality = _numbers(table, "pose_quality")
    confidence = _numbers(table, "duplicate_confidence")
    uniform = readable & _is_known(table, "thumb") & ~_is_known(table, "phash")
    # Without light or contrast there are no edges either, however sharp the lens.
    has_edges = ~exposed[FrameFlag.DARK] & ~uniform
    with np.errstate(invalid="ignore"):
        return {
            FrameFlag.UNREADABLE: ~readable,
            FrameFlag.AFTER_GAP: after_gap(table),
            FrameFlag.SIZE_CHANGE: _size_changes(table),
            FrameFlag.BLURRED: has_edges & (_numbers(table, "blur") < blur_threshold(table, settings.blur)),
            **exposed,
            FrameFlag.UNIFORM: uniform,
            FrameFlag.DUPLICATE: (_numbers(table, "representative") == 0)
            & (confidence >= settings.duplicates.least_confidence),
            FrameFlag.IDLE: idle_frames(idle, table.num_rows),
            FrameFlag.NOBODY: persons == 0,
            FrameFlag.LOW_POSE_QUALITY: quality < settings.presence.least_quality,
        }


def blur_threshold(table: pa.Table, settings: BlurSettings) -> float:
    """The variance below which a frame of this video is blurred; NaN where none was measured."""
    if settings.mode == "absolute":
        return settings.threshold
    blur = _numbers(table, "blur")
    return settings.relative_fraction * float(np.nanmedian(blur)) if np.isfinite(blur).any() else _NOTHING


def after_gap(table: pa.Table) -> NDArray[np.bool_]:
    """``(frames,)`` whether numbers are missing between a picture and the one before."""
    gaps = np.zeros(table.num_rows, np.bool_)
    if "number" in table.column_names:
        known = _is_known(table, "number")
        # As integers: numbers that are times in nanoseconds are not told apart as floats.
        numbers = table.column("number").fill_null(0).to_numpy()
        gaps[1:] = (np.diff(numbers) > 1) & known[1:] & known[:-1]
    return gaps


def _exposure_masks(table: pa.Table, settings: ExposureSettings) -> Mapping[FrameFlag, NDArray[np.bool_]]:
    level = _percentile(table, settings.dark_percentile)
    bright = _percentile(table, 1 - settings.bright_percentile)
    clipped = [_numbers(table, "clipped_low"), _numbers(table, "clipped_high")]
    return {
        FrameFlag.DARK: level < settings.dark_threshold,
        FrameFlag.BRIGHT: bright > settings.bright_threshold,
        FrameFlag.CLIPPED: np.fmax(*clipped) >= settings.clipped_fraction,
    }


def _percentile(table: pa.Table, part: float) -> NDArray[np.float64]:
    """The brightness at or below which a part of each frame's pixels lies, NaN where it was not measured."""
    levels = np.full(table.num_rows, _NOTHING)
    if "luma_percentiles" not in table.column_names:
        return levels
    column = table.column("luma_percentiles").combine_chunks()
    stored = column.flatten().to_numpy().reshape(-1, 101)
    levels[column.is_valid().to_numpy(zero_copy_only=False)] = stored[:, round(100 * part)]
    return levels


def _size_changes(table: pa.Table) -> NDArray[np.bool_]:
    """Whether a frame has another size than the last one that was read before it."""
    changes = np.zeros(table.num_rows, np.bool_)
    sizes = np.stack([_numbers(table, "width"), _numbers(table, "height")], 1)
    read = np.flatnonzero(np.isfinite(sizes).all(1))
    changes[read[1:]] = (np.diff(sizes[read], axis=0) != 0).any(1)
    return changes


def _is_known(table: pa.Table, name: str) -> NDArray[np.bool_]:
    if name not in table.column_names:
        return np.zeros(table.num_rows, np.bool_)
    return np.asarray(table.column(name).is_valid().to_numpy(), np.bool_)


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    """A column as numbers, NaN where it is null or was not measured."""
    if name not in table.column_names:
        return np.full(table.num_rows, _NOTHING)
    column = table.column(name)
    values = np.full(table.num_rows, _NOTHING)
    known = column.is_valid().to_numpy()
    values[known] = column.drop_null().to_numpy()
    return values
