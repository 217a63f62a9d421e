"""Labels at random positions, with every state of a keypoint."""

import numpy as np

from neuropose_ray.schemas.labels import FrameLabels, PersonLabel


def person(seed, mask=None):
    rng = np.random.default_rng(seed)
    left, top = rng.uniform(0, 300, 2).tolist()
    width, height = rng.uniform(50, 150, 2).tolist()
    flags = rng.integers(0, 3, 17).tolist()
    points = rng.uniform(0, 1, (17, 2)) * (width, height) + (left, top)
    keypoints = [(x, y, flag) if flag else (0.0, 0.0, 0) for (x, y), flag in zip(points.tolist(), flags, strict=True)]
    return PersonLabel(
        box=(left, top, width, height), keypoints=tuple(keypoints), score=0.5 + seed % 5 / 10, mask=mask
    )


def frame(index, persons, video="a"):
    name = f"{video}/frame_{index:06d}.png"
    return FrameLabels(
        video=video, frame_idx=index, timestamp_s=index / 30, file_name=name, width=640, height=480,
        persons=tuple(persons),
    )  # fmt: skip


def assert_same(reviewed, labels, atol=0.01):
    """Compare what came back with the labels that were exported."""
    assert [picture.file_name for picture in reviewed] == [label.file_name for label in labels]
    for picture, label in zip(reviewed, labels, strict=True):
        assert len(picture.persons) == len(label.persons)
        for mine, theirs in zip(picture.persons, label.persons, strict=True):
            np.testing.assert_allclose(mine.box, theirs.box, atol=atol)
            labelled = [keypoint for keypoint in theirs.keypoints if keypoint[2]]
            np.testing.assert_allclose(
                list(mine.points.values()) or np.zeros((0, 3)), np.reshape(labelled, (-1, 3)), atol=atol
            )
