from pathlib import Path

import numpy as np
import pytest

from neuropose_ray.errors import ModelError
from neuropose_ray.models.blazepose.model import DETECTOR_FILE, LANDMARK_FILE
from neuropose_ray.models.blazepose.networks import DetectorNetwork, LandmarkNetwork, without_output
from neuropose_ray.models.weights import Weights


def whole_outputs(path: Path, crop: np.ndarray) -> dict[str, np.ndarray]:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], crop[None] * np.float32(1 / 255))
    interpreter.invoke()
    return {o["name"]: interpreter.get_tensor(o["index"]) for o in interpreter.get_output_details()}


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (7, 256, 256, 3), np.uint8)


def test_cutting_the_segmentation_head_leaves_the_other_outputs_as_they_are(weights: Weights, crops):
    cut = LandmarkNetwork(weights.path / LANDMARK_FILE, 1).run(crops[:1])
    whole = whole_outputs(weights.path / LANDMARK_FILE, crops[0])
    np.testing.assert_array_equal(cut["landmarks"].reshape(1, -1), whole["Identity"])
    np.testing.assert_array_equal(cut["world"].reshape(1, -1), whole["Identity_4"])
    np.testing.assert_array_equal(cut["heatmaps"], whole["Identity_3"])


def test_a_batch_of_seven_gives_what_single_crops_give_in_order(weights: Weights, crops):
    network = LandmarkNetwork(weights.path / LANDMARK_FILE, 1)
    together = network.run(crops)
    for row in range(7):
        alone = network.run(crops[row : row + 1])
        np.testing.assert_allclose(together["world"][row], alone["world"][0], atol=1e-4)
        np.testing.assert_allclose(together["presence"][row], alone["presence"][0], atol=1e-4)


def test_the_detector_gives_a_box_and_a_score_for_each_anchor(weights: Weights):
    boxes, logits = DetectorNetwork(weights.path / DETECTOR_FILE, 1).run(np.zeros((224, 224, 3), np.uint8))
    assert boxes.shape == (2254, 12)
    assert logits.shape == (2254,)
    assert logits.max() < 0  # nobody in the dark


@pytest.mark.parametrize("content", [b"", b"no model", b"\x00\x00\x00\x00TFL3" + b"\xff" * 40])
def test_a_file_that_is_no_model_is_one_line(tmp_path: Path, content: bytes):
    (tmp_path / "x.tflite").write_bytes(content)
    with pytest.raises(ModelError) as caught:
        LandmarkNetwork(tmp_path / "x.tflite", 1)
    assert "\n" not in str(caught.value)


def test_a_missing_file_names_itself(tmp_path: Path):
    with pytest.raises(ModelError, match=r"gone\.tflite"):
        DetectorNetwork(tmp_path / "gone.tflite", 1)


def test_an_output_that_is_not_there_cannot_be_cut(weights: Weights):
    with pytest.raises(ModelError, match="no output 'Other'"):
        without_output((weights.path / LANDMARK_FILE).read_bytes(), "Other", Path("m"))
