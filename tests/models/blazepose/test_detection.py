import numpy as np
import pytest

from neuropose_ray.models.blazepose.detection import newcomers, overlap, people_in
from neuropose_ray.models.blazepose.geometry import Regions, detector_anchors


def raw_output(*people: tuple[int, float, tuple[float, float]]):
    """Detector output with one anchor's box for each (anchor, logit, mid-hip offset in pixels)."""
    boxes = np.zeros((2254, 12), np.float32)
    logits = np.full(2254, -50, np.float32)
    for anchor, logit, (dx, dy) in people:
        boxes[anchor] = [dx, dy, 60, 120, dx, dy, dx, dy - 50, 0, 0, 0, 0]
        logits[anchor] = logit
    return boxes, logits


def test_nobody_where_every_score_is_under_the_threshold():
    assert people_in(*raw_output((10, -0.1, (0, 0))), detector_anchors(), 0.5).shape == (0, 2, 2)


def test_points_are_offsets_from_the_anchors_centre():
    anchors = detector_anchors()
    people = people_in(*raw_output((1000, 3.0, (4.0, -2.0))), anchors, 0.5)
    assert people[0, 0] * 224 == pytest.approx(anchors[1000] * 224 + [4, -2], abs=1e-3)
    assert people[0, 1] * 224 == pytest.approx(anchors[1000] * 224 + [4, -52], abs=1e-3)


def test_overlapping_boxes_become_their_score_weighted_mean():
    anchors = detector_anchors()
    people = people_in(*raw_output((1000, 0.0, (0.0, 0.0)), (1001, np.log(3.0), (8.0, 0.0))), anchors, 0.4)
    assert len(people) == 1
    weights = np.array([0.5, 0.75])
    assert people[0, 0, 0] * 224 == pytest.approx(anchors[1000, 0] * 224 + 8 * weights[1] / weights.sum(), abs=1e-3)


def test_boxes_far_apart_are_two_people_the_surer_first():
    anchors = detector_anchors()
    people = people_in(*raw_output((0, 1.0, (0.0, 0.0)), (1540, 5.0, (0.0, 0.0))), anchors, 0.5)
    assert people[:, 0] == pytest.approx(anchors[[1540, 0]].astype(float), abs=1e-6)


def test_overlap_of_a_box_with_itself_and_with_half_of_itself():
    box = np.array([0.0, 0.0, 2.0, 2.0])
    assert overlap(box, np.array([[0, 0, 2, 2], [0, 0, 1, 2], [5, 5, 6, 6]], float)) == pytest.approx([1, 0.5, 0])


def test_degenerate_boxes_do_not_hang_the_suppression():
    boxes, logits = raw_output((5, 9.0, (0.0, 0.0)))
    boxes[5, 2:4] = 0
    assert len(people_in(boxes, logits, detector_anchors(), 0.5)) == 1


def test_a_region_on_known_hips_is_no_newcomer():
    known = Regions(np.array([[100.0, 100.0]]), np.array([200.0]), np.zeros(1))
    found = Regions(np.array([[110.0, 100.0], [300.0, 100.0], [303.0, 100.0]]), np.full(3, 200.0), np.zeros(3))
    assert newcomers(found, known).centres.tolist() == [[300.0, 100.0]]
