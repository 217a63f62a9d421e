import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from schemas.neuropose_samples import frame, video_version_1, video_version_2
from schemas.pose_tables import assert_tables_equal, header_of, pose_tables, properties, table_of

from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputError, InputNotFoundError, OutputError
from neuropose_ray.schemas.json_files import (
    load_job_results,
    load_video_predictions,
    read_json,
    save_job_results,
    save_video_predictions,
)
from neuropose_ray.schemas.predictions import JobResults, VideoPredictions


def refuse_constant(name):
    raise AssertionError(f"{name} is not JSON")


def predictions_of(table):
    return VideoPredictions.from_table(table, header_of(table))


@properties
@given(table=pose_tables(st.floats(width=32)))
def test_a_video_comes_back_and_the_file_is_strict_json(tmp_path, table):
    path = tmp_path / "video.json"
    predictions = predictions_of(table)
    save_video_predictions(path, predictions)
    json.loads(path.read_bytes(), parse_constant=refuse_constant)
    assert load_video_predictions(path) == predictions
    assert_tables_equal(load_video_predictions(path).to_table(), predictions.to_table())


def test_the_results_of_a_job_come_back(tmp_path):
    results = JobResults({"b.mp4": predictions_of(table_of(2)), "a.mp4": predictions_of(table_of(1, 2))})
    save_job_results(tmp_path / "deep" / "results.json", results)
    assert load_job_results(tmp_path / "deep" / "results.json") == results


@pytest.mark.parametrize("sample", [video_version_1, video_version_2])
def test_neuroposes_files_are_read(tmp_path, sample):
    single, job = tmp_path / "walk_predictions.json", tmp_path / "results.json"
    single.write_text(json.dumps(sample(), indent=2))
    job.write_text(json.dumps({"walk.mp4": sample()}, indent=2))
    predictions = load_video_predictions(single)
    assert predictions.metadata.fps == 25.0
    assert load_job_results(job)["walk.mp4"] == predictions
    table = predictions.to_table()
    assert table.poses.poses3d.shape == (3, 43, 3)
    assert table.poses.frame.tolist() == [0, 2, 2]
    assert np.isnan(table.poses.joint_scores).all()


def test_the_bare_nan_that_neuropose_writes_is_read_as_missing(tmp_path):
    sample = video_version_2([frame()])
    sample["frames"]["frame_000000"]["poses3d"][0][5] = [float("nan"), float("inf"), 1.0]
    path = tmp_path / "walk_predictions.json"
    path.write_text(json.dumps(sample, indent=2))
    assert "NaN" in path.read_text()
    np.testing.assert_array_equal(load_video_predictions(path).to_table().poses.poses3d[0, 5], [np.nan, np.nan, 1.0])


def altered(**changes):
    return json.dumps(video_version_2() | changes).encode()


@pytest.mark.parametrize(("content", "message"), [
    (b"", "not JSON"),
    (b"\xff\xfe\x00broken", "not JSON"),
    (b'{"metadata": {"frame_count"', "not JSON: .*; the file may be cut off"),
    (b"[" * 100_000, "not JSON"),
    (b"[1, 2]", "holds no predictions"),
    (b"{}", "holds zero videos"),
    (altered(frames={}), "frame_count is 3, but there are 0 frames"),
    (altered(frames={"frame_000000": {}}), r"frames.frame_000000.boxes: Field required \(and 2 more\)"),
    (altered(metadata={"frame_count": "3", "fps": 1, "width": 1, "height": 1}), "metadata.frame_count: Input"),
    (altered(joint_names=["head"]), "joint_names: Extra inputs are not permitted"),
    (altered().replace(b"1042.0", b'"1042.0"'), "valid number"),
])  # fmt: skip
def test_a_file_that_is_something_else_is_one_line_that_names_it(tmp_path, content, message):
    path = tmp_path / "walk_predictions.json"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=message) as caught:
        load_video_predictions(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "number", [b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1E+0400", b"9" * 310 + b".0", b"1e39"]
)
def test_what_is_no_number_or_beyond_the_range_of_numbers_is_missing(tmp_path, number):
    path = tmp_path / "walk.json"
    path.write_bytes(altered().replace(b"1042.0", number))
    poses = load_video_predictions(path).to_table().poses.poses3d
    assert np.argwhere(~np.isfinite(poses)).tolist() == [[2, 42, 0]]
    assert np.isnan(poses[2, 42, 0])


def test_numbers_can_be_read_as_they_were_written(tmp_path):
    path = tmp_path / "numbers.json"
    path.write_text("[NaN, Infinity, 1e999, 1.5]")
    np.testing.assert_array_equal(read_json(path, as_written=True), [np.nan, np.inf, np.inf, 1.5])
    assert read_json(path) == [None, None, None, 1.5]


@properties
@given(st.binary(max_size=60))
def test_any_other_bytes_are_refused_in_one_line(tmp_path, content):
    path = tmp_path / "noise.json"
    path.write_bytes(content)
    for load in (load_video_predictions, load_job_results):
        if content.strip() != b"{}" or load is load_video_predictions:
            with pytest.raises(FileFormatError):
                load(path)


def test_every_cut_off_file_is_refused(tmp_path):
    path = tmp_path / "video.json"
    save_video_predictions(path, predictions_of(table_of(1)))
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(FileFormatError):
            load_video_predictions(path)


def test_a_newer_file_is_refused_by_name(tmp_path):
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"walk.mp4": {"schema_version": 9}}))
    with pytest.raises(FutureSchemaError, match=r"results.json: walk.mp4: schema_version is 9"):
        load_job_results(path)


def test_the_two_kinds_of_file_are_not_taken_for_each_other(tmp_path):
    single, job = tmp_path / "single.json", tmp_path / "job.json"
    single.write_text(json.dumps(video_version_2()))
    job.write_text(json.dumps({"a.mp4": video_version_2(), "b.mp4": video_version_2()}))
    with pytest.raises(InputError, match=r"holds 2 videos; choose one of: a.mp4, b.mp4"):
        load_video_predictions(job)
    with pytest.raises(FileFormatError, match="one video's predictions, a job's results are needed"):
        load_job_results(single)


def test_one_video_of_a_job_is_read_by_its_name_or_where_it_is_the_only_one(tmp_path):
    job = tmp_path / "results.json"
    job.write_text(json.dumps({"a.mp4": video_version_2(), "b.mp4": video_version_1()}))
    assert load_video_predictions(job, video="a.mp4") == load_job_results(job)["a.mp4"]
    with pytest.raises(InputError, match=r"no video 'c.mp4'; choose one of: a.mp4, b.mp4"):
        load_video_predictions(job, video="c.mp4")
    job.write_text(json.dumps({"b.mp4": video_version_1()}))
    assert load_video_predictions(job) == load_job_results(job)["b.mp4"]


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(InputNotFoundError, match=r"missing.json: there is no such file; check the path$"):
        load_video_predictions(tmp_path / "missing.json")
    with pytest.raises(FileNotFoundError):  # as NeuroPose's callers catch it
        load_job_results(tmp_path / "missing.json")
    with pytest.raises(FileFormatError, match="cannot be read: Is a directory"):
        load_video_predictions(tmp_path)


def test_an_output_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        save_video_predictions(tmp_path / "out" / "video.json", predictions_of(table_of(1)))
