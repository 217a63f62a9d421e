import numpy as np
import pytest

from neuropose_ray.render.overlay.faces import hide_heads
from neuropose_ray.render.overlay.heads import Heads

HEIGHT, WIDTH = 200, 240


def head(x, y, half_height=60.0, up=(0.0, -1.0)):
    return Heads(np.array([3]), np.array([[x, y]], float), np.array([half_height]), np.array([up], float))


def noise(cell=1):
    small = np.random.default_rng(0).integers(0, 256, (HEIGHT // cell + 1, WIDTH // cell + 1, 3), np.uint8)
    return np.kron(small, np.ones((cell, cell, 1), np.uint8))[:HEIGHT, :WIDTH].copy()


def hidden(image, heads, frame=3):
    result = image.copy()
    hide_heads(result, heads, frame)
    return result


def distance(heads):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    up = heads.up[0] / np.linalg.norm(heads.up[0])
    away = np.stack([x, y], axis=-1) - heads.centre[0]
    return np.hypot(away @ up / heads.half_height[0], away @ [-up[1], up[0]] / heads.half_width[0])


@pytest.mark.parametrize("up", [(0, -1), (1, 0), (0.6, 0.8), (-0.6, 0.8)])
@pytest.mark.parametrize("centre", [(120, 100), (0, 0), (239, 199), (-20, 100), (120.4, 220.7)])
def test_all_inside_is_changed_and_all_outside_is_left(centre, up):
    image, heads = noise(), head(*centre, up=up)
    changed = (hidden(image, heads) != image).any(axis=2)
    inside = distance(heads)
    assert changed[inside < 0.98].mean() > 0.98
    assert not changed[inside > 1.06].any()


def test_details_of_the_size_of_eyes_and_mouth_are_gone_for_good():
    """Two faces with the same few mean colours become the same picture: nothing could tell them apart again."""
    plain = np.full((HEIGHT, WIDTH, 3), 120, np.uint8)
    for cell in (2, 5):  # 60 px are the half of some 37 cm: 2 and 5 px are 1 and 3 cm
        rows, columns = np.mgrid[:HEIGHT, :WIDTH] // cell
        checked = np.where((rows + columns)[..., None] % 2, 60, 180).repeat(3, axis=2).astype(np.uint8)
        heads = head(120, 100)
        left = hidden(checked, heads).astype(int)[distance(heads) < 0.95] - hidden(plain, heads)[0, 0]
        assert np.abs(left).max() <= 12, "of a contrast of 120"


def test_small_and_large_heads_keep_equally_little():
    for half_height in (8.0, 30.0, 90.0):
        heads = head(120, 100, half_height)
        inside = distance(heads) < 0.9
        kept = hidden(noise(), heads)[inside].std() / noise()[inside].std()
        assert kept < 0.35


def test_other_frames_and_heads_off_the_frame_leave_the_picture_alone():
    image = noise()
    assert (hidden(image, head(120, 100), frame=2) == image).all()
    for x, y in [(-500, 100), (120, -500), (5000, 100), (120, 5000), (1e12, -1e12)]:
        assert (hidden(image, head(x, y)) == image).all()


def test_without_a_direction_the_ellipse_is_upright():
    image = noise()
    assert (hidden(image, head(120, 100, up=(0, 0))) == hidden(image, head(120, 100))).all()
