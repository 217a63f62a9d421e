"""A model that is loaded on another machine than the one that asked for it."""

import pickle
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from neuropose_ray.errors import DigestMismatchError, ModelError, WeightsUnavailableError
from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.models.metrabs.settings import MetrabsSettings
from neuropose_ray.models.spec import ModelSpec, WeightsOrigin, expected_model
from neuropose_ray.models.weights import Weights, WeightSettings


def elsewhere(weights: Weights, tmp_path: Path, **settings: object) -> ModelSpec:
    """As it comes to a machine that has the weights in its own cache, or nowhere."""
    origin = WeightsOrigin("blazepose", WeightSettings(**settings))  # type: ignore[arg-type]
    spec = ModelSpec(replace(weights, path=tmp_path / "not here"), BlazePoseSettings(), origin)
    travelled: ModelSpec = pickle.loads(pickle.dumps(spec))
    return travelled


def test_weights_that_lie_elsewhere_are_found_in_this_machines_own_cache(weights: Weights, tmp_path: Path):
    assert elsewhere(weights, tmp_path).load().info.sha256 == weights.sha256


def test_a_cache_that_was_named_is_the_one_that_is_used(weights: Weights, tmp_path: Path):
    with pytest.raises(WeightsUnavailableError, match="blazepose"):
        elsewhere(weights, tmp_path, cache_dir=tmp_path / "empty", offline=True).load()
    assert elsewhere(weights, tmp_path, cache_dir=weights.path.parent, offline=True).load()


def test_other_weights_of_the_same_name_are_refused(weights: Weights, tmp_path: Path):
    spec = elsewhere(weights, tmp_path)
    with pytest.raises(DigestMismatchError, match="where the run was started"):
        replace(spec, weights=replace(spec.weights, sha256="0" * 64)).load()


def test_without_an_origin_the_path_must_be_right(weights: Weights, tmp_path: Path):
    with pytest.raises(ModelError, match="No such file"):
        replace(elsewhere(weights, tmp_path), origin=None).load()


@pytest.mark.parametrize(
    ("settings", "device"),
    [
        (BlazePoseSettings(), "cpu"),
        (MetrabsSettings(), "auto"),
        (MetrabsSettings(device="cpu"), "cpu"),
        (MetrabsSettings(device="gpu:1"), "gpu:1"),
    ],
)
def test_the_device_is_known_before_the_model_is_loaded(
    weights: Weights, settings: BlazePoseSettings | MetrabsSettings, device: str
):
    assert ModelSpec(weights, settings).device == device


def test_the_weights_of_a_segmenter_make_no_pose_model(tmp_path: Path):
    chosen = SimpleNamespace(
        model="selfie_segmentation", weights=WeightSettings(cache_dir=tmp_path, offline=True),
        blazepose=BlazePoseSettings(), metrabs=MetrabsSettings(),
    )  # fmt: skip
    with pytest.raises(ModelError, match="selfie_segmentation: is a segmenter, not a pose model"):
        expected_model(chosen)
