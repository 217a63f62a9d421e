"""BlazePose as a pose model."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from neuropose_ray.models.blazepose.detection import PersonDetector
from neuropose_ray.models.blazepose.landmarks import SKELETON, LandmarkFinder
from neuropose_ray.models.blazepose.networks import DetectorNetwork, LandmarkNetwork
from neuropose_ray.models.blazepose.session import LEAD_IN_FRAMES, BlazePoseSession
from neuropose_ray.models.blazepose.settings import BlazePoseSettings
from neuropose_ray.models.protocol import ModelInfo
from neuropose_ray.schemas.camera import Camera

DETECTOR_FILE = "pose_detection.tflite"
LANDMARK_FILE = "pose_landmark_full.tflite"


class BlazePoseModel:
    """BlazePose GHUM full on LiteRT.

    Args:
        folder: where ``pose_detection.tflite`` and ``pose_landmark_full.tflite`` lie.
        sha256: what identifies the two files together.
        filename: what ``sha256`` is the digest of.
        settings: see :class:`BlazePoseSettings`.

    Raises:
        ModelError: a file is missing or is not the model.
    """

    #: Frames are followed one by one, so a larger call gains nothing and would only hold memory.
    batch_size = 8

    def __init__(self, folder: Path, *, sha256: str, filename: str, settings: BlazePoseSettings) -> None:
        self._settings = settings
        self._detector = PersonDetector(
            DetectorNetwork(folder / DETECTOR_FILE, settings.threads), settings.detector_threshold
        )
        self._finder = LandmarkFinder(LandmarkNetwork(folder / LANDMARK_FILE, settings.threads), settings.mirror)
        self.info = ModelInfo(
            name="blazepose",
            sha256=sha256,
            filename=filename,
            skeleton=SKELETON,
            runtime=f"ai-edge-litert {version('ai-edge-litert')}",
            device="cpu",
            settings=settings.fingerprint(),
            lead_in_frames=LEAD_IN_FRAMES,
        )

    def session(self, camera: Camera, first_frame: int = 0) -> BlazePoseSession:
        """Start on consecutive frames taken by ``camera``, the first of which has this number in its video."""
        return BlazePoseSession(self._detector, self._finder, self._settings, camera, first_frame)
