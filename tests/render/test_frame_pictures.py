"""A picture of each frame, by NeuroPose's function of that name."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.stick_people import people, write_video

from neuropose_ray.errors import InputError
from neuropose_ray.render.frame_pictures import visualize_predictions
from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.predictions import VideoPredictions
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33

FRAMES = 3


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", [number / 10 for number in range(FRAMES)])


def predictions_of(table: PoseTable) -> VideoPredictions:
    metadata = VideoMetadata(frame_count=table.frame_count, fps=10.0, width=96, height=64)
    return VideoPredictions.from_table(table, PredictionsHeader(metadata=metadata, skeleton=BLAZEPOSE_33))


@pytest.fixture
def predictions() -> VideoPredictions:
    """Nobody in the first frame, somebody in the second, two people in the third."""
    centres = [(30, 20), (30, 20), (70, 20)]
    table = people([1, 2, 2], centres, scale=0.03, times_s=np.arange(FRAMES) / 10)
    table.poses.poses3d[0, 5] = table.poses.poses2d[0, 5] = np.nan
    return predictions_of(table)


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_every_frame_has_a_picture_and_predictions_stay_as_they_are(tmp_path, video, predictions):
    before = predictions.model_dump_json()
    written = visualize_predictions(video, predictions, tmp_path / "new" / "pictures")
    assert names(written) == [f"frame_{index:06d}.png" for index in range(FRAMES)]
    assert predictions.model_dump_json() == before
    shown = cv2.imread(str(written[2]))
    assert shown.shape == (1040, 2000, 3)
    nobody = predictions_of(PoseTable(np.arange(FRAMES) / 10, Poses.empty(33)))
    (empty,) = visualize_predictions(video, nobody, tmp_path, frame_indices=[2])
    for half in (slice(0, 1000), slice(1000, 2000)):
        assert (shown[:, half] != cv2.imread(str(empty))[:, half]).any(), "in the image and in space"


@pytest.mark.parametrize(("asked", "written"), [
    ([2, 0, 2], ["frame_000000.png", "frame_000002.png"]), ([0, 999, -1], ["frame_000000.png"]), ([], []), ([99], []),
])  # fmt: skip
def test_the_frames_that_are_asked_for_and_there_are_written(tmp_path, video, predictions, asked, written):
    assert names(visualize_predictions(video, predictions, tmp_path, frame_indices=asked)) == written


def test_the_depth_is_seen_from_the_side_and_edges_may_be_given(tmp_path, video, predictions):
    pictures = [
        cv2.imread(str(visualize_predictions(video, predictions, tmp_path, frame_indices=[1], **options)[0]))
        for options in ({}, {"view": "depth"}, {"joint_edges": [(0, 32)]}, {"joint_edges": []})
    ]
    assert all((pictures[0] != other).any() for other in pictures[1:])
    assert (pictures[2] != pictures[3]).any()


def test_what_cannot_be_shown_is_an_error_of_its_kind(tmp_path, video, predictions):
    with pytest.raises(ValueError, match="view must be one of normal, depth, not 'above'"):
        visualize_predictions(video, predictions, tmp_path, view="above")
    with pytest.raises(ValueError, match=r"joint_edges: \(0, 33\) is out of range; there are 33 joints"):
        visualize_predictions(video, predictions, tmp_path, joint_edges=[(0, 33)])
    with pytest.raises(FileNotFoundError):
        visualize_predictions(tmp_path / "gone.mp4", predictions, tmp_path)
    (tmp_path / "no.avi").write_bytes(b"not a video")
    with pytest.raises(InputError):
        visualize_predictions(tmp_path / "no.avi", predictions, tmp_path)
    assert not list(tmp_path.glob("*.png"))
