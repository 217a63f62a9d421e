"""What a probed video says of itself."""

from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.video.types import VideoInfo, VideoSource


def info(*times_s: float) -> VideoInfo:
    return VideoInfo(
        VideoSource(Path("a.mp4"), "file"), 64, 48, 0, "h264", 0, np.array(times_s), np.zeros(1, np.int64), "0" * 64
    )


@pytest.mark.parametrize(
    ("times_s", "fps"),
    [((), 0.0), ((0.0,), 0.0), ((0.0, 0.04), 25.0), ((0.0, 0.01, 0.5, 1.0), 3.0), ((2.0, 2.5, 3.0), 2.0)],
)
def test_the_rate_is_the_mean_over_all_intervals_and_0_where_there_is_none(times_s: tuple[float, ...], fps: float):
    video = info(*times_s)
    assert video.frame_count == len(times_s)
    assert video.fps == pytest.approx(fps)
