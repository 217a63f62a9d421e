"""Pictures whose faults are known."""

import cv2
import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]


def scene(seed: int = 0, height: int = 360, width: int = 640, cells: int = 40) -> Luma:
    """A picture with edges and surfaces at many scales, different for every seed."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((height, width))
    for scale in (cells // 8, cells // 2, cells * 2):
        coarse = rng.normal(size=(max(2, scale * height // width), scale)).astype(np.float32)
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)
    picture = (picture - picture.min()) / np.ptp(picture)
    return (30 + 200 * picture).astype(np.uint8)


def blurred(luma: Luma, sigma: float = 6.0) -> Luma:
    """The picture out of focus."""
    return np.asarray(cv2.GaussianBlur(luma, (0, 0), sigma), np.uint8)


def darkened(luma: Luma, factor: float = 0.08) -> Luma:
    """The picture with too little light."""
    return (luma * factor).astype(np.uint8)


def letterboxed(luma: Luma, part: float = 0.12) -> Luma:
    """The picture between black bars above and below."""
    framed = luma.copy()
    bar = round(part * len(luma))
    framed[:bar] = framed[-bar:] = 0
    return framed


def with_noise(luma: Luma, seed: int, sigma: float = 2.0) -> Luma:
    """The picture as another exposure of the same sensor shows it."""
    noise = np.random.default_rng(seed).normal(0, sigma, luma.shape)
    return np.clip(luma + noise, 0, 255).astype(np.uint8)
