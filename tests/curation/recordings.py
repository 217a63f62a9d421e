"""Recordings in which every fault is planted, measured as the pipeline does."""

import numpy as np

from neuropose_ray.curation import FrameFile, FrameObserver, MetricRegistry, join_chunks, measured_frames

REGISTRY = MetricRegistry.default()


def measured(pictures, numbers=None, chunk=7, rate=30.0):
    """The table of a folder of pictures, None for one that cannot be read, cut into chunks."""
    numbers = list(range(len(pictures))) if numbers is None else numbers
    times = np.array([(number - numbers[0]) / rate for number in numbers])
    tables = []
    for first in range(0, len(pictures), chunk):
        observer = FrameObserver(REGISTRY)
        for frame in range(first, min(first + chunk, len(pictures))):
            if pictures[frame] is not None:
                observer.observe(pictures[frame], frame, times[frame])
        tables.append(observer.table())
    files = [FrameFile(f"image_{number}.png", number, 10, 0.0, f"{number:032x}") for number in numbers]
    errors = {index: "the image cannot be decoded" for index, luma in enumerate(pictures) if luma is None}
    return measured_frames(times, join_chunks(tables, REGISTRY), REGISTRY, files, errors)
