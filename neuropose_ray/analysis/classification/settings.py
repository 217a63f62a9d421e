"""What a user may set of classification."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from neuropose_ray.analysis.dtw.channels import ChannelSettings
from neuropose_ray.analysis.dtw.settings import WarpingSettings
from neuropose_ray.schemas.immutable import FrozenModel


class NearestNeighbourSettings(FrozenModel):
    """The label of the nearest trials by dynamic time warping."""

    kind: Literal["nearest_neighbour"] = "nearest_neighbour"
    neighbours: int = Field(
        default=1,
        ge=1,
        description="one by convention: Bagnall et al., The great time series classification bake off, Data Mining "
        "and Knowledge Discovery 31, 2017",
    )
    warping: WarpingSettings = Field(
        default=WarpingSettings(band=0.1, path_normalise=True),
        description="within a tempo change of a tenth, long trials no farther apart than short ones",
    )


class MultiRocketSettings(FrozenModel):
    """A linear classifier on many random convolutions; needs the extra ``classify``.

    Tan et al., "MultiRocket: multiple pooling operators and transformations for fast and effective time series
    classification", Data Mining and Knowledge Discovery 36, 2022.
    """

    kind: Literal["multirocket"] = "multirocket"
    kernels: int = Field(default=6250, ge=84, description="as published: about 50,000 features")
    points: int = Field(default=101, ge=20, description="every trial is brought to this length: 0 to 100 %")
    seed: int = Field(default=0, ge=0, description="the same convolutions in every run")


class ClassificationSettings(FrozenModel):
    """How movements are told apart."""

    channels: ChannelSettings = ChannelSettings()
    classifier: NearestNeighbourSettings | MultiRocketSettings = Field(
        default=NearestNeighbourSettings(), discriminator="kind"
    )
    few_trials: int = Field(
        default=5,
        ge=1,
        description="classes with fewer trials are warned of: one trial moves their recall by over 20 %",
    )
