"""overlay.mp4 in the folder of a video's results, made anew only where it is out of date."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from neuropose_ray import __version__
from neuropose_ray.errors import InputNotFoundError, OutputError
from neuropose_ray.render.overlay.measurements import Measure, measure_nothing
from neuropose_ray.render.overlay.settings import OverlaySettings
from neuropose_ray.render.overlay.video import Progress, render_overlay
from neuropose_ray.schemas.derived_files import predictions_digest
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.schemas.immutable import FrozenModel
from neuropose_ray.schemas.json_files import save_model
from neuropose_ray.schemas.result_files import OVERLAY_FILE, OVERLAY_RECORD_FILE
from neuropose_ray.video import VideoSource


class OverlayRecord(FrozenModel):
    """``overlay.json``: what the overlay beside it was made from; equal records, equal overlays."""

    version: str = __version__
    predictions_sha256: str
    settings: OverlaySettings


def update_overlay(
    source: VideoSource,
    predictions: Path,
    *,
    settings: OverlaySettings,
    progress: Progress,
    measure: Measure = measure_nothing,
) -> int | None:
    """Write ``overlay.mp4`` beside a video's predictions, unless the one that is there is the same.

    One that is not is removed at first: should the new one fail, no picture stays that shows what was to be hidden.
    What is measured must follow from predictions and settings, which are all that is compared.

    Returns:
        How many frames were written, None where nothing had to be.

    Raises:
        InputError: as :func:`~neuropose_ray.render.overlay.video.render_overlay`.
        OutputError: no space or no permission.
    """
    overlay, record_file = predictions.with_name(OVERLAY_FILE), predictions.with_name(OVERLAY_RECORD_FILE)
    # Settings of a kind of their own, as those of a job's step, are compared by what they say.
    plain = OverlaySettings(**settings.model_dump())
    record = OverlayRecord(predictions_sha256=_digest(predictions), settings=plain)
    if overlay.is_file() and read_record(overlay) == record:
        return None
    for outdated in (record_file, overlay):
        _remove(outdated)
    frames = render_overlay(source, predictions, overlay, settings=settings, progress=progress, measure=measure)
    save_model(record_file, record)
    return frames


def is_up_to_date(overlay: Path, predictions: Path) -> bool:
    """Whether an overlay is there and was made from the predictions beside it, by the settings in its record."""
    record = read_record(overlay)
    return overlay.is_file() and record is not None and record.predictions_sha256 == predictions_digest(predictions)


def read_record(overlay: Path) -> OverlayRecord | None:
    """What an overlay was made from; None where nothing says so. The record stays where the overlay is removed."""
    try:
        return OverlayRecord.model_validate_json(overlay.with_name(OVERLAY_RECORD_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"cannot be replaced: {error.strerror}", where=str(path), hint="remove it") from error


def _digest(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise InputNotFoundError(f"cannot be read: {error.strerror}", where=str(path)) from error
