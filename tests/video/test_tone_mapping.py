"""Phones film in high dynamic range: what is drawn and what the model sees has the colours of a normal picture."""

import math
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.tone_mapping import HDR_TRANSFERS, ToneMap
from neuropose_ray.video.types import Chunk

MakeVideo = Callable[..., Path]
PQ, HLG = 16, 18


def frame(path: Path, index: int) -> np.ndarray:
    info = probe(open_source(path))
    chunk = Chunk(0, -math.inf, math.inf, 0, info.frame_count)
    return next(islice(decode_chunk(info, chunk), index, None)).image


def grey(signal: float) -> np.ndarray:
    return np.full((2, 2, 3), round(signal * 65535), np.uint16)


@pytest.mark.slow
def test_a_phones_hlg_video_has_the_colours_of_the_picture_that_it_was_made_from(test_data: Path) -> None:
    original = frame(test_data / "opencap/squat.mp4", 100).astype(int)
    shown = frame(test_data / "field/hlg_hdr.mov", 100).astype(int)
    assert shown.shape == original.shape
    assert np.abs(shown - original).mean() < 5, "unconverted it is 14"
    assert np.abs(shown.mean((0, 1)) - original.mean((0, 1))).max() < 8
    red = (slice(560, 700), slice(420, 520))  # the screen behind her
    assert shown[red][..., 0].mean() - shown[red][..., 1].mean() > 110, "unconverted it is 75"


@pytest.mark.parametrize("transfer", sorted(HDR_TRANSFERS))
def test_black_is_black_grey_is_grey_and_brighter_is_brighter(transfer: int) -> None:
    tone_map = ToneMap(transfer)
    values = np.array([tone_map(grey(signal))[0, 0] for signal in np.linspace(0, 1, 33)]).astype(int)
    assert values[0].tolist() == [0, 0, 0]
    assert np.ptp(values, axis=1).max() <= 1
    assert (np.diff(values[:, 1]) >= 0).all()
    assert values[-1, 1] >= 254


def test_white_at_203_nits_is_nearly_the_screens_white_in_both_curves() -> None:
    """BT.2408: HLG at 75 %, PQ at 58 %."""
    hlg, pq = ToneMap(HLG)(grey(0.75))[0, 0, 1], ToneMap(PQ)(grey(0.5807))[0, 0, 1]
    assert 235 <= hlg <= 250
    assert abs(int(hlg) - int(pq)) <= 2


def test_a_colour_beyond_the_screens_keeps_its_hue() -> None:
    red = np.zeros((1, 1, 3), np.uint16)
    red[..., 0] = 65535
    shown = ToneMap(HLG)(red)[0, 0]
    assert shown[0] > 200
    assert shown[1:].max() == 0


def test_pictures_of_normal_range_are_not_touched(make_video: MakeVideo) -> None:
    import av

    path = make_video("clip.mp4", frames=2)
    with av.open(path) as container:
        plain = next(container.decode(video=0)).to_ndarray(format="rgb24")
    np.testing.assert_array_equal(frame(path, 0), plain)
