"""The frames of a run for a second look, and their way to reviewers."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from formats.people import squatting

from neuropose_ray.curation import MetricRegistry, SelectionSettings, frames_to_review
from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.formats import DatasetKind, DatasetSettings, export_dataset
from neuropose_ray.schemas.frame_table import FrameTableHeader, all_columns, arrow_schema, write_frames
from neuropose_ray.schemas.parquet_files import write_predictions

REGISTRY = MetricRegistry.default()
HEADER = FrameTableHeader(video="v", metrics=REGISTRY.versions, columns=REGISTRY.columns)


def add_video(run, name, unsure, frames=60, alike=False, lost=()):
    """A video whose joints are unsure in some frames, with hashes, and frames that could not be decoded."""
    table, header = squatting(frames=frames)
    scores = np.ones_like(table.poses.joint_scores)
    scores[list(unsure)] = np.array(list(unsure.values()), np.float32)[:, None]
    table = replace(table, poses=replace(table.poses, joint_scores=scores))
    write_predictions(run / name / "predictions.parquet", table, header)
    hashes = np.random.default_rng(0).integers(0, 2**64, frames + len(lost), np.uint64)
    times = iter(table.timestamps_s.tolist())
    rows = [
        {
            "frame_idx": frame,
            "timestamp_s": frame / 1e4 if frame in lost else next(times),
            "phash": 5 if alike else int(hashes[frame]),
            "flags": [],
        }
        for frame in range(frames + len(lost))
    ]
    frame_table = pa.Table.from_pylist(rows, schema=arrow_schema(all_columns(HEADER)))
    write_frames(run / name / "frames.parquet", frame_table, HEADER)


def chosen(run, count=10, **settings):
    selected = frames_to_review(run, count, SelectionSettings(**settings))
    return {video: [entry.frame for entry in entries] for video, entries in selected.items()}


def test_the_least_sure_of_all_videos_come_first(tmp_path):
    add_video(tmp_path, "a", {10: 0.3, 40: 0.45, 41: 0.2})
    add_video(tmp_path, "b", {5: 0.25})
    assert chosen(tmp_path, 10, low_confidence=0.1) == {"a": [41, 10, 40], "b": [5]}
    assert chosen(tmp_path, 2, low_confidence=0.1) == {"a": [41], "b": [5]}


def test_a_still_camera_gives_no_two_neighbours(tmp_path):
    add_video(tmp_path, "a", {10: 0.25, 12: 0.3, 50: 0.3}, alike=True)
    assert chosen(tmp_path) == {"a": [10, 50]}


def test_frames_are_those_of_the_video_not_of_the_predictions(tmp_path):
    add_video(tmp_path, "a", {10: 0.3}, lost=(1, 2))
    assert chosen(tmp_path) == {"a": [12]}


def test_the_queue_goes_to_reviewers(tmp_path):
    add_video(tmp_path / "run", "a", {10: 0.3, 40: 0.2})
    selected = frames_to_review(tmp_path / "run", 5)
    queue = {video: {entry.frame for entry in entries} for video, entries in selected.items()}
    settings = DatasetSettings(excluded=frozenset())
    export_dataset(tmp_path / "run", tmp_path / "queue", DatasetKind.LABEL_STUDIO, settings, only=queue)
    tasks = json.loads((tmp_path / "queue" / "tasks.json").read_text())
    assert [task["data"]["frame_idx"] for task in tasks] == [10, 40]


def test_a_run_that_was_not_curated_has_a_queue_too(tmp_path):
    add_video(tmp_path, "a", {10: 0.3, 50: 0.2})
    (tmp_path / "a" / "frames.parquet").unlink()
    assert chosen(tmp_path) == {"a": [50, 10]}
    with pytest.raises(InputNotFoundError, match="there are no predictions"):
        chosen(tmp_path / "a")
