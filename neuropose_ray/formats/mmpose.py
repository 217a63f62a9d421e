"""The predictions file of MMPose's video demos, with COCO's 17 keypoints."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from neuropose_ray.formats.keypoints import (
    COCO_EDGES,
    COCO_KEYPOINTS,
    positions_of_keypoints,
    require_keypoints,
    scores_of_keypoints,
)
from neuropose_ray.formats.records import write_lists
from neuropose_ray.schemas.atomic import atomic_write
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.pose_blocks import frame_blocks
from neuropose_ray.schemas.poses import PoseTable

_BLOCK_FRAMES = 1024


def write_mmpose(path: Path, table: PoseTable, header: PredictionsHeader) -> None:
    """Write ``meta_info`` and, for each frame counted from 1, its ``instances``, atomically.

    An instance: ``keypoints`` ``[[x, y], ...]`` in px of the upright frame, ``keypoint_scores``, ``bbox``
    ``[[left, top, right, bottom]]`` and ``bbox_score`` as MMPose 1 writes them, and ``track_id`` where people were
    followed. A missing number is null, with score 0 for a missing keypoint.

    Args:
        path: the file.
        table: the poses.
        header: their description.

    Raises:
        InputError: the skeleton has none of COCO's keypoints.
        OutputError: the file system refuses.
    """
    require_keypoints(header.skeleton, COCO_KEYPOINTS, "COCO")
    meta = {
        "dataset_name": "coco",
        "num_keypoints": len(COCO_KEYPOINTS),
        "keypoint_id2name": dict(enumerate(COCO_KEYPOINTS)),
        "keypoint_name2id": {name: index for index, name in enumerate(COCO_KEYPOINTS)},
        "skeleton_links": [(start - 1, end - 1) for start, end in COCO_EDGES],
    }
    with atomic_write(path) as file:
        write_lists(file, {"meta_info": meta}, {"instance_info": _frames(table, header)})


def _frames(table: PoseTable, header: PredictionsHeader) -> Iterator[dict[str, Any]]:
    skeleton = header.skeleton
    for first, block in frame_blocks(table, _BLOCK_FRAMES):
        poses = block.poses
        places = positions_of_keypoints(skeleton, poses.poses2d, COCO_KEYPOINTS)
        scores = scores_of_keypoints(skeleton, poses.joint_scores, COCO_KEYPOINTS)
        scores = np.where(np.isfinite(places).all(-1), scores, 0.0)
        corners = poses.boxes[:, :4].astype(np.float64)
        corners[:, 2:] += corners[:, :2]
        people = [
            {
                "keypoints": np.round(places[row], 3).tolist(),
                "keypoint_scores": np.round(scores[row], 4).tolist(),
                "bbox": [np.round(corners[row], 3).tolist()],
                "bbox_score": round(float(poses.boxes[row, 4]), 4),
            }
            | ({} if block.track_ids is None else {"track_id": int(block.track_ids[row])})
            for row in range(len(poses))
        ]
        starts = np.searchsorted(poses.frame, np.arange(block.frame_count + 1))
        for frame in range(block.frame_count):
            yield {"frame_id": first + frame + 1, "instances": people[starts[frame] : starts[frame + 1]]}
