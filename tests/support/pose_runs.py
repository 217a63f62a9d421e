"""Runs with poses of a folder of pictures or of a video, in which some frames are unsure."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
from support.grey_model import GreySpec

from neuropose_ray.pipeline import NullReporter, RunSettings
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.run import run
from neuropose_ray.schemas.parquet_files import read_predictions, write_predictions
from neuropose_ray.schemas.result_files import PREDICTIONS_FILE


def write_run(video: Path, out: Path, unsure: Mapping[int, float]) -> Path:
    """The output of a run over one video, with the scores of all joints in some frames.

    Args:
        video: a video or a folder of pictures.
        out: the run's folder.
        unsure: the scores by the positions of frames; all others are sure.
    """
    settings = RunSettings(fit=False)
    with closing(LocalEngine(1)) as engine:
        run([video], out, settings=settings, spec=GreySpec(), engine=engine, progress=NullReporter())
    path = out / video.stem / PREDICTIONS_FILE
    table, header = read_predictions(path)
    scores = np.ones_like(table.poses.joint_scores)
    for frame, score in unsure.items():
        scores[table.poses.frame == frame] = score
    write_predictions(path, replace(table, poses=replace(table.poses, joint_scores=scores)), header)
    return out
