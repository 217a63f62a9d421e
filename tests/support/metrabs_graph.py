"""The stand-in's detector and pose rule as TensorFlow operations."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from support.metrabs_world import (
    BROKEN_BELOW_PX,
    IMPLAUSIBLE_BELOW_PX,
    MARKERS,
    MM_PER_ANTIALIASING,
    MM_PER_AUGMENTATION,
    OFFSETS,
    SQUARE_MM,
)


def exhaust_memory_above(most_frames: Any, images: Any, boxes: Any) -> Any:
    """The boxes, unless there are too many images: then TensorFlow's allocator fails as it does without memory."""
    frames = tf.shape(images, tf.int64)[0]
    # 2 ** 48 bytes are more than a process can address.
    bytes_wanted = tf.where(frames > most_frames, frames * 2**48, 1)
    nothing = tf.cast(tf.fill([bytes_wanted], tf.constant(0, tf.uint8))[0], tf.float32)
    return boxes.with_flat_values(boxes.flat_values + nothing)


def find_markers(images: Any, threshold: Any, iou_threshold: Any, max_detections: Any, flip: Any) -> Any:
    """Ragged ``(images, people, 5)``: the squares' left, top, width, height and score, best first."""
    lit, dark = tf.unstack(images > 195, axis=-1), tf.unstack(images < 60, axis=-1)  # a codec blurs pure colours
    found = []
    for marker in MARKERS:
        red, green, blue = (lit[i] if value else dark[i] for i, value in enumerate(marker.rgb))
        found.append(_bounds(red & green & blue))
    kept: list[Any] = []
    for index, (marker, box) in enumerate(zip(MARKERS, found, strict=True)):
        keep = (box[:, 2] > 0) & (marker.score >= threshold)
        if marker.only_mirrored:
            keep &= flip
        for better in range(index):
            keep &= ~(kept[better] & (_overlap(found[better], box) > iou_threshold))
        kept.append(keep)
    keep = tf.stack(kept, axis=1)
    rank = tf.cumsum(tf.cast(keep, tf.int32), axis=1)
    keep &= (max_detections < 0) | (rank <= max_detections)
    scores = tf.tile(tf.constant([marker.score for marker in MARKERS])[None, :, None], [tf.shape(images)[0], 1, 1])
    boxes = tf.concat([tf.stack(found, axis=1), scores], axis=-1)
    return tf.RaggedTensor.from_row_lengths(boxes[keep], tf.math.count_nonzero(keep, axis=1), validate=False)


def _bounds(mask: Any) -> Any:
    """``(images, 4)``: left, top, width, height of what is true in ``(images, height, width)``; zeros for nothing."""
    sides = []
    for axis in (1, 2):
        line = tf.cast(tf.reduce_any(mask, axis=axis), tf.int32)
        first = tf.argmax(line, axis=1, output_type=tf.int32)
        last = tf.shape(line)[1] - 1 - tf.argmax(line[:, ::-1], axis=1, output_type=tf.int32)
        sides.append((first, tf.where(tf.reduce_any(line > 0, axis=1), last - first + 1, 0)))
    (left, width), (top, height) = sides
    return tf.cast(tf.stack([left, top, width, height], axis=1), tf.float32)


def _overlap(a: Any, b: Any) -> Any:
    """Intersection over union of ``(images, 4)`` boxes."""
    corner = tf.minimum(a[:, :2] + a[:, 2:], b[:, :2] + b[:, 2:])
    shared = tf.reduce_prod(tf.maximum(corner - tf.maximum(a[:, :2], b[:, :2]), 0), axis=1)
    return tf.math.divide_no_nan(shared, a[:, 2] * a[:, 3] + b[:, 2] * b[:, 3] - shared)


