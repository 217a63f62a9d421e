"""Small videos made on the fly, with content by which every frame can be told from the others."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

MakeVideo = Callable[..., Path]


def moving_picture(index: int, width: int, height: int) -> np.ndarray:
    picture = np.zeros((height, width, 3), np.uint8)
    picture[..., 0] = index * 4 % 256
    picture[..., 2] = np.linspace(0, 255, width)
    picture[height // 8 + index % (height // 2) :, width // 8 : width // 2] = 255
    return picture


@pytest.fixture
def make_video(tmp_path: Path) -> MakeVideo:
    def make(
        name: str,
        codec: str = "libx264",
        *,
        frames: int = 60,
        width: int = 160,
        height: int = 120,
        keyframe_distance: int = 12,
        pixel_format: str = "yuv420p",
        options: Mapping[str, str] | None = None,
        times_ms: Sequence[int] | None = None,
        rotation: tuple[float, bool] | None = None,
        pixel_aspect: Fraction | None = None,
        pictures: Sequence[np.ndarray] | None = None,
    ) -> Path:
        path = tmp_path / name
        with av.open(path, "w") as container:
            stream = container.add_stream(codec, rate=30, options=dict(options or {}))
            stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
            stream.codec_context.gop_size = keyframe_distance
            if times_ms is not None:
                stream.codec_context.time_base = Fraction(1, 1000)
            if pixel_aspect is not None:
                stream.codec_context.sample_aspect_ratio = pixel_aspect
            if rotation is not None:
                stream.set_display_rotation(rotation[0], hflip=rotation[1])
            for index in range(frames if pictures is None else len(pictures)):
                picture = moving_picture(index, width, height) if pictures is None else pictures[index]
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixel_format)
                frame.pts = index if times_ms is None else times_ms[index]
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path

    return make
