"""Opening the results of a video in one line."""

from __future__ import annotations

from pathlib import Path

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.schemas.json_files import load_video_predictions
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.predictions import VideoPredictions

_PREDICTIONS_FILE = "predictions.parquet"


def read(path: str | Path) -> VideoPredictions:
    """The predictions of one video.

    Args:
        path: a video's results, OUT/NAME; its predictions.parquet; or one video's predictions in JSON, those of
            NeuroPose as well.

    Raises:
        InputNotFoundError: there is nothing at ``path``, or no predictions in the folder.
        FileFormatError: the file holds something else, or is damaged.
        FutureSchemaError: a newer version wrote it.
    """
    path = Path(path)
    if path.is_dir():
        if not (path / _PREDICTIONS_FILE).is_file():
            videos = sorted(file.parent.name for file in path.glob(f"*/{_PREDICTIONS_FILE}"))
            hint = (
                f"give the folder of one video: {', '.join(videos[:5])}"
                if videos
                else "`neuropose-ray process` makes it"
            )
            raise InputNotFoundError(f"there is no {_PREDICTIONS_FILE} in this folder", where=str(path), hint=hint)
        path /= _PREDICTIONS_FILE
    if path.suffix == ".json":
        return load_video_predictions(path)
    return VideoPredictions.from_table(*read_predictions(path))
