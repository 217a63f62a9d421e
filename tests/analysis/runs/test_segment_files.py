import json

import numpy as np
import pytest
from analysis.runs.samples import BLAZEPOSE, heels, neuropose_video, write_json, write_parquet
from schemas.neuropose_samples import NeuroPoseResults, NeuroPoseVideo
from support import neuropose_loader

from neuropose_ray.analysis.runs.segment_files import SEGMENTATIONS_FILE, SegmentRequest, segment_file
from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputError
from neuropose_ray.schemas.json_files import load_video_predictions
from neuropose_ray.schemas.segmentation_files import load_segmentations

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
    stored = segment_file(file, request())
    payload = json.loads(file.read_text())
    assert NeuroPoseVideo.model_validate(payload).schema_version == 2
    assert len(payload["segmentations"]["steps"]["segments"]) == len(stored.found["a"].segments) >= 2
    assert {key: value for key, value in payload.items() if key != "segmentations"} == {
        key: value for key, value in video.items() if key != "segmentations"
    }


def test_missing_numbers_of_neuroposes_file_stay_as_they_were(tmp_path):
    video = neuropose_video(WALK)
    video["frames"]["frame_000003"]["poses2d"][0][0] = [float("nan"), float("inf")]
    file = write_json(tmp_path / "a.json", video)
    segment_file(file, request())
    frame = neuropose_loader.load_video_predictions(file).frames["frame_000003"]
    np.testing.assert_array_equal(frame.poses2d[0][0], [np.nan, np.inf])


@pytest.mark.parametrize("method", ["prominent_valleys_v2", "prominent_valleys_v3"])
def test_segments_that_neuroposes_file_cannot_hold_go_to_a_new_file_alone(tmp_path, method):
    file = write_json(tmp_path / "a.json", neuropose_video(WALK))
    before = file.read_bytes()
    with pytest.raises(InputError, match=f"cannot hold segments of the method {method}.*--output"):
        segment_file(file, request(method=method))
    assert file.read_bytes() == before
    segment_file(file, request(method=method), output=tmp_path / "new.json")
    new = load_video_predictions(tmp_path / "new.json")
    assert (new.schema_version, new.segmentations["steps"].config.method) == (3, method)
    assert file.read_bytes() == before


def test_a_file_without_a_frame_rate_is_cut_where_no_time_is_asked_for(tmp_path):
    file = write_json(tmp_path / "a.json", neuropose_video(WALK, fps=0.0))
    assert segment_file(file, request()).found["a"].segments
    with pytest.raises(InputError, match="fps"):
        segment_file(file, request("timed", min_distance_seconds=0.4))


def test_times_in_frames_are_those_of_the_files_frame_rate(tmp_path):
    """0.25 s are 7.5 frames, and halves go to the even number; times of frames give a rate of 29.999999999999996."""
    padded = segment_file(write_json(tmp_path / "a.json", neuropose_video(WALK)), request(pad_seconds=0.25))
    plain = segment_file(write_json(tmp_path / "b.json", neuropose_video(WALK)), request())
    start = [segment.start for segment in plain.found["b"].segments][1]
    assert [segment.start for segment in padded.found["a"].segments][1] == start - 8


def test_every_video_of_a_job_is_segmented(tmp_path):
    file = write_json(tmp_path / "results.json", {"a.mp4": neuropose_video(WALK), "b.mp4": neuropose_video(WALK)})
    stored = segment_file(file, request())
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
    (neuropose_video(np.full((5, 43, 3), np.nan)), InputError),
])  # fmt: skip
def test_what_cannot_be_segmented_is_refused_and_left_as_it_is(tmp_path, payload, error):
    file = write_json(tmp_path / "a.json", payload)
    before = file.read_bytes()
    with pytest.raises(error):
        segment_file(file, request())
    assert file.read_bytes() == before


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.slow
def test_whatever_neuroposes_file_holds_its_loader_takes_it_after_a_segmentation_in_place(tmp_path, seed):
    """Versions 1 and 2, one video or a job, frames without anybody, numbers that are missing, no frame rate."""
    random = np.random.default_rng(seed)
    video = neuropose_video(heels(int(random.integers(8, 40)), frames=60), fps=float(random.choice([0.0, 25.0])))
    frames = list(video["frames"].values())
    for frame in random.choice(frames, random.integers(0, 3)):
        frame["poses2d"][0][int(random.integers(43))] = [float("nan"), float("-inf")]
    if random.random() < 0.3:
        frames[int(random.integers(60))].update(boxes=[], poses3d=[], poses2d=[])
    if random.random() < 0.5:
        del video["schema_version"], video["provenance"]
    in_job = random.random() < 0.5
    payload = {"a.mp4": video, "b.mp4": neuropose_video(WALK)} if in_job else video
    file = write_json(tmp_path / "a.json", payload)
    extractor = [{"joint": 33, "axis": 1, "kind": "joint_axis"}, {"kind": "joint_speed", "joint": 41}][seed % 2]
    method = random.choice([None, "valley_to_valley_v1", "prominent_valleys_v3"])
    asked = SegmentRequest.model_validate({"name": "steps", "signal": extractor, "method": method})
    before = file.read_bytes()
    try:
        segment_file(file, asked)
    except InputError:
        assert file.read_bytes() == before
    else:
        assert method != "prominent_valleys_v3"
    load = neuropose_loader.load_job_results if in_job else neuropose_loader.load_video_predictions
    load(file)
