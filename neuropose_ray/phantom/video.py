"""Phantom scenes as video files, each with a truth file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from neuropose_ray.errors import SettingsError
from neuropose_ray.phantom.render import RenderSettings, render_frames
from neuropose_ray.phantom.rotations import Array
from neuropose_ray.phantom.scene import Scene, Truth
from neuropose_ray.phantom.truth import counted_from_first_frame, save_truth
from neuropose_ray.video import VideoWriter


def even_times(duration_s: float, fps: float) -> Array:
    """Timestamps ``(frames,)`` in seconds from 0 on, at a constant rate, all before ``duration_s``."""
    return np.arange(round(duration_s * fps)) / fps


def truth_path(video: Path) -> Path:
    """Path of a phantom video's truth file: ``walk.mp4`` has ``walk.truth.json`` in the same folder."""
    return video.with_suffix(".truth.json")


def render_video(
    path: Path, scene: Scene, timestamps_s: Array, width: int, height: int, settings: RenderSettings | None = None
) -> Truth:
    """Render a scene to an H.264 MP4 with these times, and write its truth beside it.

    Args:
        path: of the video, to be made or replaced.
        scene: who and what is seen.
        timestamps_s: ``(frames,)`` seconds ascending, even or not.
        width: of the video in pixels, even.
        height: of the video in pixels, even.
        settings: how it looks.

    Returns:
        What was written to :func:`truth_path`, on the video's clock: the first frame has time 0.

    Raises:
        SettingsError: an odd width or height, or times that do not ascend.
        OutputError: a file cannot be written.
    """
    if width % 2 or height % 2:
        raise SettingsError(f"H.264 needs an even width and height, not {width} x {height}", where=str(path))
    if len(timestamps_s) == 0 or (np.diff(timestamps_s) <= 0).any():
        raise SettingsError("the frames' times must ascend, and there must be one", where=str(path))
    truth = counted_from_first_frame(scene.truth(timestamps_s, width, height))
    with VideoWriter(path, width=width, height=height) as writer:
        pictures = render_frames(scene, timestamps_s, width, height, settings)
        for timestamp_s, picture in zip(truth.timestamps_s, pictures, strict=True):
            writer.write(picture, float(timestamp_s))
    save_truth(truth_path(path), truth)
    return truth
