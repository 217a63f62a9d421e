"""MeTRAbs through the whole program: a SavedModel by path, over a folder of pictures with known contents."""

from pathlib import Path

import cv2
import numpy as np
from support.metrabs_world import RED, YELLOW, expected_pixels, expected_pose, paint

from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.models.weights import WeightStore
from neuropose_ray.pipeline.engines.start import started_engine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.service.settings import load_settings


def test_people_are_where_the_pictures_show_them_in_the_order_of_the_frames(stand_in: Path, tmp_path: Path):
    frames = tmp_path / "walk"
    frames.mkdir()
    boxes = [(40 + 10 * number, 60 + 2 * number, 40 + number, 40 + number) for number in range(11)]
    for number, box in enumerate(boxes):
        picture = np.zeros((360, 480, 3), np.uint8)
        paint(picture, RED, box)
        if number >= 6:
            paint(picture, YELLOW, (300, 250, 50, 50))
        cv2.imwrite(str(frames / f"image_{number}.png"), picture[..., ::-1])
    flags = {
        "video": {"chunk_frames": 4, "image_fps": 10.0},
        "metrabs": {"device": "cpu", "batch_size": 4, "suppress_implausible_poses": False},
    }
    settings = load_settings(None, {"engine": {"kind": "local"}, **flags}, environment={})
    spec = ModelSpec(WeightStore(tmp_path / "cache").path(str(stand_in)), settings.metrabs)
    with started_engine(settings.engine, spec, "test") as engine:
        summary = run(
            [frames], tmp_path / "out", settings=settings, spec=spec, engine=engine, progress=NullReporter()
        )
    assert (summary.videos[0].state, summary.videos[0].tracks) == ("completed", 2)
    table, header = read_predictions(tmp_path / "out" / "walk" / "predictions.parquet")
    assert header.skeleton.name == "berkeley_mhad_43"
    assert header.provenance.runtime.startswith("tensorflow")
    assert table.poses3d_fitted is None
    assert table.persons_per_frame().tolist() == [1] * 6 + [2] * 5
    walker = table.track_ids == 0
    for frame, pixels in zip(table.poses.frame[walker], table.poses.poses2d[walker], strict=True):
        pose = expected_pose(boxes[frame], header.camera, header.skeleton.name)
        np.testing.assert_allclose(pixels, expected_pixels(pose, header.camera), atol=2)
