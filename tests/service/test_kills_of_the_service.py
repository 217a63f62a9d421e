"""The service as it is started by its command, killed part by part and as a whole while it has twenty jobs."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from support.serving import Serving

from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.service.names import INGRESS, JOB_MANAGER, POSE_MODEL

pytestmark = pytest.mark.endurance

JOBS = 20
PARTS = (POSE_MODEL, JOB_MANAGER, INGRESS)
#: Two kills of each part, and two of everything at once.
KILLS = (*PARTS, "everything") * 2


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[Serving]:
    service = Serving(tmp_path)
    service.start()
    yield service
    service.end()


def joints(folder: Path) -> np.ndarray:
    (file,) = folder.glob("**/predictions.parquet")
    table, _ = read_predictions(file)
    return table.poses.poses3d


def test_every_accepted_job_ends_once_with_the_right_results_whatever_is_killed(
    serving: Serving, pipeline, test_data: Path, tmp_path: Path
):
    video = test_data / "opencap" / "walk.mp4"
    accepted = [serving.submit(video, f"trial {number}", priority=str(number % 11)) for number in range(JOBS)]
    assert len(set(accepted)) == JOBS
    dice = random.Random(7)
    for part in KILLS:
        time.sleep(dice.uniform(1.0, 6.0))
        while not serving.signal(part if part == "everything" else f":{part}"):
            time.sleep(0.5)  # the last kill's replacement is still on its way
        if part == "everything":
            serving.start()
    until = time.monotonic() + 600
    while any(job["state"] in ("queued", "running") for job in serving.jobs()):
        assert time.monotonic() < until, serving.jobs()
        time.sleep(1)
    ended = {job["id"]: job for job in serving.jobs()}
    assert sorted(ended) == sorted(accepted)
    assert {job["state"] for job in ended.values()} == {"completed"}, ended
    pipeline([video], tmp_path / "undisturbed")
    expected = joints(tmp_path / "undisturbed")
    for name in accepted:
        job = serving.data.job(name)
        np.testing.assert_array_equal(joints(job.results), expected)
        assert (job.results / "walk" / "analysis.json").is_file()
        lines = job.log.read_text().splitlines()
        assert sum(line.endswith(" completed") for line in lines) == 1, lines
