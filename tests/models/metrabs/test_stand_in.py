"""The stand-in offers what MeTRAbs's exporter writes; without that, the other tests would prove nothing."""

from typing import Any

import numpy as np
import pytest
from support.metrabs_world import RED, expected_pose, paint

from neuropose_ray.schemas.camera import Camera

IDENTITY = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
CAMERA_AND_CROPS = {
    "intrinsic_matrix": ("float32", ((-1, -1, -1),) * 3),
    "distortion_coeffs": ("float32", (0, 0, 0, 0, 0)),
    "extrinsic_matrix": ("float32", IDENTITY),
    "world_up_vector": ("float32", (0, -1, 0)),
    "default_fov_degrees": ("float32", 55),
    "internal_batch_size": ("int32", 64),
    "antialias_factor": ("int32", 1),
    "num_aug": ("int32", 5),
    "average_aug": ("bool", True),
    "skeleton": ("string", ""),
}
BATCHED = {"intrinsic_matrix", "distortion_coeffs", "extrinsic_matrix"}
DETECTOR = {
    "detector_threshold": ("float32", 0.3),
    "detector_nms_iou_threshold": ("float32", 0.7),
    "max_detections": ("int32", -1),
    "detector_flip_aug": ("bool", False),
    "suppress_implausible_poses": ("bool", True),
}
BOX = (20, 30, 16, 12)


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    frame = np.zeros((120, 160, 3), np.uint8)
    paint(frame, RED, BOX)
    return frame


@pytest.mark.parametrize("name", ["detect_poses", "estimate_poses", "detect_poses_batched", "estimate_poses_batched"])
def test_callables_have_the_same_arguments_types_and_defaults(loaded_stand_in: Any, name: str) -> None:
    batched, detects = name.endswith("batched"), name.startswith("detect")
    images = {"images" if batched else "image": "uint8", **({} if detects else {"boxes": "float32"})}
    options = CAMERA_AND_CROPS | (DETECTOR if detects else {})
    defaults = [(value,) if batched and option in BATCHED else value for option, (_, value) in options.items()]
    types = images | {option: dtype for option, (dtype, _) in options.items()}

    function = getattr(loaded_stand_in, name)
    parameters = function.function_spec.function_type.parameters
    assert {option: parameter.type_constraint.dtype.name for option, parameter in parameters.items()} == types
    assert (list(parameters), list(function.function_spec.fullargspec.defaults)) == (list(types), defaults)
    assert name in loaded_stand_in.signatures


def test_one_image_gives_plain_tensors_by_the_defaults_of_the_real_model(
    loaded_stand_in: Any, image: np.ndarray
) -> None:
    result = loaded_stand_in.detect_poses(image, skeleton="h36m_17")

    assert {name: tuple(value.shape) for name, value in result.items()} == {
        "boxes": (1, 5), "poses3d": (1, 17, 3), "poses2d": (1, 17, 2)
    }  # fmt: skip
    camera = Camera.from_field_of_view(160, 120, 55)
    np.testing.assert_allclose(result["poses3d"][0], expected_pose(BOX, camera, "h36m_17"), atol=0.05)


def test_a_batch_gives_ragged_tensors_of_all_joints(loaded_stand_in: Any, image: np.ndarray) -> None:
    result = loaded_stand_in.detect_poses_batched(np.stack([image, 0 * image]))

    assert [value.row_lengths().numpy().tolist() for value in result.values()] == [[1, 0]] * 3
    assert result["poses3d"].flat_values.shape == (1, *loaded_stand_in.joint_names.shape, 3)


def test_crops_stay_apart_when_they_are_not_averaged(loaded_stand_in: Any, image: np.ndarray) -> None:
    result = loaded_stand_in.detect_poses_batched(image[None], average_aug=False, num_aug=4, skeleton="coco_19")

    assert result["poses3d"].flat_values.shape == (1, 4, 19, 3)


def test_given_boxes_take_the_detectors_place(loaded_stand_in: Any, image: np.ndarray) -> None:
    result = loaded_stand_in.estimate_poses(image, np.array([BOX], np.float32), skeleton="smpl_24")

    assert set(result) == {"poses3d", "poses2d"}
    expected = loaded_stand_in.detect_poses(image, skeleton="smpl_24")["poses3d"]
    np.testing.assert_array_equal(result["poses3d"], expected)
