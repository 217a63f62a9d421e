"""Labels of frames in their file, a frame in a line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputNotFoundError
from neuropose_ray.schemas.labels import FrameLabels, PersonLabel, read_labels, write_labels

COORDINATES = st.floats(-1e5, 1e5)
POINTS = st.lists(st.tuples(COORDINATES, COORDINATES, st.sampled_from([0, 1, 2])), min_size=17, max_size=17)
PEOPLE = st.builds(
    PersonLabel,
    box=st.tuples(*[COORDINATES] * 4),
    keypoints=POINTS.map(tuple),
    score=st.none() | st.floats(0, 1),
    track_id=st.none() | st.integers(0, 9),
    mask=st.none() | st.lists(st.integers(0, 9)).map(tuple),
)
FRAMES = st.builds(
    FrameLabels,
    video=st.text(max_size=5),
    frame_idx=st.integers(0, 10**9),
    timestamp_s=st.floats(0, 1e6),
    file_name=st.text(max_size=9),
    width=st.integers(1, 8000),
    height=st.integers(1, 8000),
    persons=st.lists(PEOPLE, max_size=2).map(tuple),
    reviewed=st.booleans(),
)


@given(st.lists(FRAMES, max_size=3))
@settings(max_examples=30)
def test_labels_come_back_as_they_were(tmp_path_factory, frames):
    file = tmp_path_factory.mktemp("labels") / "labels.jsonl"
    write_labels(file, frames)
    assert list(read_labels(file)) == frames


def test_scores_that_are_not_known_are_null():
    person = PersonLabel(box=(0, 0, 1, 1), keypoints=((1.0, 1.0, 2),) * 17, keypoint_scores=(float("nan"),) * 17)
    assert person.keypoint_scores == (None,) * 17
    assert person.labelled_keypoints == 17


@pytest.mark.parametrize("keypoints", [((0.0, 0.0, 0),) * 16, ((0.0, 0.0, 3),) * 17, ((float("nan"), 0.0, 2),) * 17])
def test_what_are_no_seventeen_keypoints_is_refused(keypoints):
    with pytest.raises(ValidationError):
        PersonLabel(box=(0, 0, 1, 1), keypoints=keypoints)


@pytest.mark.parametrize(
    ("line", "reason"),
    [(b"{", "line 2: not JSON"), (b"[" * 100_000, "line 2: not JSON"), (b"{}", "line 2: not a valid FrameLabels")],
)
def test_a_line_that_is_no_frame_is_named(tmp_path, line, reason):
    frame = FrameLabels(video="a", frame_idx=0, timestamp_s=0, file_name="a/0.png", width=1, height=1)
    write_labels(tmp_path / "l", [frame])
    (tmp_path / "l").write_bytes((tmp_path / "l").read_bytes() + line)
    with pytest.raises(FileFormatError, match=reason):
        list(read_labels(tmp_path / "l"))


def test_a_missing_file_and_a_newer_one(tmp_path):
    with pytest.raises(InputNotFoundError):
        list(read_labels(tmp_path / "l"))
    (tmp_path / "l").write_text('{"schema_version": 2}')
    with pytest.raises(FutureSchemaError):
        list(read_labels(tmp_path / "l"))
