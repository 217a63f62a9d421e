import numpy as np
import pytest
from hypothesis import given
from pydantic import ValidationError
from schemas.pose_tables import assert_tables_equal, header_of, pose_tables, properties, table_of

from neuropose_ray.errors import FutureSchemaError, MigrationError
from neuropose_ray.schemas.header import VideoMetadata
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.predictions import FramePrediction, JobResults, VideoPredictions
from neuropose_ray.schemas.segmentation import JointSpeed, Segment, Segmentation, SegmentationConfig

SEGMENTATION = Segmentation(
    config=SegmentationConfig(extractor=JointSpeed(joint=2)), segments=(Segment(start=0, end=3, peak=1),)
)


def video(frames=3, persons=2, **changes):
    table = table_of(frames, persons)
    return VideoPredictions.from_table(table, header_of(table), **changes)


@properties
@given(pose_tables())
def test_arrays_come_back_from_records(table):
    assert_tables_equal(VideoPredictions.from_table(table, header_of(table)).to_table(), table)


@properties
@given(pose_tables())
def test_the_header_comes_back_from_records(table):
    header = header_of(table)
    assert VideoPredictions.from_table(table, header).header == header


def test_missing_and_infinite_numbers_are_none():
    table = table_of(1)
    table.poses.poses3d[0, 1] = [np.nan, np.inf, 1.0]
    frame = VideoPredictions.from_table(table, header_of(table))["frame_000000"]
    assert frame.poses3d[0][1] == (None, None, 1.0)


def test_a_person_that_was_not_fitted_has_none_among_those_that_were():
    table = table_of(1, 2)
    fitted = table.poses.poses3d.copy()
    fitted[0] = np.nan
    table = table.with_fitted(fitted)
    frame = VideoPredictions.from_table(table, header_of(table))["frame_000000"]
    assert frame.poses3d_fitted[0] is None
    assert len(frame.poses3d_fitted[1]) == 3


def test_a_video_is_a_mapping_of_frame_names_to_frames():
    predictions = video(segmentations={"steps": SEGMENTATION})
    assert len(predictions) == 3
    assert list(predictions) == predictions.frame_names() == ["frame_000000", "frame_000001", "frame_000002"]
    assert predictions["frame_000002"].timestamp_s == pytest.approx(2 / 30)
    assert predictions["frame_000002"].track_ids == (0, 1)
    assert predictions.segmentations["steps"] == SEGMENTATION


def test_results_are_a_mapping_of_video_names_to_videos():
    results = JobResults({"b.mp4": video(1), "a.mp4": video(2)})
    assert len(results) == 2
    assert list(results) == results.videos() == ["b.mp4", "a.mp4"]
    assert len(results["a.mp4"]) == 2


def test_records_cannot_be_changed_at_any_depth():
    predictions = video()
    with pytest.raises(ValidationError, match="frozen"):
        predictions.frames = {}
    with pytest.raises(TypeError, match="item assignment"):
        predictions.frames["frame_000000"] = None
    with pytest.raises(TypeError, match="item assignment"):
        JobResults({"a.mp4": predictions}).root["a.mp4"] = None
    frame = predictions["frame_000000"]
    for nested in (frame.boxes, frame.boxes[0], frame.poses3d[0], frame.poses3d[0][0], frame.track_ids):
        assert isinstance(nested, tuple)


@pytest.mark.parametrize(("frame", "message"), [
    ({"boxes": [[0, 0, 1, 1, 1]], "poses3d": [], "poses2d": []}, "1 boxes but 0 poses3d"),
    ({"boxes": [], "poses3d": [], "poses2d": [], "track_ids": [4]}, "0 boxes but 1 track_ids"),
    ({"boxes": [[0, 0, 1, 1]], "poses3d": [[]], "poses2d": [[]]}, r"boxes.0.4"),
    ({"boxes": [], "poses3d": [[[1, 2]]], "poses2d": []}, r"poses3d.0.0.2"),
    ({"boxes": [], "poses3d": [], "poses2d": [], "faces": []}, "faces"),
])  # fmt: skip
def test_a_frame_of_the_wrong_shape_is_refused(frame, message):
    with pytest.raises(ValidationError, match=message):
        FramePrediction.model_validate(frame)


