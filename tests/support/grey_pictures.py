"""Folders of numbered pictures, each nothing but a grey, as videos for a model that sees how grey they are."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from support.grey_model import GreySpec

from neuropose_ray.pipeline.inputs.discovery import FoundVideo
from neuropose_ray.pipeline.planning.plan import VideoPlan, plan_video
from neuropose_ray.pipeline.settings import CameraSettings
from neuropose_ray.video.sources import open_source


def grey_video(folder: Path, greys: Iterable[int]) -> Path:
    """A folder of pictures of 32 x 24, at 30 a second."""
    folder.mkdir(parents=True)
    for number, grey in enumerate(greys):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((24, 32, 3), grey, np.uint8))
    return folder


def grey_plan(folder: Path, spec: GreySpec, chunk_frames: int, name: str = "greys") -> VideoPlan:
    """The plan of such a folder."""
    return plan_video(FoundVideo(name, str(folder)), open_source(folder), spec, CameraSettings(), chunk_frames)
