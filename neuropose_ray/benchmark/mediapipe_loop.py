"""MediaPipe's own Python API on a clip: a script for an interpreter with mediapipe, which need not have this package.

Arguments: the clip's file, its frames, height and width. It says ``ready``, then answers each number of frames on
standard input with the seconds that they took, until standard input ends.
"""

from __future__ import annotations

import sys
import time


def main() -> None:
    """Track one person as MediaPipe's users do: default model, tracking between frames, one frame a call."""
    import mediapipe  # type: ignore[import-not-found]  # it is another interpreter that has it
    import numpy as np

    path, frames, height, width = sys.argv[1], *map(int, sys.argv[2:])
    clip = np.asarray(np.memmap(path, np.uint8, "r", shape=(frames, height, width, 3)))
    position = 0
    with mediapipe.solutions.pose.Pose(static_image_mode=False, model_complexity=1) as pose:
        pose.process(clip[0])
        _say("ready")
        for line in sys.stdin:
            begin = time.perf_counter()
            for _ in range(int(line)):
                pose.process(clip[position])
                position = (position + 1) % frames
            _say(repr(time.perf_counter() - begin))


def _say(answer: str) -> None:
    sys.stdout.write(answer + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
