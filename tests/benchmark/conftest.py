"""Small videos: a phantom who squats, and numbered pictures with exact pixels."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.models.spec import ModelSpec
from neuropose_ray.models.weights import Weights


@pytest.fixture(scope="session")
def squat_video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 frames, 240 x 320."""
    from neuropose_ray.phantom.motions import Squatting
    from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
    from neuropose_ray.phantom.video import even_times, render_video

    path = tmp_path_factory.mktemp("benchmark") / "squat.mp4"
    render_video(path, Scene((Person(Squatting()),), PhantomCamera(view_deg=40)), even_times(0.96, 25), 240, 320)
    return path


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NDArray[np.uint8]]:
    """A folder of numbered pictures, and their pixels ``(12, 8, 10, 3)``, RGB."""
    import cv2

    folder = tmp_path_factory.mktemp("pictures")
    pixels = np.random.default_rng(5).integers(0, 256, (12, 8, 10, 3), np.uint8)
    for number, picture in enumerate(pixels):
        cv2.imwrite(str(folder / f"image_{number}.png"), picture[..., ::-1])
    return folder, pixels


@pytest.fixture(scope="session")
def blazepose_spec(weights: Weights) -> ModelSpec:
    return ModelSpec(weights, BlazePoseSettings(session_frames=6))
