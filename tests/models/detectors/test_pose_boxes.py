"""The boxes of predictions as a detector."""

import numpy as np
from formats.people import squatting

from neuropose_ray.models import PoseBoxDetector

FRAME = np.zeros((480, 640, 3), np.uint8)


def test_a_frame_has_the_boxes_of_its_people_the_surest_first():
    table, _ = squatting(frames=4, persons=2, missing=[2])
    table.poses.boxes[3, 4] = 0.95
    detector = PoseBoxDetector(table, "blazepose")
    found = detector.detect(FRAME, 1)
    np.testing.assert_allclose(found.boxes, table.poses.boxes[[3, 2], :4])
    np.testing.assert_allclose(found.scores, [0.95, 0.9])
    assert [len(detector.detect(FRAME, frame)) for frame in range(5)] == [2, 2, 0, 2, 0]
    assert detector.name == "boxes of blazepose"


def test_a_person_without_a_box_is_left_out():
    table, _ = squatting(frames=1)
    table.poses.boxes[0, 0] = np.nan
    assert len(PoseBoxDetector(table, "m").detect(FRAME, 0)) == 0
