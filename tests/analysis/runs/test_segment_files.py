import json

import numpy as np
import pytest
from analysis.runs.samples import BLAZEPOSE, heels, neuropose_video, write_json, write_parquet
from schemas.neuropose_samples import NeuroPoseResults, NeuroPoseVideo

from neuropose_ray.analysis.runs.segment_files import (
    SEGMENTATIONS_FILE,
    SegmentRequest,
    load_segmentations,
    segment_file,
)
from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputError

WALK = heels(30)


def request(name="steps", joint="left_heel", **change):
    signal = {"kind": "joint_axis", "joint": joint, "axis": "y"}
    return SegmentRequest.model_validate({"name": name, "signal": signal} | change)


@pytest.fixture
def parquet(tmp_path):
    body = np.ones((90, 33, 3))
    body[:, BLAZEPOSE.index("left_heel")] = WALK[:, 33]
    return write_parquet(tmp_path / "walk", body)


def test_a_file_of_neuroposes_stays_one(tmp_path):
    video = neuropose_video(WALK)
    file = write_json(tmp_path / "a.json", video)
    stored = segment_file(file, request(method="valley_to_valley_v1"))
    payload = json.loads(file.read_text())
    assert NeuroPoseVideo.model_validate(payload).schema_version == 2
    assert len(payload["segmentations"]["steps"]["segments"]) == len(stored.found["a"].segments) >= 2
    assert {key: value for key, value in payload.items() if key != "segmentations"} == {
        key: value for key, value in video.items() if key != "segmentations"
    }


def test_every_video_of_a_job_is_segmented(tmp_path):
    file = write_json(tmp_path / "results.json", {"a.mp4": neuropose_video(WALK), "b.mp4": neuropose_video(WALK)})
    stored = segment_file(file, request(method="valley_to_valley_v1"))
    results = NeuroPoseResults.model_validate_json(file.read_text())
    assert list(stored.found) == list(results.root) == ["a.mp4", "b.mp4"]
    assert all("steps" in video.segmentations for video in results.root.values())


def test_a_video_that_cannot_be_segmented_does_not_stop_the_others(tmp_path):
    nobody = neuropose_video(np.full((5, 43, 3), np.nan))
    file = write_json(tmp_path / "results.json", {"a.mp4": nobody, "b.mp4": neuropose_video(WALK)})
    stored = segment_file(file, request())
    assert list(stored.found) == ["b.mp4"]
    assert "nobody is seen" in stored.failed["a.mp4"]


def test_parquet_is_never_changed_and_gets_a_file_beside_it(parquet):
    file = parquet / "predictions.parquet"
    before = file.read_bytes()
    stored = segment_file(parquet, request())
    assert stored.path == parquet / SEGMENTATIONS_FILE
    assert file.read_bytes() == before
    assert load_segmentations(file)["steps"] == stored.found["walk"]


def test_other_segments_are_kept_and_the_same_name_needs_force(parquet):
    segment_file(parquet, request("first"))
    segment_file(parquet, request("second"))
    with pytest.raises(InputError, match=r"segments named 'first' already; use --force"):
        segment_file(parquet, request("first"))
    segment_file(parquet, request("first", min_prominence=1e6), force=True)
    found = load_segmentations(parquet / "predictions.parquet")
    assert {name: len(one.segments) > 0 for name, one in found.items()} == {"first": False, "second": True}


def test_the_same_name_needs_force_in_json_as_well(tmp_path):
    file = write_json(tmp_path / "a.json", neuropose_video(WALK))
    segment_file(file, request())
    with pytest.raises(InputError, match="use --force"):
        segment_file(file, request())


def test_an_output_leaves_the_input_as_it_is(parquet, tmp_path):
    stored = segment_file(parquet, request(), output=tmp_path / "other.json")
    assert stored.path == tmp_path / "other.json"
    assert not (parquet / SEGMENTATIONS_FILE).exists()
    with pytest.raises(InputError, match="JSON"):
        segment_file(parquet, request(), output=parquet / "predictions.parquet")


def test_the_person_is_stored_with_the_segments(parquet):
    config = segment_file(parquet, request(track=0)).found["walk"].config
    assert (config.track_id, config.extractor.joint) == (0, BLAZEPOSE.index("left_heel"))


@pytest.mark.parametrize(("payload", "error"), [
    ({"a": 1}, FileFormatError),
    (neuropose_video(WALK) | {"schema_version": 7}, FutureSchemaError),
    (neuropose_video(WALK, fps=0.0), InputError),
])  # fmt: skip
def test_what_cannot_be_segmented_is_refused_and_left_as_it_is(tmp_path, payload, error):
    file = write_json(tmp_path / "a.json", payload)
    before = file.read_bytes()
    with pytest.raises(error):
        segment_file(file, request())
    assert file.read_bytes() == before
