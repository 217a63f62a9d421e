"""Boxes and masks that other networks add to labels."""

import numpy as np
from formats.datasets.labelled import frame, person
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools import mask as coco_mask

from neuropose_ray.formats.datasets.annotating import mask_of, run_lengths, with_detections, with_masks


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9))))
@settings(max_examples=60)
def test_run_lengths_are_those_of_pycocotools(mask):
    lengths = run_lengths(mask)
    assert sum(lengths) == mask.size
    np.testing.assert_array_equal(mask_of(lengths, *mask.shape), mask)
    encoded = coco_mask.frPyObjects({"size": list(mask.shape), "counts": list(lengths)}, *mask.shape)
    np.testing.assert_array_equal(coco_mask.decode(encoded).astype(bool), mask)


def test_people_whom_the_pose_model_missed_are_added_once():
    labels = frame(0, [person(1)])
    left, top, width, height = labels.persons[0].box
    boxes = [[left + 5, top, width, height], [500, 10, 40, 90], [10, 400, 40, 60]]
    added = with_detections(labels, np.array(boxes), np.array([0.9, 0.8, 0.1]), 0.25)
    assert [one.box for one in added.persons] == [labels.persons[0].box, (500.0, 10.0, 40.0, 90.0)]
    assert (added.persons[1].labelled_keypoints, added.persons[1].score) == (0, 0.8)
    assert with_detections(labels, np.zeros((0, 4)), np.zeros(0), 0.25) == labels


def test_everybody_has_their_own_mask():
    masks = np.zeros((2, 480, 640), bool)
    masks[0, 10:20, 30:50] = True
    first, second = with_masks(frame(0, [person(1), person(2)]), masks).persons
    np.testing.assert_array_equal(mask_of(first.mask, 480, 640), masks[0])
    assert second.mask is None
