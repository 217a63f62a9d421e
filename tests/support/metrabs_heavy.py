"""The stand-in for MeTRAbs at the real one's price: networks as large as its own see every frame and every crop.

Real MeTRAbs runs YOLOv4 on frames of 416 x 416 (60 GFLOP, a multiplication and an addition counted apart) and
EfficientNetV2 on every crop (S at 256 pixels: 7.5 GFLOP; L at 384: 72), in half precision. Here ResNet101 at 416
takes the detector's place (52 GFLOP); the crops meet EfficientNetV2 itself. Weights are random and what comes out has
no say in the poses, which stay the stand-in's known function.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from support.metrabs_stand_in import build_stand_in


@dataclass(frozen=True)
class Price:
    """Two networks of ``keras.applications``, and the sides of what they see in pixels."""

    detector: str
    frame_side: int
    backbone: str
    crop_side: int


PRICES = {
    "tiny": Price("MobileNetV2", 64, "EfficientNetV2B0", 32),
    "s": Price("ResNet101", 416, "EfficientNetV2S", 256),
    "l": Price("ResNet101", 416, "EfficientNetV2L", 384),
}
# The real model looks at a person from a bit further away.
_MARGIN = 1.2


def build_heavy(folder: Path, backbone: str) -> Path:
    """Write the SavedModel into ``folder``; ``backbone`` is a key of ``PRICES``."""
    return build_stand_in(folder, networks=_Networks(PRICES[backbone]))


class _Networks(tf.Module):  # type: ignore[misc]
    def __init__(self, price: Price) -> None:
        super().__init__()
        self._price = price
        detector, backbone = _network(price.detector, price.frame_side), _network(price.backbone, price.crop_side)
        # Behind functions TensorFlow finds no Keras models, whose own functions take minutes to save.
        self._detector = lambda frames: detector(frames, training=False)
        self._backbone = lambda crops: backbone(crops, training=False)
        self.weights = [variable.value for each in (detector, backbone) for variable in each.variables]
        # TensorFlow cannot know that it stays zero, and runs the networks.
        self.say = tf.Variable(0.0, trainable=False)

    def see(self, images: Any, boxes: Any, num_aug: Any, internal_batch_size: Any) -> Any:
        linear = (tf.cast(images, tf.float16) / 255) ** tf.constant(2.2, tf.float16)  # gamma, as the real one does
        side = self._price.frame_side
        frames = tf.image.resize(images, (side, side)) / 255
        boxes = self._heard(boxes, tf.reduce_mean(self._detector(frames)))
        return self._heard(boxes, self._crops(linear, boxes, num_aug, internal_batch_size))

    def _heard(self, boxes: Any, features: Any) -> Any:
        # Random networks may overflow half precision; what is not finite must stay without a say, too.
        nothing = tf.math.multiply_no_nan(tf.cast(features, tf.float32), self.say)
        return boxes.with_flat_values(boxes.flat_values + nothing)

    def _crops(self, images: Any, boxes: Any, num_aug: Any, internal_batch_size: Any) -> Any:
        """What the backbone makes of all crops, so many people at a time that their crops make a batch."""
        people, owners = boxes.flat_values, tf.cast(boxes.value_rowids(), tf.int32)
        at_once, count = internal_batch_size // num_aug, tf.shape(people)[0]
        side = self._price.crop_side
        size = tf.cast(tf.shape(images)[1:3], tf.float32)

        def step(first: Any, heard: Any) -> tuple[Any, Any]:
            some = tf.repeat(people[first : first + at_once], num_aug, axis=0)
            whose = tf.repeat(owners[first : first + at_once], num_aug)
            centre = (some[:, :2] + some[:, 2:4] / 2)[:, ::-1]
            half = _MARGIN / 2 * tf.reduce_max(some[:, 2:4], axis=1, keepdims=True)
            corners = tf.concat([(centre - half) / size, (centre + half) / size], axis=1)
            crops = tf.image.crop_and_resize(images, corners, whose, (side, side))
            features = self._backbone(tf.ensure_shape(crops, (None, side, side, 3)))
            return first + at_once, heard + tf.cast(tf.reduce_mean(features), tf.float32)

        begin = (tf.constant(0), tf.constant(0.0))
        return tf.while_loop(lambda first, _: first < count, step, begin, parallel_iterations=1)[1]


class FusedBatchNormalization(keras.layers.Layer):  # type: ignore[misc]
    """One operation, as in the real model's graph; that of Keras 3 is a handful, in single precision."""

    def __init__(self, epsilon: float) -> None:
        super().__init__()
        self._epsilon = epsilon

    def build(self, shape: Any) -> None:
        def vector(start: str) -> Any:
            return self.add_weight(shape=shape[-1:], initializer=start, trainable=False, autocast=False)

        self._scale, self._offset, self._mean, self._variance = map(vector, ("ones", "zeros", "zeros", "ones"))

    def call(self, inputs: Any, mask: Any = None) -> Any:
        return tf.compat.v1.nn.fused_batch_norm(
            inputs, self._scale.value, self._offset.value, self._mean.value, self._variance.value,
            epsilon=self._epsilon, is_training=False,
        )[0]  # fmt: skip


def _network(name: str, side: int) -> Any:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        keras.utils.set_random_seed(1)
        options = {"include_preprocessing": False} if name.startswith("EfficientNetV2") else {}
        network = getattr(keras.applications, name)(
            include_top=False, weights=None, input_shape=(side, side, 3), **options
        )
        return keras.models.clone_model(network, clone_function=_fused)
    finally:
        keras.config.set_dtype_policy(before)


def _fused(layer: Any) -> Any:
    if isinstance(layer, keras.layers.BatchNormalization):
        return FusedBatchNormalization(layer.epsilon)
    return layer.__class__.from_config(layer.get_config())
