"""The bare model loop: the fastest loop that one could write with the weights and the frames alone.

The landmark network of BlazePose runs as it is published, with all its outputs. Only one person is followed, as
MediaPipe does; on videos with several people the program does more than this loop.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from neuropose_ray.benchmark.clip import Frames
from neuropose_ray.benchmark.synthetic import SyntheticSpec, spend
from neuropose_ray.models import BlazePoseSettings, MetrabsSettings, ModelSpec, PoseModelSpec
from neuropose_ray.models.blazepose.detection import PersonDetector
from neuropose_ray.models.blazepose.geometry import LANDMARK_SIDE, Regions, whole_view
from neuropose_ray.models.blazepose.landmarks import ALIGNMENT, refine_by_heatmap, to_frame
from neuropose_ray.models.blazepose.networks import DetectorNetwork
from neuropose_ray.models.metrabs.settings import CPU_BATCH_SIZE, GPU_BATCH_SIZE
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame

#: MediaPipe's min_detection_confidence and min_tracking_confidence.
_THRESHOLD = 0.5


class BaselineModel(Protocol):
    """Weights in memory that see consecutive frames."""

    batch_size: int

    def see(self, frames: Frames) -> int:
        """Predict the poses of the next frames; return their number."""
        ...


def baseline_model(spec: PoseModelSpec, camera: Camera) -> BaselineModel:
    """The bare loop of a pose model.

    Raises:
        ModelError: the weights cannot be loaded.
    """
    if isinstance(spec, SyntheticSpec):
        return SyntheticBaseline(spec)
    assert isinstance(spec, ModelSpec)
    if isinstance(spec.settings, MetrabsSettings):
        return MetrabsBaseline(spec, spec.settings, camera)
    return BlazePoseBaseline(spec.weights.path, spec.settings)


class BlazePoseBaseline:
    """One person followed from frame to frame; the detector runs only while nobody is followed."""

    batch_size = 1

    def __init__(self, folder: Path, settings: BlazePoseSettings) -> None:
        import cv2
        from ai_edge_litert.interpreter import Interpreter

        from neuropose_ray.models.blazepose.model import DETECTOR_FILE, LANDMARK_FILE

        cv2.setNumThreads(1)
        self._detector = PersonDetector(DetectorNetwork(folder / DETECTOR_FILE, settings.threads), _THRESHOLD)
        self._network = Interpreter(model_path=str(folder / LANDMARK_FILE), num_threads=settings.threads)
        self._network.allocate_tensors()
        self._input = self._network.get_input_details()[0]["index"]
        self._outputs = {detail["name"]: detail["index"] for detail in self._network.get_output_details()}
        self.region = Regions.none()

    def see(self, frames: Frames) -> int:
        """Follow the person through the next frames."""
        return sum(self._follow(frame) for frame in frames)

    def _follow(self, frame: Frame) -> bool:
        import cv2

        if not len(self.region):
            detections = self._detector.find(frame, whole_view(frame.shape[1], frame.shape[0]))
            self.region = detections.take(np.arange(min(1, len(detections))))
            if not len(detections):
                return False
        matrices = self.region.crop_matrices()
        crop = cv2.warpAffine(frame, matrices[0], (LANDMARK_SIDE, LANDMARK_SIDE), flags=cv2.INTER_LINEAR)
        self._network.set_tensor(self._input, np.multiply(crop, np.float32(1 / 255))[None])
        self._network.invoke()
        if self._output("Identity_1").item() < _THRESHOLD:
            self.region = Regions.none()
            return False
        points = self._output("Identity").reshape(1, 39, 5)[..., :2].astype(np.float64)
        pixels = to_frame(refine_by_heatmap(points, self._output("Identity_3")), matrices)
        hip, top = pixels[0, ALIGNMENT]
        self.region = Regions.from_points(hip[None], top[None])
        return True

    def _output(self, name: str) -> Any:
        return self._network.get_tensor(self._outputs[name])


class SyntheticBaseline:
    """The synthetic model's time on every frame, and nothing else."""

    def __init__(self, spec: SyntheticSpec) -> None:
        self.batch_size, self._frame_ms = spec.batch_size, spec.frame_ms

    def see(self, frames: Frames) -> int:
        """Spend the time that a frame costs."""
        spend(self._frame_ms * len(frames), time.thread_time())
        return len(frames)


class MetrabsBaseline:
    """``detect_poses_batched`` on batches as large as the pose model's own."""

    def __init__(self, spec: ModelSpec, settings: MetrabsSettings, camera: Camera) -> None:
        from neuropose_ray.models.metrabs.saved_model import load_saved_model, start_tensorflow
        from neuropose_ray.models.metrabs.tensors import camera_arguments, setting_arguments

        device = start_tensorflow(settings)
        self._model = load_saved_model(spec.weights.path)
        self._arguments = {**camera_arguments(camera), **setting_arguments(settings)}
        self.batch_size = settings.batch_size or (CPU_BATCH_SIZE if device == "cpu" else GPU_BATCH_SIZE)

    def see(self, frames: Frames) -> int:
        """All people in the next frames."""
        return len(self._model.detect_poses_batched(frames, **self._arguments)["poses3d"].flat_values.numpy())