def poses_in_boxes(
    module: Any, images: Any, boxes: Any, intrinsics: Any, distortion: Any, extrinsics: Any, world_up: Any,
    fov_degrees: Any, antialias_factor: Any, num_aug: Any, average_aug: Any, skeleton: Any, suppress: Any,
) -> dict[str, Any]:  # fmt: skip
    """The real model's order of work: cameras per box, poses per crop, 2D, filter, world axes, skeleton, mean."""
    side = tf.sqrt(boxes[..., 2] * boxes[..., 3])
    boxes = tf.ragged.boolean_mask(boxes, (side >= IMPLAUSIBLE_BELOW_PX) | ~tf.convert_to_tensor(suppress))
    counts, flat = boxes.row_lengths(), boxes.flat_values
    unknown = (tf.shape(intrinsics)[0] == 1) & tf.reduce_all(intrinsics == -1)
    intrinsics = tf.where(unknown, _intrinsics_of_view(fov_degrees, tf.shape(images)[1:3]), intrinsics)
    intrinsics, distortion, extrinsics = (
        _per_box(value, tf.shape(images)[0], counts) for value in (intrinsics, distortion, extrinsics)
    )
    up = tf.einsum("c,bCc->bC", tf.math.l2_normalize(world_up), extrinsics[:, :3, :3])
    poses3d = _poses_of_crops(flat, intrinsics, up, num_aug, antialias_factor)
    poses2d = _project(poses3d, intrinsics, distortion)
    homogeneous = tf.concat([poses3d, tf.ones_like(poses3d[..., :1])], axis=-1)
    poses3d = tf.einsum("bank,bjk->banj", homogeneous, tf.linalg.inv(extrinsics)[:, :3])
    known = [*module.per_skeleton_indices]
    joints = tf.ragged.stack([module.per_skeleton_indices[name] for name in known])[tf.argmax(skeleton == known)]
    poses3d, poses2d = tf.gather(poses3d, joints, axis=-2), tf.gather(poses2d, joints, axis=-2)
    poses3d, poses2d = (
        tf.cond(
            tf.convert_to_tensor(average_aug), lambda each=each: tf.reduce_mean(each, axis=1), lambda each=each: each
        )
        for each in (poses3d, poses2d)
    )
    return {
        "boxes": boxes,
        "poses3d": tf.RaggedTensor.from_row_lengths(poses3d, counts, validate=False),
        "poses2d": tf.RaggedTensor.from_row_lengths(poses2d, counts, validate=False),
    }


def _per_box(cameras: Any, images: Any, counts: Any) -> Any:
    """One camera per image, or one for all, repeated for every box."""
    per_image = tf.repeat(cameras, tf.where(tf.shape(cameras)[0] == 1, images, 1), axis=0)
    return tf.repeat(per_image, counts, axis=0)


def _poses_of_crops(boxes: Any, intrinsics: Any, up: Any, num_aug: Any, antialias_factor: Any) -> Any:
    """``(boxes, crops, joints, 3)`` mm in camera axes; NaN for the smallest squares."""
    side = tf.sqrt(boxes[:, 2] * boxes[:, 3])
    centre = tf.concat([boxes[:, :2] + boxes[:, 2:4] / 2, tf.ones_like(boxes[:, :1])], axis=1)
    rays = tf.einsum("bij,bj->bi", tf.linalg.inv(intrinsics), centre)
    reference = rays * (intrinsics[:, 0, 0] * SQUARE_MM / side)[:, None]
    reference = tf.where(side[:, None] < BROKEN_BELOW_PX, np.float32(np.nan), reference)
    right, vertical, away = (tf.constant(column) for column in OFFSETS.T)
    poses = reference[:, None] + vertical[None, :, None] * up[:, None]
    poses += tf.stack([right, tf.zeros_like(right), away], axis=1)[None]
    steps = MM_PER_AUGMENTATION * tf.range(tf.cast(num_aug, tf.float32))
    steps += MM_PER_ANTIALIASING * tf.cast(antialias_factor - 1, tf.float32)
    return poses[:, None] + steps[None, :, None, None] * tf.constant([0.0, 0.0, 1.0])


def _intrinsics_of_view(fov_degrees: Any, shape: Any) -> Any:
    height, width = tf.unstack(tf.cast(shape, tf.float32))
    focal = tf.maximum(height, width) / (2 * tf.tan(fov_degrees * np.float32(np.pi / 360)))
    return tf.stack([[focal, 0.0, width / 2], [0.0, focal, height / 2], [0.0, 0.0, 1.0]])[None]


def _project(points: Any, intrinsics: Any, distortion: Any) -> Any:
    """Pixels of ``(boxes, crops, joints, 3)`` by OpenCV's lens model with up to 12 coefficients."""
    d = tf.ensure_shape(tf.pad(distortion, [[0, 0], [0, 12 - tf.shape(distortion)[1]]]), (None, 12))
    k1, k2, p1, p2, k3, k4, k5, k6, s1, s2, s3, s4 = tf.unstack(d[:, :, None, None], num=12, axis=1)
    x, y = points[..., 0] / points[..., 2], points[..., 1] / points[..., 2]
    r2 = x * x + y * y
    radial = (1 + r2 * (k1 + r2 * (k2 + r2 * k3))) / (1 + r2 * (k4 + r2 * (k5 + r2 * k6)))
    u = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x) + r2 * (s1 + r2 * s2)
    v = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y + r2 * (s3 + r2 * s4)
    homogeneous = tf.stack([u, v, tf.ones_like(u)], axis=-1)
    return tf.einsum("banj,bij->bani", homogeneous, intrinsics[:, :2])
