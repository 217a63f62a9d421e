"""A segment of a video is a video's predictions again."""

import numpy as np
import pytest
from schemas.pose_tables import header_of, table_of

from neuropose_ray.analysis.slicing import slice_predictions
from neuropose_ray.errors import InputError
from neuropose_ray.schemas.frame_names import frame_name
from neuropose_ray.schemas.json_files import load_video_predictions, save_video_predictions
from neuropose_ray.schemas.predictions import VideoPredictions
from neuropose_ray.schemas.segmentation import JointSpeed, Segment, Segmentation, SegmentationConfig

SEGMENTS = (Segment(start=0, peak=2, end=4), Segment(start=3, peak=5, end=10))


@pytest.fixture(scope="module")
def video():
    table = table_of(10)
    found = Segmentation(config=SegmentationConfig(extractor=JointSpeed(joint=0)), segments=SEGMENTS)
    return VideoPredictions.from_table(table, header_of(table), {"steps": found})


def test_each_segment_has_its_frames_renamed_from_zero(video):
    slices = slice_predictions(video, SEGMENTS)
    assert [len(one) for one in slices] == [one.metadata.frame_count for one in slices] == [4, 7]
    assert slices[1].frame_names() == [frame_name(index) for index in range(7)]
    for index in range(7):
        assert slices[1][frame_name(index)] == video[frame_name(3 + index)]


def test_what_made_the_numbers_stays_known(video):
    (part,) = slice_predictions(video, SEGMENTS[1:])
    assert part.provenance == video.provenance is not None
    assert (part.skeleton, part.camera, part.metadata.fps) == (video.skeleton, video.camera, video.metadata.fps)
    np.testing.assert_allclose(part.to_table().timestamps_s, np.arange(3, 10) / 30)


def test_segmentations_of_the_whole_do_not_apply_to_a_part(video):
    assert [dict(part.segmentations) for part in slice_predictions(video, SEGMENTS)] == [{}, {}]
    assert video.segmentations["steps"].segments == SEGMENTS


def test_a_part_can_be_saved_and_sliced_again(video, tmp_path):
    (part,) = slice_predictions(video, SEGMENTS[1:])
    save_video_predictions(tmp_path / "part.json", part)
    assert load_video_predictions(tmp_path / "part.json") == part
    (smaller,) = slice_predictions(part, [Segment(start=1, peak=1, end=2)])
    assert smaller["frame_000000"] == video["frame_000004"]


def test_no_segments_no_slices(video):
    assert slice_predictions(video, []) == []


def test_a_segment_beyond_the_end_is_refused(video):
    with pytest.raises(ValueError, match="exceeds frame count") as raised:
        slice_predictions(video, [Segment(start=8, peak=9, end=11)])
    assert isinstance(raised.value, InputError)
