"""Reading the predictions of a video from whichever file holds them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from neuropose_ray.errors import InputError
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.json_files import load_video_predictions
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.predictions import VideoPredictions
from neuropose_ray.schemas.result_files import predictions_in
from neuropose_ray.schemas.segmentation import Segmentation
from neuropose_ray.schemas.segmentation_files import load_segmentations


def read(path: str | Path) -> VideoPredictions:
    """The predictions of one video.

    Args:
        path: a video's results, OUT/NAME; its predictions.parquet; or one video's predictions in JSON, those of
            NeuroPose and of a job with one video as well.

    Raises:
        InputNotFoundError: there is nothing at ``path``, or no predictions in the folder.
        FileFormatError: the file holds something else, or is damaged.
        FutureSchemaError: a newer version wrote it.
        InputError: the file holds several videos.
    """
    file = predictions_in(Path(path))
    if file.suffix == ".json":
        return load_video_predictions(file)
    return VideoPredictions.from_table(*read_predictions(file))


def read_table(path: Path, *, video: str | None = None) -> tuple[PoseTable, PredictionsHeader]:
    """The predictions of one video as arrays, and their header; as :func:`read`, which makes records of them.

    Args:
        path: as for :func:`read`.
        video: which video of a job's results; needed only where there are several.

    Raises:
        InputError: as :func:`read`; there is no such video.
    """
    table, header, _ = read_with_segmentations(path, video=video)
    return table, header


def read_with_segmentations(
    path: Path, *, video: str | None = None
) -> tuple[PoseTable, PredictionsHeader, Mapping[str, Segmentation]]:
    """As :func:`read_table`, with the segments that are stored in the file or beside it, by name.

    Raises:
        InputError: as :func:`read_table`.
    """
    file = predictions_in(path)
    if file.suffix == ".json":
        predictions = load_video_predictions(file, video=video)
        return predictions.to_table(), predictions.header, predictions.segmentations
    if video is not None:
        raise InputError(f"there is no video {video!r}", where=str(file), hint="it holds one video; leave it out")
    return *read_predictions(file), load_segmentations(file)
