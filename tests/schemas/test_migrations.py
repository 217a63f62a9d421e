from copy import deepcopy

import pytest
from schemas.neuropose_samples import frame, video_version_1, video_version_2

from neuropose_ray.errors import FileFormatError, FutureSchemaError, MigrationError
from neuropose_ray.schemas.header import SCHEMA_VERSION
from neuropose_ray.schemas.migrations import migrate_job_results, migrate_video_predictions
from neuropose_ray.schemas.predictions import VideoPredictions


def migrated(payload):
    return VideoPredictions.model_validate(migrate_video_predictions(payload, "old.json"))


@pytest.mark.parametrize("sample", [video_version_1, video_version_2])
def test_neuroposes_versions_become_the_present_one(sample):
    predictions = migrated(sample())
    assert predictions.schema_version == SCHEMA_VERSION
    assert predictions.skeleton.name == "berkeley_mhad_43"
    assert predictions.camera is None
    assert [len(frame) for frame in predictions.frames.values()] == [1, 0, 2]
    assert predictions["frame_000002"].poses3d[1][42] == (1042.0, 1042.1, 1042.2)
    assert predictions["frame_000002"].track_ids is None


def test_version_2_keeps_provenance_and_segmentations():
    predictions = migrated(video_version_2())
    assert predictions.provenance.tensorflow_version == "2.18.0"
    assert predictions.segmentations["right_heel_strikes"].segments[0].peak == 1


def test_version_1_has_no_provenance():
    assert migrated(video_version_1()).provenance is None


def test_times_are_those_that_neuropose_reckons_with():
    assert [frame.timestamp_s for frame in migrated(video_version_1()).frames.values()] == pytest.approx(
        [0, 0.04, 0.08]
    )


def test_without_a_frame_rate_there_are_no_times():
    payload = video_version_1()
    payload["metadata"]["fps"] = 0.0
    assert {frame.timestamp_s for frame in migrated(payload).frames.values()} == {None}


@pytest.mark.parametrize(("joints", "skeleton"), [(33, "blazepose_33"), (24, "smpl_24"), (17, "unnamed_17")])
def test_the_skeleton_follows_from_the_number_of_joints(joints, skeleton):
    assert migrated(video_version_1([frame(0), frame(1, joints)])).skeleton.name == skeleton


def test_the_payload_stays_as_it_is():
    payload = video_version_1()
    before = deepcopy(payload)
    migrate_video_predictions(payload, "old.json")
    assert payload == before


def test_every_video_of_a_job_migrates_on_its_own():
    results = migrate_job_results({"a.mp4": video_version_1(), "b.mp4": video_version_2()}, "results.json")
    assert [video["schema_version"] for video in results.values()] == [SCHEMA_VERSION] * 2


def test_a_newer_version_is_refused_with_what_to_do():
    payload = video_version_2() | {"schema_version": SCHEMA_VERSION + 1}
    with pytest.raises(FutureSchemaError, match=r"^results.json: b.mp4: schema_version is 4, newer .*; update"):
        migrate_job_results({"b.mp4": payload}, "results.json")


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "2", None])
def test_a_version_that_is_not_a_whole_number_from_1_is_refused(version):
    with pytest.raises(MigrationError, match=r"^old.json: invalid schema_version .*, not a whole number from 1"):
        migrate_video_predictions({"schema_version": version}, "old.json")


@pytest.mark.parametrize("payload", [None, [], "text", 3])
def test_what_is_not_an_object_is_refused(payload):
    with pytest.raises(MigrationError, match="object in JSON"):
        migrate_video_predictions(payload, "old.json")
    with pytest.raises(FileFormatError, match="object in JSON"):
        migrate_job_results(payload, "old.json")


@pytest.mark.parametrize("broken", [
    {"frames": []}, {"frames": {"frame_000000": 3}}, {"frames": {"frame_000000": {"poses3d": 1}}}, {"metadata": None},
])  # fmt: skip
def test_what_is_malformed_passes_on_to_the_validation(broken):
    payload = migrate_video_predictions(video_version_1() | broken, "old.json")
    with pytest.raises(ValueError, match="validation error"):
        VideoPredictions.model_validate(payload)
