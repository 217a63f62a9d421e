"""A small SavedModel with the callables, signatures, ragged results and attributes of a real MeTRAbs model.

Its detector finds squares of pure colours instead of people and its poses are a known function of the square and the
camera, so that frames in a wrong order, channels in a wrong order, padding that is not cut, or a setting that does
not arrive change the result.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Protocol

from support.metrabs_world import ALL_EDGES, ALL_NAMES, EDGES, INDICES, JOINT_NAMES


class Networks(Protocol):
    """What a model costs besides finding squares; a ``tf.Module``, so that its variables are saved."""

    def see(self, images: Any, boxes: Any, num_aug: Any, internal_batch_size: Any) -> Any:
        """The ragged boxes as they are, once the networks have seen the images and the crops of the boxes."""
        ...


def build_stand_in(folder: Path, *, most_frames: int = 1_000_000, networks: Networks | None = None) -> Path:
    """Write the SavedModel into ``folder``.

    A batch of more than ``most_frames`` asks TensorFlow for more memory than an address space has, and so meets the
    allocator's own ResourceExhaustedError. ``networks`` see every frame and crop of a batch, and change nothing.
    """
    import tensorflow as tf

    # Otherwise TensorFlow takes the whole card for the process that makes a graph.
    tf.config.set_visible_devices([], "GPU")
    module = _stand_in_module(networks)
    module.most_frames.assign(most_frames)
    tf.saved_model.save(
        module,
        str(folder),
        signatures={
            name: getattr(module, name)
            for name in ("detect_poses_batched", "estimate_poses_batched", "detect_poses", "estimate_poses")
        },
    )
    return folder


@functools.cache  # tracing takes seconds; models that differ in their variables alone share it
def _stand_in_module(networks: Networks | None) -> Any:
    import tensorflow as tf
    from support.metrabs_graph import exhaust_memory_above, find_markers, poses_in_boxes

    unknown_intrinsics = ((-1, -1, -1), (-1, -1, -1), (-1, -1, -1))
    identity = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
    no_distortion = (0, 0, 0, 0, 0)
    up = (0, -1, 0)

    def scalar(name: str, dtype: Any) -> Any:
        return tf.TensorSpec((), dtype, name)

    def camera_specs(batched: bool) -> list[Any]:
        each = (None,) if batched else ()
        return [
            tf.TensorSpec((*each, 3, 3), tf.float32, "intrinsic_matrix"),
            tf.TensorSpec((*each, None), tf.float32, "distortion_coeffs"),
            tf.TensorSpec((*each, 4, 4), tf.float32, "extrinsic_matrix"),
            tf.TensorSpec((3,), tf.float32, "world_up_vector"),
            scalar("default_fov_degrees", tf.float32),
            scalar("internal_batch_size", tf.int32),
            scalar("antialias_factor", tf.int32),
            scalar("num_aug", tf.int32),
            scalar("average_aug", tf.bool),
            scalar("skeleton", tf.string),
        ]

    detector_specs = [
        scalar("detector_threshold", tf.float32),
        scalar("detector_nms_iou_threshold", tf.float32),
        scalar("max_detections", tf.int32),
        scalar("detector_flip_aug", tf.bool),
        scalar("suppress_implausible_poses", tf.bool),
    ]
    image_spec = tf.TensorSpec((None, None, 3), tf.uint8, "image")
    images_spec = tf.TensorSpec((None, None, None, 3), tf.uint8, "images")
    boxes_spec = tf.TensorSpec((None, 4), tf.float32, "boxes")
    ragged_boxes_spec = tf.RaggedTensorSpec((None, None, 4), ragged_rank=1, dtype=tf.float32)

    class StandIn(tf.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()

            def variables(values: dict[str, Any], dtype: Any) -> dict[str, Any]:
                return {name: tf.Variable(value, dtype=dtype, trainable=False) for name, value in values.items()}

            self.networks = networks
            self.most_frames = tf.Variable(0, dtype=tf.int64, trainable=False)
            self.joint_names = tf.Variable(ALL_NAMES, trainable=False)
            self.joint_edges = tf.Variable(ALL_EDGES, trainable=False)
            self.per_skeleton_indices = variables(
                {**{name: list(joints) for name, joints in INDICES.items()}, "": list(range(len(ALL_NAMES)))},
                tf.int32,
            )
            self.per_skeleton_joint_names = variables({**JOINT_NAMES, "": ALL_NAMES}, tf.string)
            self.per_skeleton_joint_edges = variables({**EDGES, "": ALL_EDGES}, tf.int32)

        @tf.function(autograph=False, input_signature=[images_spec, *camera_specs(True), *detector_specs])
        def detect_poses_batched(
            self, images, intrinsic_matrix=(unknown_intrinsics,), distortion_coeffs=(no_distortion,),
            extrinsic_matrix=(identity,), world_up_vector=up, default_fov_degrees=55, internal_batch_size=64,
            antialias_factor=1, num_aug=5, average_aug=True, skeleton="", detector_threshold=0.3,
            detector_nms_iou_threshold=0.7, max_detections=-1, detector_flip_aug=False,
            suppress_implausible_poses=True,
        ):  # fmt: skip
            boxes = find_markers(
                images, detector_threshold, detector_nms_iou_threshold, max_detections, detector_flip_aug
            )
            boxes = exhaust_memory_above(self.most_frames, images, boxes)
            if networks is not None:
                boxes = networks.see(images, boxes, num_aug, internal_batch_size)
            return poses_in_boxes(
                self, images, boxes, intrinsic_matrix, distortion_coeffs, extrinsic_matrix, world_up_vector,
                default_fov_degrees, antialias_factor, num_aug, average_aug, skeleton, suppress_implausible_poses,
            )  # fmt: skip

        @tf.function(autograph=False, input_signature=[images_spec, ragged_boxes_spec, *camera_specs(True)])
        def estimate_poses_batched(
            self, images, boxes, intrinsic_matrix=(unknown_intrinsics,), distortion_coeffs=(no_distortion,),
            extrinsic_matrix=(identity,), world_up_vector=up, default_fov_degrees=55, internal_batch_size=64,
            antialias_factor=1, num_aug=5, average_aug=True, skeleton="",
        ):  # fmt: skip
            boxes = tf.concat([boxes, tf.ones_like(boxes[..., :1])], axis=-1)
            result = poses_in_boxes(
                self, images, boxes, intrinsic_matrix, distortion_coeffs, extrinsic_matrix, world_up_vector,
                default_fov_degrees, antialias_factor, num_aug, average_aug, skeleton, False,
            )  # fmt: skip
            return {"poses3d": result["poses3d"], "poses2d": result["poses2d"]}

        @tf.function(autograph=False, input_signature=[image_spec, *camera_specs(False), *detector_specs])
        def detect_poses(
            self, image, intrinsic_matrix=unknown_intrinsics, distortion_coeffs=no_distortion,
            extrinsic_matrix=identity, world_up_vector=up, default_fov_degrees=55, internal_batch_size=64,
            antialias_factor=1, num_aug=5, average_aug=True, skeleton="", detector_threshold=0.3,
            detector_nms_iou_threshold=0.7, max_detections=-1, detector_flip_aug=False,
            suppress_implausible_poses=True,
        ):  # fmt: skip
            result = self.detect_poses_batched(
                image[None], intrinsic_matrix[None], distortion_coeffs[None], extrinsic_matrix[None], world_up_vector,
                default_fov_degrees, internal_batch_size, antialias_factor, num_aug, average_aug, skeleton,
                detector_threshold, detector_nms_iou_threshold, max_detections, detector_flip_aug,
                suppress_implausible_poses,
            )  # fmt: skip
            return {name: tf.squeeze(value, 0) for name, value in result.items()}

        @tf.function(autograph=False, input_signature=[image_spec, boxes_spec, *camera_specs(False)])
        def estimate_poses(
            self, image, boxes, intrinsic_matrix=unknown_intrinsics, distortion_coeffs=no_distortion,
            extrinsic_matrix=identity, world_up_vector=up, default_fov_degrees=55, internal_batch_size=64,
            antialias_factor=1, num_aug=5, average_aug=True, skeleton="",
        ):  # fmt: skip
            result = self.estimate_poses_batched(
                image[None], tf.RaggedTensor.from_tensor(boxes[None]), intrinsic_matrix[None],
                distortion_coeffs[None], extrinsic_matrix[None], world_up_vector, default_fov_degrees,
                internal_batch_size, antialias_factor, num_aug, average_aug, skeleton,
            )  # fmt: skip
            return {name: tf.squeeze(value, 0) for name, value in result.items()}

    return StandIn()
