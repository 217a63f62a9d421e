from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.orientation import Orientation
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import Chunk

MakeVideo = Callable[..., Path]
RED, GREEN, BLUE, WHITE = (254, 0, 0), (0, 254, 0), (0, 0, 254), (235, 235, 235)


def corners(image: np.ndarray) -> list[list[int]]:
    """Colours of the four quarters: top left, top right, bottom left, bottom right."""
    height, width = image.shape[:2]
    rows, columns = (height // 4, 3 * height // 4), (width // 4, 3 * width // 4)
    return [image[row, column].astype(int).tolist() for row in rows for column in columns]


@pytest.mark.parametrize(
    ("counterclockwise", "mirrored", "shown"),
    [
        (0, False, [RED, GREEN, BLUE, WHITE]),
        (-90, False, [BLUE, RED, WHITE, GREEN]),
        (180, False, [WHITE, BLUE, GREEN, RED]),
        (90, False, [GREEN, WHITE, RED, BLUE]),
        (0, True, [GREEN, RED, WHITE, BLUE]),
        (180, True, [BLUE, WHITE, RED, GREEN]),
    ],
)
def test_pictures_are_shown_as_a_player_shows_them(
    make_video: MakeVideo, counterclockwise: float, mirrored: bool, shown: list[tuple[int, int, int]]
) -> None:
    stored = np.zeros((120, 160, 3), np.uint8)
    stored[:60, :80], stored[:60, 80:], stored[60:, :80], stored[60:, 80:] = RED, GREEN, BLUE, WHITE
    path = make_video("turned.mp4", pictures=[stored] * 2, rotation=(counterclockwise, mirrored))
    info = probe(open_source(path))
    (first, _) = decode_chunk(info, Chunk(0, -np.inf, np.inf, 0, 2))
    assert first.image.shape == (info.height, info.width, 3)
    assert first.image.flags.c_contiguous
    assert np.abs(np.array(corners(first.image)) - np.array(shown)).max() <= 12


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_upright_pictures_have_the_upright_size(degrees: int, mirrored: bool) -> None:
    orientation = Orientation(degrees, mirrored)
    image = orientation.upright(np.zeros((2, 5, 3), np.uint8))
    assert image.shape[1::-1] == orientation.size(5, 2)
    assert orientation.size(*orientation.size(5, 2)) == (5, 2)