def altered(predictions, **changes):
    return VideoPredictions.model_validate(predictions.model_dump() | changes)


def test_the_frame_count_is_the_number_of_frames():
    predictions = video(3)
    metadata = predictions.metadata.model_dump() | {"frame_count": 4}
    with pytest.raises(ValidationError, match="frame_count is 4, but there are 3 frames"):
        altered(predictions, metadata=metadata)


def test_poses_have_the_skeletons_joints():
    table = table_of(2, joints=4)
    with pytest.raises(ValidationError, match="frame_000000: poses3d of person 0 has 4 joints, the skeleton 3"):
        VideoPredictions.from_table(table, header_of(table))


def test_frames_are_named_by_their_position():
    predictions = video(2)
    first, second = predictions.model_dump()["frames"].values()
    with pytest.raises(ValidationError, match="frame 1 is named 'frame_000002' instead of 'frame_000001'"):
        altered(predictions, frames={"frame_000000": first, "frame_000002": second})


@pytest.mark.parametrize("field", ["track_ids", "joint_scores"])
def test_what_one_frame_has_all_frames_have(field):
    predictions = video(2)
    first, second = predictions.model_dump()["frames"].values()
    with pytest.raises(ValidationError, match=f"some frames have {field} and some have none"):
        altered(predictions, frames={"frame_000000": first, "frame_000001": second | {field: None}})


METADATA = {"frame_count": 2, "fps": 25.0, "width": 640, "height": 480}


def test_frames_and_metadata_alone_are_of_neuropose():
    """Its scripts know neither skeletons nor times, and hand over plain values or records."""
    values = {
        "boxes": [[1.0, 2.0, 3.0, 4.0, 0.5]],
        "poses3d": [[[1.0, 2.0, 3.0]] * 43],
        "poses2d": [[[1.0, 2.0]] * 43],
    }
    empty = {"boxes": [], "poses3d": [], "poses2d": []}
    plain = VideoPredictions.model_validate(
        {"metadata": METADATA, "frames": {"frame_000000": empty, "frame_000001": values}}
    )
    assert plain.skeleton.name == "berkeley_mhad_43"
    assert [frame.timestamp_s for frame in plain.frames.values()] == pytest.approx([0, 0.04])
    records = {"frame_000000": FramePrediction(**empty), "frame_000001": FramePrediction(**values)}
    assert VideoPredictions(metadata=VideoMetadata(**METADATA), frames=records) == plain
    assert JobResults.model_validate({"a.mp4": {"metadata": METADATA, "frames": records}})["a.mp4"] == plain
    timed = {name: frame.model_copy(update={"timestamp_s": 7.0}) for name, frame in records.items()}
    with_times = VideoPredictions(metadata=METADATA, frames=timed)
    assert [frame.timestamp_s for frame in with_times.frames.values()] == [7.0, 7.0]


@pytest.mark.parametrize(("changes", "error"), [
    ({"metadata": None}, ValidationError), ({"frames": 3}, ValidationError),
    ({"frames": {"frame_000000": 3}}, ValidationError), ({"schema_version": 3}, ValidationError),
    ({"schema_version": 99}, FutureSchemaError), ({"schema_version": "2"}, MigrationError),
])  # fmt: skip
def test_what_is_wrong_with_such_values_is_said(changes, error):
    with pytest.raises(error):
        VideoPredictions.model_validate({"metadata": METADATA | {"frame_count": 0}, "frames": {}} | changes)
    with pytest.raises(ValidationError, match="metadata"):
        VideoPredictions.model_validate({"frames": {}})


def test_a_video_without_frames_is_a_video():
    table = PoseTable(np.zeros(0), Poses.empty(3))
    predictions = VideoPredictions.from_table(table, header_of(table))
    assert len(predictions) == 0
    assert predictions.to_table().poses.poses3d.shape == (0, 3, 3)
