"""The pose model ``metrabs``: a TensorFlow SavedModel with a detector and the pose network in one callable."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import ModelError
from neuropose_ray.models.metrabs.saved_model import complaint_of, load_saved_model, read_skeleton, start_tensorflow
from neuropose_ray.models.metrabs.settings import CPU_BATCH_SIZE, GPU_BATCH_SIZE, MetrabsSettings
from neuropose_ray.models.metrabs.shortage import is_memory_shortage
from neuropose_ray.models.metrabs.tensors import (
    camera_arguments,
    most_frames,
    padded_count,
    read_poses,
    setting_arguments,
    stack_frames,
)
from neuropose_ray.models.protocol import ModelInfo
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses

#: Batches that a GPU has to do with at once: one is put together, one is copied to it, one is computed. To put 32
#: frames of 1080p together takes a core 50 ms or more; a fast GPU sees them in 20.
_CALLS_ON_GPU = 3
# The detector's input side, and any field of view: the first call is for the kernels, not for the result.
_WARM_UP_CAMERA = Camera.from_field_of_view(416, 416, 55, source="assumed")


class MetrabsModel:
    """MeTRAbs in memory, warm, on one device.

    Several people per frame, metric 3D in camera axes. Every frame is seen for itself, so results do not depend on
    the batch that a frame is in. Several threads may call it: one computes, and meanwhile the others copy their
    frames to the device.
    """

    def __init__(self, folder: Path, *, sha256: str, filename: str, settings: MetrabsSettings) -> None:
        """Load the SavedModel in ``folder`` and run it once.

        Args:
            folder: holds ``saved_model.pb``.
            sha256: the digest of the weights, as provenance and caches name them.
            filename: the archive or folder that the weights came in.
            settings: everything else.

        Raises:
            ModelError: the device, the SavedModel or its first run fails.
            SettingsError: the weights do not know the skeleton.
        """
        self._settings = settings
        device = start_tensorflow(settings)
        self._saved_model = load_saved_model(folder)
        import tensorflow as tf

        self._info = ModelInfo(
            name="metrabs",
            sha256=sha256,
            filename=filename,
            skeleton=read_skeleton(self._saved_model, settings.skeleton),
            runtime=f"tensorflow {tf.__version__}",
            device=device,
            settings=settings.fingerprint(),
            frames_alone=True,
            calls_at_once=1 if device == "cpu" else _CALLS_ON_GPU,
        )
        self._computing = threading.Lock()
        self._batch_size = settings.batch_size or (CPU_BATCH_SIZE if device == "cpu" else GPU_BATCH_SIZE)
        self._arguments = setting_arguments(settings)
        self._warm_up()

    @property
    def info(self) -> ModelInfo:
        """The model's identity, as provenance records it."""
        return self._info

    @property
    def batch_size(self) -> int:
        """Frames per call; fewer than configured once memory ran out."""
        return self._batch_size

    def session(self, camera: Camera, first_frame: int = 0) -> MetrabsSession:  # noqa: ARG002  the protocol's
        """Start on frames taken by ``camera``; nothing is remembered from call to call."""
        return MetrabsSession(self, camera)

    def detect(self, frames: Sequence[Frame], camera: Camera) -> Poses:
        """The people in ``frames``, in batches; a batch that does not fit in memory is halved for good.

        Raises:
            ModelError: a frame is not of the camera's size, the camera has a lens that MeTRAbs does not know,
                a single frame does not fit in memory, or TensorFlow fails otherwise.
        """
        import tensorflow as tf

        parts: list[Poses] = []
        offsets: list[int] = []
        done = 0
        while done < len(frames):
            most = min(self._batch_size, most_frames(camera))
            batch = frames[done : done + most]
            count = padded_count(len(batch), most)
            try:
                poses = self._detect_batch(batch, count, camera)
            except tf.errors.OpError as error:
                if is_memory_shortage(error):
                    self._shrink_batch(count, error)
                    continue
                raise ModelError(f"TensorFlow failed ({complaint_of(error)})", where=self._info.filename) from error
            parts.append(poses)
            offsets.append(done)
            done += len(batch)
        return Poses.concatenate(parts, offsets) if parts else Poses.empty(len(self._info.skeleton))

    def _detect_batch(self, frames: Sequence[Frame], count: int, camera: Camera) -> Poses:
        images = self._on_device(stack_frames(frames, count, camera))
        with self._computing:  # two batches at once would take twice the memory, and be no faster
            result = self._saved_model.detect_poses_batched(images, **camera_arguments(camera), **self._arguments)
            people_per_frame = result["boxes"].row_lengths().numpy()
            boxes, poses2d, poses3d = (result[name].flat_values.numpy() for name in ("boxes", "poses2d", "poses3d"))
        people, joints = int(people_per_frame.sum()), len(self._info.skeleton)
        return read_poses(
            people_per_frame,
            boxes,
            poses2d.reshape(people, joints, 2),
            poses3d.reshape(people, joints, 3),
            frames=len(frames),
            camera_from_world=self._settings.camera_from_world(),
        )

    def _on_device(self, images: NDArray[np.uint8]) -> Any:
        if self._info.device == "cpu":
            return images
        import tensorflow as tf

        return tf.identity(images)

    def _shrink_batch(self, failed: int, error: Exception) -> None:
        if failed == 1:
            raise ModelError(
                f"one frame at a time does not fit in memory ({complaint_of(error)})",
                where=f"device {self._info.device}",
                hint="lower internal_batch_size or num_aug, or choose another device",
            ) from error
        self._batch_size = min(self._batch_size, failed // 2)

    def _warm_up(self) -> None:
        # Optimises the graph and loads the GPU's libraries, so that neither the first user nor a timeout pays for it.
        black = np.zeros((_WARM_UP_CAMERA.height, _WARM_UP_CAMERA.width, 3), np.uint8)
        self.session(_WARM_UP_CAMERA).predict([black])


class MetrabsSession:
    """One model over frames of one camera."""

    def __init__(self, model: MetrabsModel, camera: Camera) -> None:
        self._model, self._camera = model, camera

    def predict(self, frames: Sequence[Frame]) -> Poses:
        """The people in ``frames``; rows point to positions in ``frames``.

        Raises:
            ModelError: as :meth:`MetrabsModel.detect`.
        """
        return self._model.detect(frames, self._camera)
