"""Videos with sound of which it is known when it begins."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 48_000
DURATION_S, ONSET_S = 2.0, 1.0


def make_clip(path: Path, codec: str, *, layout: str = "stereo", rate: int = RATE, late_s: float = 0.0) -> Path:
    """Two seconds of pictures, 20 a second, with a tone from the first second on; the clock may start late."""
    times = np.arange(int(DURATION_S * rate)) / rate
    tone = (np.where(times >= ONSET_S, np.sin(2 * np.pi * 440 * times), 0) * 20_000).astype(np.int16)
    channels = len(av.AudioLayout(layout).channels)
    with av.open(path, "w") as container:
        pictures = container.add_stream("mpeg4", rate=20)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = container.add_stream(codec, rate=rate)
        sound.codec_context.layout = layout
        for index in range(int(DURATION_S * 20)):
            picture = av.VideoFrame.from_ndarray(np.full((48, 64, 3), index, np.uint8), format="rgb24")
            picture.pts, picture.time_base = index + round(late_s * 20), Fraction(1, 20)
            container.mux(pictures.encode(picture.reformat(format="yuv420p")))
            part = tone[index * rate // 20 : (index + 1) * rate // 20]
            frame = av.AudioFrame.from_ndarray(np.repeat(part, channels)[None], format="s16", layout=layout)
            frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
            frame.pts = index * rate // 20 + round(late_s * rate)
            container.mux(sound.encode(frame))
        container.mux(pictures.encode(None))
        container.mux(sound.encode(None))
    return path
