"""MediaPipe's selfie segmentation (Apache-2.0) on LiteRT: the person in a square around a box.

The network was trained on one person who fills most of the picture, so that it sees every person by themselves.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.models.blazepose.networks import interpreter_of_shape, read_model
from neuropose_ray.models.weights import Weights
from neuropose_ray.schemas.poses import Frame

MODEL_FILE = "selfie_segmentation.tflite"
_SIDE = 256
#: The square around a box is this much larger than the box, so that hands and hair are in it.
_MARGIN = 1.25
_THRESHOLD = 0.5


class SelfieSegmenter:
    """The loaded network.

    Args:
        weights: those of ``selfie_segmentation`` out of the weight store.
        threads: of the CPU.

    Raises:
        ModelError: the file is missing or is not the model.
    """

    def __init__(self, weights: Weights, threads: int = 1) -> None:
        path = Path(weights.path) / MODEL_FILE
        self.name = f"selfie_segmentation {weights.sha256[:12]}"
        self._interpreter = interpreter_of_shape(read_model(path), threads, (1, _SIDE, _SIDE, 3), path)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def segment(self, frame: Frame, boxes: NDArray[np.floating]) -> NDArray[np.bool_]:
        """The pixels of each person, none beyond the square around the box."""
        import cv2

        height, width = frame.shape[:2]
        masks = np.zeros((len(boxes), height, width), np.bool_)
        for mask, box in zip(masks, np.asarray(boxes, np.float64), strict=True):
            side = max(1.0, _MARGIN * max(box[2], box[3]))
            left, top = box[:2] + box[2:] / 2 - side / 2
            to_crop = np.array([[_SIDE / side, 0, -left * _SIDE / side], [0, _SIDE / side, -top * _SIDE / side]])
            crop = cv2.warpAffine(frame, to_crop, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR)
            shares = self._run(np.asarray(crop, np.uint8))
            inverse = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
            mask[:] = cv2.warpAffine(shares, to_crop, (width, height), flags=inverse) > _THRESHOLD
        return masks

    def _run(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """``(256, 256)`` how likely each pixel is the person's."""
        picture = crop[None].astype(np.float32) / np.float32(255)
        self._interpreter.set_tensor(self._input, picture)
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output)[0, :, :, 0], np.float32)
