"""NumPy's npz: the arrays of predictions as they are, for programs in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.poses import PoseTable


def write_npz(path: Path, table: PoseTable, header: PredictionsHeader) -> None:
    """Write a compressed archive of arrays, atomically; ``numpy.load`` reads it without pickle.

    A row for each person and frame, ``n`` in all: ``frame_index`` ``(n,)``, ``track_ids`` ``(n,)`` int32 (absent
    before tracking), ``boxes`` ``(n, 5)`` px and score, ``poses2d`` ``(n, joints, 2)`` px, ``poses3d`` and
    ``poses3d_fitted`` ``(n, joints, 3)`` mm in camera axes (x right, y down, z forward; the latter absent where
    nothing was fitted), ``joint_scores`` ``(n, joints)``. NaN where missing. Once: ``timestamps_s`` ``(frames,)``,
    ``joint_names`` ``(joints,)``, ``edges`` ``(edges, 2)``, and ``header``, all else that is known, as JSON.

    Args:
        path: the file.
        table: the poses.
        header: their description.

    Raises:
        OutputError: the file system refuses.
    """
    poses, skeleton = table.poses, header.skeleton
    arrays: dict[str, NDArray[Any]] = {
        "timestamps_s": table.timestamps_s,
        "frame_index": poses.frame,
        "boxes": poses.boxes,
        "poses2d": poses.poses2d,
        "poses3d": poses.poses3d,
        "joint_scores": poses.joint_scores,
        "joint_names": np.array(skeleton.joint_names),
        "edges": np.array(skeleton.edges, np.int64).reshape(-1, 2),
        "header": np.array(header.model_dump_json()),
    }
    optional = {"track_ids": table.track_ids, "poses3d_fitted": table.poses3d_fitted}
    arrays |= {name: values for name, values in optional.items() if values is not None}
    with atomic_write(path) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)
