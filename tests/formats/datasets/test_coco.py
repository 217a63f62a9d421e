"""Masks in COCO's files; boxes and keypoints are tested on whole data sets."""

import contextlib
import io

import numpy as np
from formats.datasets.labelled import frame, person
from pycocotools.coco import COCO

from neuropose_ray.formats.datasets.coco import write_coco_dataset


def test_pycocotools_decodes_a_mask(tmp_path):
    # 100 pixels outside, down the columns; then 40 inside.
    mask = (100, 40, 640 * 480 - 140)
    write_coco_dataset(tmp_path / "a.json", [frame(0, [person(1, mask)])], "d")
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(tmp_path / "a.json"))
    (annotation,) = coco.dataset["annotations"]
    decoded = coco.annToMask(annotation)
    assert decoded.shape == (480, 640)
    assert np.flatnonzero(decoded.T.ravel()).tolist() == list(range(100, 140))
    assert annotation["area"] == 40
