"""A data set as one table: a row for every person in every frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from neuropose_ray.formats.datasets.kinds import Split
from neuropose_ray.formats.keypoints import COCO_KEYPOINTS
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.labels import FrameLabels, PersonLabel

_ROW_GROUP = 8192


def write_parquet_dataset(path: Path, frames: Iterable[tuple[Split, str, FrameLabels]]) -> None:
    """Write the table, atomically; a frame that shows nobody has one row whose person is null.

    Args:
        path: the file.
        frames: side, subject and labels of each.

    Raises:
        OutputError: the file system refuses.
    """
    import pyarrow as pa
    from pyarrow import parquet as pq

    floats = pa.list_(pa.float64())
    schema = pa.schema(
        [
            ("split", pa.string()), ("video", pa.string()), ("subject", pa.string()), ("frame_idx", pa.int64()),
            ("timestamp_s", pa.float64()), ("file_name", pa.string()), ("width", pa.int32()),
            ("height", pa.int32()), ("reviewed", pa.bool_()), ("person", pa.int16()), ("track_id", pa.int32()),
            ("score", pa.float32()), ("box", floats), ("keypoints_x", floats), ("keypoints_y", floats),
            ("visibility", pa.list_(pa.uint8())), ("keypoint_scores", pa.list_(pa.float32())),
            ("mask", pa.list_(pa.int32())),
        ],
        metadata={"keypoints": ",".join(COCO_KEYPOINTS)},
    )  # fmt: skip
    with atomic_write(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        rows: list[Mapping[str, Any]] = []
        for side, subject, frame in frames:
            own = frame.model_dump(exclude={"persons", "schema_version"}) | {"split": side.value, "subject": subject}
            rows += [own | _person(number, person) for number, person in enumerate(frame.persons)] or [own]
            if len(rows) >= _ROW_GROUP:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, schema=schema))


def _person(number: int, person: PersonLabel) -> dict[str, Any]:
    x, y, flags = zip(*person.keypoints, strict=True)
    return {
        "person": number, "track_id": person.track_id, "score": person.score, "box": person.box,
        "keypoints_x": x, "keypoints_y": y, "visibility": flags, "keypoint_scores": person.keypoint_scores or None,
        "mask": person.mask,
    }  # fmt: skip
