"""A 1080p video of two people whom the stand-in of MeTRAbs finds, before a background that is work for decoders."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
from support.metrabs_world import RED, YELLOW, paint

from neuropose_ray.schemas.poses import Frame
from neuropose_ray.video.settings import WriterSettings
from neuropose_ray.video.write import VideoWriter

WIDTH, HEIGHT, FPS, PEOPLE = 1920, 1080, 30, 2


def backdrop() -> Frame:
    """Shapes of all sizes with a camera's grain, larger than a frame; no colour is anybody's."""
    import cv2

    random = np.random.default_rng(1)
    size = (WIDTH + 256, HEIGHT + 128)
    picture = np.zeros((size[1], size[0], 3), np.float32)
    for step in (240, 60, 15, 5):
        noise = random.normal(size=(size[1] // step + 2, size[0] // step + 2, 3)).astype(np.float32)
        picture += step**0.5 * cv2.resize(noise, size, interpolation=cv2.INTER_CUBIC)
    picture = 128 + 22 * picture / picture.std() + random.normal(scale=2, size=picture.shape)
    return np.clip(picture, 75, 180).astype(np.uint8)


def write_people(path: Path, frames: int) -> None:
    """A slow pan with two people who walk to and fro, each on a side of the picture."""
    scene = backdrop()
    settings = WriterSettings(keyframe_interval=250, threads=os.cpu_count() or 1)
    with VideoWriter(path, width=WIDTH, height=HEIGHT, settings=settings) as writer:
        for place in range(frames):
            swing = math.sin(place / 40)
            top, left = round(64 + 60 * math.sin(place / 90)), round(128 + 120 * math.sin(place / 130))
            picture = scene[top : top + HEIGHT, left : left + WIDTH].copy()
            paint(picture, RED, (round(400 + 300 * swing), 300, 180, 520))
            paint(picture, YELLOW, (round(1400 - 300 * swing), 350, 160, 440))
            writer.write(picture, place / FPS)
