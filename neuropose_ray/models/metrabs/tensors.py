"""Between our types and the arrays that ``detect_poses_batched`` takes and gives. Pure NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuropose_ray.errors import ModelError
from neuropose_ray.models.metrabs.settings import MetrabsSettings
from neuropose_ray.schemas.camera import Camera
from neuropose_ray.schemas.poses import Frame, Poses

_UNKNOWN_INTRINSICS = np.full((1, 3, 3), -1, np.float32)
# k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4: OpenCV's order, without its tilted sensor.
_MOST_DISTORTION_COEFFICIENTS = 12
# Kernels of TensorFlow for GPUs count in 32 bits with a sign; past that some end the process.
_MOST_ELEMENTS = 2**31 - 1


def setting_arguments(settings: MetrabsSettings) -> dict[str, Any]:
    """The keyword arguments that are the same for every frame, in the types of the model's signature."""
    return {
        "extrinsic_matrix": settings.camera_from_world().astype(np.float32)[None],
        "world_up_vector": np.array(settings.world_up_vector, np.float32),
        "internal_batch_size": np.int32(settings.internal_batch_size),
        "antialias_factor": np.int32(settings.antialias_factor),
        "num_aug": np.int32(settings.num_aug),
        # One pose per person is what every later step takes; the crops' own poses would only multiply the rows.
        "average_aug": np.bool_(True),
        "skeleton": settings.skeleton,
        "detector_threshold": np.float32(settings.detector_threshold),
        "detector_nms_iou_threshold": np.float32(settings.detector_nms_iou_threshold),
        "max_detections": np.int32(settings.max_detections or -1),
        "detector_flip_aug": np.bool_(settings.detector_flip_aug),
        "suppress_implausible_poses": np.bool_(settings.suppress_implausible_poses),
    }


def camera_arguments(camera: Camera) -> dict[str, Any]:
    """The keyword arguments that describe the camera.

    A measured or given focal length goes in as the intrinsic matrix. An assumed one is left to the model, by its
    marker for unknown intrinsics (all -1) and a field of view over the larger side of the frame: it then builds
    the matrix by its own rule, as in its published results, and the call says that nobody measured it.

    Raises:
        ModelError: more distortion coefficients than the model has.
    """
    known = camera.source != "assumed"
    return {
        "intrinsic_matrix": camera.matrix.astype(np.float32)[None] if known else _UNKNOWN_INTRINSICS,
        "distortion_coeffs": _distortion(camera.distortion),
        "default_fov_degrees": np.float32(camera.field_of_view_degrees),
    }


def _distortion(coefficients: Sequence[float]) -> NDArray[np.float32]:
    if len(coefficients) > _MOST_DISTORTION_COEFFICIENTS:
        raise ModelError(
            f"MeTRAbs knows {_MOST_DISTORTION_COEFFICIENTS} distortion coefficients, not {len(coefficients)}",
            where="camera",
            hint="calibrate without the tilted sensor model",
        )
    padded = np.zeros((1, _MOST_DISTORTION_COEFFICIENTS), np.float32)
    padded[0, : len(coefficients)] = coefficients
    return padded


def padded_count(count: int, most: int) -> int:
    """The batch size for ``count`` frames: the next power of two, ``most`` at the most.

    A GPU picks its kernels anew for every batch size that it meets, which takes seconds; so it meets few.
    """
    return min(1 << (count - 1).bit_length(), most)


def most_frames(camera: Camera) -> int:
    """The largest number of frames of the camera per call, whatever the memory; at least one."""
    return max(1, _MOST_ELEMENTS // (camera.height * camera.width * 3))


def stack_frames(frames: Sequence[Frame], count: int, camera: Camera) -> NDArray[np.uint8]:
    """``(count, height, width, 3)``: the frames and behind them black ones.

    Nobody is found on a black frame, so it costs the detector's time alone; a repeated frame would also cost crops.

    Raises:
        ModelError: a frame has another size than the camera.
    """
    shape = (camera.height, camera.width, 3)
    batch = np.zeros((count, *shape), np.uint8)
    for position, frame in enumerate(frames):
        if frame.shape != shape:
            raise ModelError(
                f"its shape is {frame.shape}, the camera's {shape}", where=f"frame {position} of the batch"
            )
        batch[position] = frame
    return batch


def read_poses(
    people_per_frame: NDArray[np.int64],
    boxes: NDArray[np.float32],
    poses2d: NDArray[np.float32],
    poses3d: NDArray[np.float32],
    *,
    frames: int,
    camera_from_world: NDArray[np.float64],
) -> Poses:
    """The model's results as rows of people.

    MeTRAbs scores people, not joints: every joint gets its person's detector score. A person with a coordinate that
    is no finite number (a degenerate crop) is left out.

    Args:
        people_per_frame: ``(batch,)``, the length of every ragged row.
        boxes: ``(n, 5)`` left, top, width, height in pixels, score.
        poses2d: ``(n, joints, 2)`` pixels.
        poses3d: ``(n, joints, 3)`` mm in world axes.
        frames: how many of the batch are frames; people on the padding behind them are left out.
        camera_from_world: ``(4, 4)``, takes the poses back into camera axes.
    """
    frame = np.repeat(np.arange(len(people_per_frame), dtype=np.int64), people_per_frame)
    in_camera = (poses3d @ camera_from_world[:3, :3].T + camera_from_world[:3, 3]).astype(np.float32)
    finite = np.isfinite(boxes).all(axis=1) & np.isfinite(poses2d).all(axis=(1, 2))
    finite &= np.isfinite(in_camera).all(axis=(1, 2))
    scores = np.repeat(boxes[:, 4:5], poses3d.shape[1], axis=1)
    return Poses(frame, boxes, poses2d, in_camera, scores).take((frame < frames) & finite)
