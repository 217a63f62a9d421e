"""A detector out of a user's own ONNX file, run by ONNX Runtime.

Its one input is a picture ``(1, 3, height, width)``, RGB in 0..1, into which the frame is fitted with grey borders.
Its one output is of either of two kinds: ``(1, n, 6)``, corners, score and class of each detection, as networks give
that suppress overlapping boxes themselves; or ``(1, 4 + classes, n)``, centre, size and the score of each class, as
YOLOv8 does. Pixels are those of the input.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import ModelError, first_line
from neuropose_ray.models.detectors.protocol import Detections
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.schemas.poses import Frame

#: Boxes that overlap more are one person: the usual value of detectors of this kind.
SAME_BOX_OVERLAP = 0.65
#: The input's side where the file leaves it open.
_USUAL_SIDE = 640
_GREY = 114


class OnnxDetector:
    """A loaded detector.

    Args:
        path: the ONNX file.
        min_score: detections below it are left out.
        person_class: the number of people among the classes; 0 in COCO's.
        threads: of the CPU.

    Raises:
        ModelError: ONNX Runtime is not installed, the file cannot be loaded, or the input is no picture.
    """

    def __init__(self, path: Path, *, min_score: float = 0.25, person_class: int = 0, threads: int = 1) -> None:
        try:
            import onnxruntime
        except ImportError as error:
            hint = "pip install 'neuropose-ray[detect]'"
            raise ModelError("a detector of one's own needs ONNX Runtime", where=str(path), hint=hint) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            self.name = f"{path.name} {file_sha256(path)[:12]}"
        except Exception as error:
            raise ModelError(f"is no network that can be run ({first_line(error)})", where=str(path)) from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4:
            shapes = ", ".join(str(entry.shape) for entry in inputs)
            raise ModelError(f"its inputs are {shapes}, not one picture (1, 3, height, width)", where=str(path))
        self._input = inputs[0].name
        height, width = (side if isinstance(side, int) else _USUAL_SIDE for side in inputs[0].shape[2:])
        self._size = (width, height)
        self._path, self._min_score, self._person_class = path, min_score, person_class

    def detect(self, frame: Frame, index: int) -> Detections:  # noqa: ARG002 - every frame by itself
        """The people in one frame.

        Raises:
            ModelError: the network fails, or its output is of neither kind.
        """
        picture, scale, shift = fitted(frame, self._size)
        try:
            (output, *_) = self._session.run(None, {self._input: picture})
        except Exception as error:
            raise ModelError(f"failed ({first_line(error)})", where=str(self._path)) from error
        corners, scores = self._people(np.asarray(output, np.float64))
        height, width = frame.shape[:2]
        corners = np.clip((corners.reshape(-1, 2, 2) - shift) / scale, 0, (width, height)).reshape(-1, 4)
        boxes = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1)
        kept = (scores >= self._min_score) & (boxes[:, 2:] > 0).all(1)
        boxes, scores = boxes[kept], scores[kept]
        order = surest_apart(boxes, scores)
        return Detections(boxes[order], scores[order])

    def _people(self, output: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Corners ``(n, 4)`` in pixels of the input, and scores ``(n,)``, of people alone."""
        if output.ndim == 3 and len(output) == 1 and output.shape[2] == 6:
            rows = output[0][output[0][:, 5].round() == self._person_class]
            return rows[:, :4], rows[:, 4]
        if output.ndim == 3 and len(output) == 1 and output.shape[1] > 4 + self._person_class:
            rows = output[0].T
            people = rows[:, 4:].argmax(1) == self._person_class
            centre, size = rows[people, :2], rows[people, 2:4]
            return np.concatenate([centre - size / 2, centre + size / 2], 1), rows[people, 4 + self._person_class]
        what = f"its output is {output.shape}, neither (1, n, 6) nor (1, 4 + classes, n)"
        raise ModelError(what, where=str(self._path), hint="export the network as YOLOv8 or newer does")


def fitted(frame: Frame, size: tuple[int, int]) -> tuple[NDArray[np.float32], float, NDArray[np.float64]]:
    """A frame inside of a picture of another size, between grey borders.

    Returns:
        The picture ``(1, 3, height, width)`` in 0..1; the factor and the shift that lead from the frame's pixels to
        the picture's.
    """
    import cv2

    width, height = size
    scale = min(width / frame.shape[1], height / frame.shape[0])
    inner = max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale))
    resized = cv2.resize(frame, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas = np.full((height, width, 3), _GREY, np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = resized
    picture = np.ascontiguousarray(canvas.transpose(2, 0, 1)[None], np.float32) / np.float32(255)
    return picture, scale, np.array([left, top], np.float64)


def surest_apart(boxes: NDArray[np.float64], scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Rows of the boxes that overlap no surer one, the surest first."""
    kept: list[int] = []
    for row in np.argsort(-scores, kind="stable").tolist():
        if not kept or _overlaps(boxes[row], boxes[kept]).max() <= SAME_BOX_OVERLAP:
            kept.append(row)
    return np.array(kept, np.int64)


def _overlaps(box: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union."""
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(1)
    return np.asarray(shared / (box[2:].prod() + others[:, 2:].prod(1) - shared), np.float64)
