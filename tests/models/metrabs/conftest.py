"""Stand-ins for MeTRAbs weights, built once, and models loaded from them once per settings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuropose_ray.models.metrabs.model import MetrabsModel
from neuropose_ray.models.metrabs.settings import MetrabsSettings

LoadModel = Callable[..., MetrabsModel]


@pytest.fixture(scope="session", autouse=True)
def _no_gpu() -> None:
    """Otherwise this process takes a whole card, which the processes that test on a GPU are to share."""
    import tensorflow as tf

    tf.config.set_visible_devices([], "GPU")


@pytest.fixture(scope="session")
def loaded_stand_in(stand_in: Path) -> Any:
    """What TensorFlow makes of it, without our model around."""
    import tensorflow as tf

    return tf.saved_model.load(str(stand_in))


@pytest.fixture(scope="session")
def load_model(stand_in: Path) -> LoadModel:
    """``load_model(**settings)``: a model on the CPU, the same one for the same settings."""
    loaded: dict[MetrabsSettings, MetrabsModel] = {}

    def load(**settings: Any) -> MetrabsModel:
        wanted = MetrabsSettings(**{"device": "cpu", **settings})
        if wanted not in loaded:
            loaded[wanted] = MetrabsModel(stand_in, sha256="ab" * 32, filename="stand_in.tar.gz", settings=wanted)
        return loaded[wanted]

    return load
