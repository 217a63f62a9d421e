"""The frames of a data set, and COCO's three states of a keypoint."""

import numpy as np
import pytest
from formats.datasets.runs import add_video
from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.errors import InputError
from neuropose_ray.formats.datasets.kinds import DatasetSettings
from neuropose_ray.formats.datasets.source import source_videos, visibility
from neuropose_ray.formats.keypoints import COCO_KEYPOINTS
from neuropose_ray.schemas.labels import LABELS_FILE, FrameLabels, write_labels

SETTINGS = DatasetSettings()


@given(st.floats(-5, 645) | st.just(float("nan")), st.floats(-5, 485), st.floats(0, 1) | st.just(float("nan")))
@settings(max_examples=100)
def test_a_keypoint_is_labelled_inside_of_the_picture_and_visible_by_its_score(x, y, score):
    (flag,) = visibility(np.array([[x, y]]), np.array([score]), (640, 480), SETTINGS)
    inside = 0 <= x < 640 and 0 <= y < 480
    expected = 0 if not inside or score < 0.25 else 1 if score < 0.5 else 2
    assert flag == expected


def test_flagged_frames_are_excluded_with_their_reasons(tmp_path):
    add_video(tmp_path, "a", frames=5, flags={1: ["blurred", "idle"], 2: ["idle"], 4: ["duplicate"]})
    (video,) = source_videos(tmp_path, SETTINGS)
    assert [frame.index for frame in video.frames] == [0, 2, 3]
    assert {frame.index: [*frame.flags] for frame in video.excluded} == {1: ["blurred", "idle"], 4: ["duplicate"]}


def test_pictures_keep_their_own_names_and_frames_of_videos_get_one(tmp_path):
    add_video(tmp_path, "folder", frames=3, pictures=True)
    add_video(tmp_path, "video", frames=2)
    names = [[frame.file_name for frame in video.frames] for video in source_videos(tmp_path, SETTINGS)]
    assert names == [
        ["folder/image_0.png", "folder/image_2.png", "folder/image_4.png"],
        ["video/frame_000000.png", "video/frame_000001.png"],
    ]


def test_labels_are_the_persons_of_each_frame(tmp_path):
    table, _ = add_video(tmp_path, "a", frames=4, persons=2, missing=[2])
    (video,) = source_videos(tmp_path / "a", SETTINGS)
    labels = list(video.labels(video.frames, SETTINGS))
    assert [len(frame.persons) for frame in labels] == [2, 2, 0, 2]
    assert [person.track_id for person in labels[3].persons] == [0, 1]
    assert labels[3].persons[0].score == pytest.approx(table.poses.boxes[4, 4], abs=1e-4)
    assert len(labels[0].persons[0].keypoints) == len(COCO_KEYPOINTS)


def test_a_person_beyond_the_edge_has_the_part_of_the_box_inside_and_the_keypoints_inside(tmp_path):
    add_video(tmp_path, "a", frames=1, shift=-330.0)
    (video,) = source_videos(tmp_path, SETTINGS)
    (frame,) = video.labels(video.frames, SETTINGS)
    for person in frame.persons:
        left, top, width, height = person.box
        assert left >= 0 and top >= 0 and left + width <= 640 and top + height <= 480  # noqa: PT018
        assert all(flag == 0 or (0 <= x < 640 and 0 <= y < 480) for x, y, flag in person.keypoints)


def test_unsure_persons_are_left_out(tmp_path):
    add_video(tmp_path, "a", frames=2)
    (video,) = source_videos(tmp_path, SETTINGS)
    strict = DatasetSettings(min_score=0.95)
    assert [len(frame.persons) for frame in video.labels(video.frames, strict)] == [0, 0]


def test_reviewed_labels_stand_in_place_of_predictions(tmp_path):
    add_video(tmp_path, "a", frames=3)
    nobody = FrameLabels(video="a", frame_idx=1, timestamp_s=0, file_name="x", width=640, height=480, reviewed=True)
    write_labels(tmp_path / "a" / LABELS_FILE, [nobody])
    (video,) = source_videos(tmp_path, SETTINGS)
    labels = list(video.labels(video.frames, SETTINGS))
    assert [(len(frame.persons), frame.reviewed) for frame in labels] == [(1, False), (0, True), (1, False)]
    assert labels[1].file_name == "a/frame_000001.png"


def test_a_run_without_predictions_says_what_to_give(tmp_path):
    with pytest.raises(InputError, match="neuropose-ray process"):
        source_videos(tmp_path, SETTINGS)
