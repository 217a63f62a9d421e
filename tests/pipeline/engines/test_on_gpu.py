"""Ray gives every GPU to one worker."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.gpu import NotingSpec, metrabs_spec, nvml

from neuropose_ray.pipeline.engines.start import started_engine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.settings import load_settings

pytestmark = [pytest.mark.gpu, pytest.mark.ray]


@pytest.fixture(scope="session")  # before a cluster is started for nothing
def gpus() -> int:
    library = nvml()
    if library is None:
        pytest.skip("there is no NVIDIA GPU here")
    return library.nvmlDeviceGetCount()


def test_every_gpu_has_one_worker_that_sees_it_alone(gpus: int, ray_cluster: str, stand_in: Path, tmp_path: Path):
    import cv2

    (tmp_path / "walk").mkdir()
    (tmp_path / "loads").mkdir()
    for number in range(8 * gpus):
        cv2.imwrite(str(tmp_path / "walk" / f"image_{number}.png"), np.full((120, 160, 3), number, np.uint8))
    settings = load_settings(None, {"engine": {"kind": "ray"}, "video": {"chunk_frames": 2}}, environment={})
    spec = NotingSpec(metrabs_spec(stand_in), tmp_path / "loads")
    with started_engine(settings.engine, spec, "gpus") as engine:
        assert engine.workers == gpus
        summary = run(
            [tmp_path / "walk"],
            tmp_path / "out",
            settings=settings,
            spec=spec,
            engine=engine,
            progress=NullReporter(),
        )
    assert summary.all_well
    seen = sorted(load.read_text() for load in (tmp_path / "loads").iterdir())
    assert seen == [str(gpu) for gpu in range(gpus)]
    metrics = json.loads((tmp_path / "out" / "walk" / "metrics.json").read_bytes())
    assert metrics["performance"]["active_device"] == "gpu:0"
