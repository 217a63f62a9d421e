"""Run folders with people whose positions are known exactly."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
from formats.people import squatting

from neuropose_ray.schemas.frame_table import FRAMES_FILE, FrameTableHeader, all_columns, arrow_schema, write_frames
from neuropose_ray.schemas.parquet_files import write_predictions

HEADER = FrameTableHeader(video="v", metrics={}, columns={})


def add_video(run, name, frames=10, persons=1, flags=None, groups=None, pictures=False, shift=0.0, missing=()):
    """A video of a run: predictions, and frames.parquet where flags, groups or pictures are given."""
    table, header = squatting(frames=frames, persons=persons, missing=missing)
    poses = table.poses
    table = replace(table, poses=replace(poses, poses2d=poses.poses2d + np.float32(shift), boxes=poses.boxes.copy()))
    table.poses.boxes[:, :2] += shift
    names = tuple(f"image_{2 * frame}.png" for frame in range(frames)) if pictures else ()
    header = header.model_copy(update={"metadata": header.metadata.model_copy(update={"image_names": names})})
    write_predictions(run / name / "predictions.parquet", table, header)
    if flags is not None or groups is not None or pictures:
        rows = [
            {
                "frame_idx": frame,
                "timestamp_s": float(table.timestamps_s[frame]),
                "path": names[frame] if names else None,
                "flags": (flags or {}).get(frame, []),
                "duplicate_group_id": (groups or {}).get(frame),
            }
            for frame in range(frames)
        ]
        frame_table = pa.Table.from_pylist(rows, schema=arrow_schema(all_columns(HEADER)))
        write_frames(run / name / FRAMES_FILE, frame_table, HEADER)
    return table, header
