"""Reading the predictions of a video from whichever file holds them."""

from __future__ import annotations

from pathlib import Path

from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.json_files import load_video_predictions
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.predictions import VideoPredictions
from neuropose_ray.schemas.result_files import predictions_in


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


def read_table(path: Path) -> tuple[PoseTable, PredictionsHeader]:
    """The predictions of one video as arrays, and their header; as :func:`read`, which makes records of them.

    Raises:
        InputError: as :func:`read`.
    """
    file = predictions_in(path)
    if file.suffix == ".json":
        predictions = load_video_predictions(file)
        return predictions.to_table(), predictions.header
    return read_predictions(file)
