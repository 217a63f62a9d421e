from collections.abc import Callable
from typing import Any

import pytest

from neuropose_ray.models.blazepose.model import BlazePoseModel
from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.models.weights import Weights


@pytest.fixture(scope="session")
def blazepose(weights: Weights) -> Callable[..., BlazePoseModel]:
    def load(**settings: Any) -> BlazePoseModel:
        return BlazePoseModel(weights.path, sha256="0" * 64, filename="f", settings=BlazePoseSettings(**settings))

    return load
