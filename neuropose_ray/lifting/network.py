"""The network that predicts depths: a temporal convolution with residual blocks, in NumPy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.lifting.bones import BONES

Array = NDArray[np.float32]

#: Frames between the three taps of each block; together a frame sees 31 frames to both sides, 1.55 s.
DILATIONS = (1, 2, 4, 8, 16)
REACH = sum(DILATIONS)
#: What turns the outputs into metres, and into the logarithm of the mean absolute error in metres.
MEAN_SCALE_M = 0.3
LOG_SIGMA_AT_ZERO = -2.5
LOG_SIGMA_RANGE = (-5.0, 0.0)


@dataclass(frozen=True)
class Outputs:
    """What the network says of ``T`` frames.

    Attributes:
        depths: ``(T, 18)`` metres.
        log_sigma: ``(T, 18)`` logarithm of the mean absolute error in metres.
        exchanged: ``(T, 2)`` log-odds that the sides of the legs, of the arms, are exchanged.
    """

    depths: Array
    log_sigma: Array
    exchanged: Array


@dataclass(frozen=True)
class Layer:
    """``max(x @ weight.T + bias, 0)``; weight is ``(outputs, inputs)``."""

    weight: Array
    bias: Array

    def __call__(self, x: Array) -> Array:
        """Outputs ``(T, outputs)`` of ``(T, inputs)``."""
        return np.asarray(np.maximum(x @ self.weight.T + self.bias, 0))


@dataclass(frozen=True)
class Network:
    """Layers in the order in which they work; each block is a wide layer over three frames and a narrow one."""

    first: Layer
    blocks: tuple[tuple[Layer, Layer], ...]
    last_weight: Array
    last_bias: Array

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[np.floating]]) -> Network:
        """A network out of named arrays of any floating type.

        Raises:
            KeyError: an array is missing.
        """

        def array(name: str) -> Array:
            return np.ascontiguousarray(arrays[name], np.float32)

        def layer(name: str) -> Layer:
            return Layer(array(f"{name}.weight"), array(f"{name}.bias"))

        blocks = tuple((layer(f"wide{i}"), layer(f"narrow{i}")) for i in range(len(DILATIONS)))
        return cls(layer("first"), blocks, array("last.weight"), array("last.bias"))

    def __call__(self, inputs: Array) -> Outputs:
        """Outputs for ``(T, INPUTS)``; beyond both ends the first and the last frame last on."""
        x = self.first(inputs)
        frames = len(x)
        for dilation, (wide, narrow) in zip(DILATIONS, self.blocks, strict=True):
            padded = np.pad(x, ((dilation, dilation), (0, 0)), mode="edge")
            taps = [padded[shift : shift + frames] for shift in (0, dilation, 2 * dilation)]
            x = x + narrow(wide(np.concatenate(taps, axis=1)))
        out = x @ self.last_weight.T + self.last_bias
        bones = len(BONES)
        log_sigma = np.clip(out[:, bones : 2 * bones] + LOG_SIGMA_AT_ZERO, *LOG_SIGMA_RANGE)
        return Outputs(out[:, :bones] * MEAN_SCALE_M, log_sigma, out[:, 2 * bones :])
