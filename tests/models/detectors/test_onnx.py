"""A detector out of an ONNX file: boxes in pixels of the frame, people alone, none twice."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.onnx_detections import constant_detector

from neuropose_ray.errors import ModelError
from neuropose_ray.models import OnnxDetector
from neuropose_ray.models.detectors.onnx import fitted, surest_apart

FRAME = np.zeros((180, 320, 3), np.uint8)
SQUARE = (3, 320, 320)


@pytest.fixture
def detector(tmp_path):
    def load(output, size=SQUARE, **settings):
        (tmp_path / "d.onnx").write_bytes(constant_detector(np.array(output, np.float32), size))
        return OnnxDetector(tmp_path / "d.onnx", **settings)

    return load


def test_detections_with_corners_score_and_class(detector):
    # The frame lies between grey borders of 70 rows in a picture of 320 x 320.
    rows = [[10, 80, 60, 200, 0.4, 0], [100, 90, 150, 210, 0.9, 0], [10, 80, 60, 200, 0.8, 2], [0, 0, 9, 9, 0.1, 0]]
    found = detector([rows]).detect(FRAME, 0)
    np.testing.assert_allclose(found.boxes, [[100, 20, 50, 120], [10, 10, 50, 120]])
    np.testing.assert_allclose(found.scores, [0.9, 0.4], rtol=1e-6)


def test_raw_boxes_of_each_class_are_suppressed_where_they_overlap(detector):
    centres = [[50, 160, 40, 100], [51, 161, 40, 100], [200, 160, 40, 100], [250, 160, 40, 100], [9, 9, 1, 1]]
    scores = [[0.7, 0.1], [0.9, 0.1], [0.6, 0.2], [0.3, 0.8], [0.01, 0.0]]
    output = np.concatenate([centres, scores], 1).T[None]
    found = detector(output).detect(FRAME, 0)
    np.testing.assert_allclose(found.boxes, [[31, 41, 40, 100], [180, 40, 40, 100]])
    other = detector(output, person_class=1).detect(FRAME, 0)
    np.testing.assert_allclose(other.boxes, [[230, 40, 40, 100]])


def test_boxes_end_at_the_frame_and_unsure_ones_are_left_out(detector):
    rows = [[-50, 0, 400, 320, 0.5, 0], [0, 0, 100, 60, 0.9, 0]]
    found = detector([rows]).detect(FRAME, 0)
    np.testing.assert_allclose(found.boxes, [[0, 0, 320, 180]])
    assert len(detector([rows], min_score=0.6).detect(FRAME, 0)) == 0


def test_a_network_of_any_size_sees_pictures_of_640(detector):
    found = detector([[[100, 200, 300, 300, 0.9, 0]]], size=(3, "height", "width")).detect(FRAME, 0)
    np.testing.assert_allclose(found.boxes, [[50, 30, 100, 50]])


@given(st.integers(1, 300), st.integers(1, 300))
@settings(max_examples=20)
def test_a_frame_of_any_shape_fits_and_keeps_its_shape(height, width):
    picture, scale, shift = fitted(np.full((height, width, 3), 255, np.uint8), (96, 64))
    assert picture.shape == (1, 3, 64, 96)
    inside = np.argwhere(picture[0, 0] == 1)
    np.testing.assert_allclose(inside.min(0)[::-1], shift)
    size = inside.max(0)[::-1] + 1 - shift
    np.testing.assert_allclose(size, np.maximum(np.round(np.array([width, height]) * scale), 1), atol=1)


def test_suppression_keeps_the_surest_of_what_overlaps():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 10, 10], [50, 0, 10, 10.0]])
    assert surest_apart(boxes, np.array([0.5, 0.6, 0.1])).tolist() == [1, 2]
    assert surest_apart(np.zeros((0, 4)), np.zeros(0)).tolist() == []


def test_another_output_is_refused(detector):
    with pytest.raises(ModelError, match=r"its output is \(1, 3, 4\)"):
        detector(np.zeros((1, 3, 4))).detect(FRAME, 0)


def test_what_is_no_network_is_refused(tmp_path, monkeypatch):
    (tmp_path / "d.onnx").write_bytes(b"not a network")
    with pytest.raises(ModelError, match="is no network that can be run"):
        OnnxDetector(tmp_path / "d.onnx")
    with pytest.raises(ModelError, match="is no network that can be run"):
        OnnxDetector(tmp_path / "missing.onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ModelError, match=r"pip install 'neuropose-ray\[detect\]'"):
        OnnxDetector(tmp_path / "d.onnx")
