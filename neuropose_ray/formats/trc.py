"""Writing TRC, the marker file of OpenSim: text with tabs, read by OpenSim, Mokka, Pose2Sim and Sports2D."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.formats.trajectories import Trajectories
from neuropose_ray.schemas.atomic import atomic_write

_HEADINGS = (
    "DataRate", "CameraRate", "NumFrames", "NumMarkers", "Units", "OrigDataRate", "OrigDataStartFrame",
    "OrigNumFrames",
)  # fmt: skip

# Frames that are turned into text at a time.
_BLOCK_FRAMES = 1024


def write_trc(path: Path, trajectories: Trajectories) -> None:
    """Write a marker file, atomically.

    Header of eight headings, frames counted from 1, times with 8 and positions with 4 decimals (0.1 micrometre,
    0.0001 px). A point that is missing, or lacks one of its coordinates, is three empty cells. Every line of numbers
    ends with a tab, as OpenSim's own do: its reader drops the last cell of a line where that is empty.

    Args:
        path: the file.
        trajectories: the points; OpenSim reads those in mm, Sports2D also px.

    Raises:
        OutputError: the file system refuses.
    """
    frames, points = trajectories.positions.shape[:2]
    rate = f"{trajectories.rate_hz:.10g}"
    values = (rate, rate, frames, points, trajectories.units, rate, 1, frames)
    axes = "".join(f"X{point}\tY{point}\tZ{point}\t" for point in range(1, points + 1))
    header = [
        f"PathFileType\t4\t(X/Y/Z)\t{path.name}",
        "\t".join(_HEADINGS),
        "\t".join(map(str, values)),
        "Frame#\tTime\t" + "".join(f"{' '.join(name.split())}\t\t\t" for name in trajectories.names),
        f"\t\t{axes}",
        "",
    ]
    is_known = np.isfinite(trajectories.positions).all(-1, keepdims=True)
    rows = np.where(is_known, trajectories.positions, np.nan).reshape(frames, -1)
    times = trajectories.times_s
    with atomic_write(path) as file:
        file.write(("\n".join(header) + "\n").encode())
        for first in range(0, frames, _BLOCK_FRAMES):
            file.write(_lines(first, times, rows[first : first + _BLOCK_FRAMES]).encode())


def _lines(first: int, times: NDArray[np.float64], rows: NDArray[np.float64]) -> str:
    texts = []
    for frame, row in enumerate(rows.tolist(), first):
        cells = "\t".join("" if math.isnan(value) else f"{value:.4f}" for value in row)
        texts.append(f"{frame + 1}\t{times[frame]:.8f}\t{cells}\t\n")
    return "".join(texts)
