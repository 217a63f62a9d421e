"""One video: its poses, a look at them, and the range of motion of both knees.

::

    python -m neuropose_ray.examples.one_video walk.mp4 --out results
"""

# ruff: noqa: T201  (an example prints)

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import neuropose_ray
from neuropose_ray.analysis import clean, clinical_angles, load_motion


def one_video(video: Path, out: Path) -> None:
    """Find the people in a video, and print what one of them does.

    Args:
        video: any file that `neuropose-ray process` takes.
        out: folder for the results. A second run into the same folder computes nothing again.
    """
    summary = neuropose_ray.process(video, out)
    print(summary)
    if not summary.all_well:
        return
    results = out / summary.videos[0].name
    print(neuropose_ray.read(results))

    # A motion is one person over time; without a track id the one who is in most frames.
    cleaned = clean(load_motion(results))
    angles = clinical_angles(cleaned.motion)
    for side in ("left", "right"):
        flexion = angles.angle(f"{side}_knee_flexion")
        if np.isfinite(flexion).any():
            print(f"{side} knee flexion: {np.nanmin(flexion):.0f} to {np.nanmax(flexion):.0f} degrees")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=one_video.__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--out", type=Path, default=Path("results"))
    one_video(**vars(parser.parse_args()))
