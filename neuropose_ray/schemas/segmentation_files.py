"""Named segments beside predictions.parquet, and those that NeuroPose's files can hold."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ConfigDict, RootModel

from neuropose_ray.schemas.immutable import FrozenMapping, ReadOnlyMapping, Utf8Str
from neuropose_ray.schemas.json_files import read_json, validated
from neuropose_ray.schemas.result_files import SEGMENTATIONS_FILE
from neuropose_ray.schemas.segmentation import NEUROPOSE_METHOD, Segmentation


class StoredSegmentations(RootModel[FrozenMapping[Utf8Str, Segmentation]]):
    """The content of :data:`SEGMENTATIONS_FILE`."""

    model_config = ConfigDict(frozen=True)


def load_segmentations(predictions: Path) -> Mapping[str, Segmentation]:
    """The segments stored beside a predictions.parquet; empty where none are.

    Raises:
        FileFormatError: the file beside it is damaged.
    """
    file = predictions.with_name(SEGMENTATIONS_FILE)
    return validated(StoredSegmentations, read_json(file), str(file)).root if file.exists() else ReadOnlyMapping({})


def fits_neuropose(segmentation: Segmentation) -> bool:
    """Whether NeuroPose's loader takes a segmentation: it refuses any other method than its own, and tracks."""
    config = segmentation.config
    return config.method == NEUROPOSE_METHOD and config.track_id is None
