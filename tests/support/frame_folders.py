"""Frame folders with planted faults: every picture is a scene of its own, so that only what is planted is alike."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 96, 72


def scene(seed: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A sharp picture of middling brightness, like no other: ``(height, width, 3)`` uint8."""
    rng = np.random.default_rng(seed)
    coarse = cv2.resize(rng.uniform(35, 215, (9, 12)).astype(np.float32), (width, height))
    fine = rng.uniform(-40, 40, (height, width)).astype(np.float32)
    return np.repeat(np.clip(coarse + fine, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def blurred(picture: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(picture, (0, 0), 4)


def dark(picture: np.ndarray) -> np.ndarray:
    return (picture * 0.14).astype(np.uint8)


def clipped(picture: np.ndarray) -> np.ndarray:
    return np.clip(picture.astype(np.int16) * 3 - 100, 0, 255).astype(np.uint8)


def write_folder(
    folder: Path,
    frames: int,
    changes: dict[int, Callable[[np.ndarray], np.ndarray]] | None = None,
    copies: dict[int, int] | None = None,
    kind: str = "png",
) -> Path:
    """A folder of pictures image_0, image_1, ...; changed ones, and copies of others.

    Args:
        folder: to make.
        frames: how many.
        changes: what is done to the picture of a frame.
        copies: for a frame the one whose picture it gets.
        kind: of the files.
    """
    folder.mkdir(parents=True)
    for index in range(frames):
        picture = scene((copies or {}).get(index, index))
        picture = (changes or {}).get(index, lambda same: same)(picture)
        assert cv2.imwrite(str(folder / f"image_{index}.{kind}"), picture)
    return folder
