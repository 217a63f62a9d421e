"""Pictures of high dynamic range (HLG, PQ) as a normal screen shows them: BT.2100's curves, BT.2408's levels.

libswscale converts them as well, but takes four seconds to begin, which each chunk of a video would pay.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.schemas.poses import Frame

# Transfer characteristics in the codes of ITU-T H.273.
_PQ, _HLG = 16, 18
#: Transfer characteristics of high dynamic range.
HDR_TRANSFERS = frozenset([_PQ, _HLG])

_LEVELS = 1 << 16
# cd/m2: the screen that HLG is made for, and diffuse white on it (BT.2408), which is to be white on a normal one.
_PEAK_NITS, _WHITE_NITS = 1000.0, 203.0
_PEAK = _PEAK_NITS / _WHITE_NITS
# BT.2100, table 5.
_A, _B, _C, _SYSTEM_GAMMA = 0.17883277, 0.28466892, 0.55991073, 1.2
# BT.2100, table 4.
_M1, _M2, _C1, _C2, _C3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
# BT.2087: linear BT.2020 to BT.709; the last row is BT.2020's luminance.
_TO_BT709_AND_LUMINANCE = np.array(
    [
        [1.6605, -0.5876, -0.0728],
        [-0.1246, 1.1329, -0.0083],
        [-0.0182, -0.1006, 1.1187],
        [0.2627, 0.6780, 0.0593],
    ],
    np.float32,
)
# Light up to this part of white stays as it is, what is brighter is pressed together below the screen's maximum.
_KNEE = 0.8
_SCREEN_GAMMA = 2.4


class ToneMap:
    """Turns pictures of one transfer characteristic, with BT.2020's primaries, into those of a normal screen."""

    def __init__(self, transfer: int) -> None:
        """Compute the tables.

        Args:
            transfer: one of :data:`HDR_TRANSFERS`.
        """
        signal = np.linspace(0, 1, _LEVELS)
        self._is_scene_light = transfer == _HLG
        self._light = (_hlg_light(signal) if self._is_scene_light else _pq_light(signal)).astype(np.float32)
        self._signal = np.round(255 * _screen_signal(np.linspace(0, _PEAK, _LEVELS))).astype(np.uint8)

    def __call__(self, picture: NDArray[np.uint16]) -> Frame:
        """``(height, width, 3)`` uint8 of full-range RGB ``(height, width, 3)`` uint16."""
        import cv2

        mixed = cv2.transform(self._light[picture], _TO_BT709_AND_LUMINANCE)
        light = mixed[..., :3]
        if self._is_scene_light:
            # The screen that HLG is made for raises contrast by the luminance of each pixel.
            light = light * cv2.pow(np.maximum(mixed[..., 3:], 1e-6), _SYSTEM_GAMMA - 1)[..., None]
        levels = np.clip(light * ((_LEVELS - 1) / _PEAK), 0, _LEVELS - 1).astype(np.uint16)
        mapped: Frame = self._signal[levels]
        return mapped


def _hlg_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scene light of an HLG signal, scaled so that the screen shows white as 1."""
    light = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - _C) / _A) + _B) / 12)
    # The system gamma is applied to unscaled light: of l^gamma * peak, l * peak is taken here, l^(gamma - 1) later.
    return np.asarray(light * _PEAK ** (1 / _SYSTEM_GAMMA))


def _pq_light(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light of a PQ signal on the screen, white as 1."""
    power = signal ** (1 / _M2)
    return 10_000 / _WHITE_NITS * (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)


def _screen_signal(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Signal in 0 to 1 for a normal screen, of light in which white is 1, with a soft shoulder up to the peak."""
    slope = (_PEAK - _KNEE) / (1 - _KNEE)
    above = np.maximum(light - _KNEE, 0) / (_PEAK - _KNEE)
    pressed = np.where(light <= _KNEE, light, _KNEE + (1 - _KNEE) * slope * above / (1 + (slope - 1) * above))
    return np.asarray(pressed ** (1 / _SCREEN_GAMMA))
