import json
import os
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from schemas.neuropose_samples import NeuroPoseResults
from schemas.pose_tables import ARM, FINITE_NUMBERS, PROVENANCE, header_of, pose_tables, properties, table_of
from support import neuropose_loader

from neuropose_ray.schemas.header import PredictionsHeader, VideoMetadata
from neuropose_ray.schemas.json_files import load_job_results
from neuropose_ray.schemas.neuropose_results import save_neuropose_results, save_neuropose_video
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.provenance import NEUROPOSE_PROVENANCE_FIELDS
from neuropose_ray.schemas.reading import read_with_segmentations
from neuropose_ray.schemas.segmentation import Segment, Segmentation, SegmentationConfig
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33


def read_strictly(path):
    """As NeuroPose reads it: unknown fields are an error; and as strict JSON, which NeuroPose does not ask for."""

    def refuse(name):
        raise AssertionError(f"{name} is not JSON")

    return NeuroPoseResults.model_validate(json.loads(path.read_bytes(), parse_constant=refuse)).root


@properties
@given(table=pose_tables())
def test_neuroposes_own_schema_accepts_any_table(tmp_path, table):
    path = tmp_path / "results.json"
    save_neuropose_results(path, [("arm.mp4", table, header_of(table))])
    video = read_strictly(path)["arm.mp4"]
    assert list(video.frames) == [f"frame_{index:06d}" for index in range(table.frame_count)]
    assert video.metadata.model_dump() == {"frame_count": table.frame_count, "fps": 30.0, "width": 640, "height": 480}


@properties
@given(table=pose_tables(FINITE_NUMBERS))
def test_every_finite_number_is_there_to_four_decimals(tmp_path, table):
    path = tmp_path / "results.json"
    assert save_neuropose_results(path, [("arm.mp4", table, header_of(table))]) == 0
    frames = read_strictly(path)["arm.mp4"].frames.values()
    assert [len(frame.boxes) for frame in frames] == table.persons_per_frame().tolist()
    for name in ("boxes", "poses3d", "poses2d"):
        stored = [person for frame in frames for person in getattr(frame, name)]
        expected = getattr(table.poses, name)
        if stored:
            np.testing.assert_allclose(np.array(stored), expected.astype(np.float64), rtol=1e-15, atol=0.5001e-4)


@pytest.mark.parametrize("name", ["boxes", "poses3d", "poses2d"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_person_with_a_number_that_is_not_finite_is_left_out_of_that_frame_and_counted(tmp_path, name, value):
    table = table_of(3, 2)
    getattr(table.poses, name)[2].flat[1] = value
    assert save_neuropose_results(tmp_path / "results.json", [("arm.mp4", table, header_of(table))]) == 1
    frames = read_strictly(tmp_path / "results.json")["arm.mp4"].frames
    assert [len(frame.boxes) for frame in frames.values()] == [2, 1, 2]
    np.testing.assert_allclose(frames["frame_000001"].poses3d[0], table.poses.poses3d[3], atol=1e-3)


def test_joint_scores_and_fitted_poses_that_are_missing_leave_nobody_out(tmp_path):
    table = table_of(2)
    table.poses.joint_scores[:] = np.nan
    table = table.with_fitted(np.full_like(table.poses.poses3d, np.nan))
    assert save_neuropose_results(tmp_path / "results.json", [("arm.mp4", table, header_of(table))]) == 0


def test_only_neuroposes_own_provenance_is_written(tmp_path):
    table = table_of(1)
    save_neuropose_results(tmp_path / "results.json", [("arm.mp4", table, header_of(table))])
    provenance = read_strictly(tmp_path / "results.json")["arm.mp4"].provenance
    assert provenance.model_sha256 == PROVENANCE.model_sha256
    assert provenance.neuropose_version == PROVENANCE.neuropose_version


def test_a_video_without_provenance_has_null(tmp_path):
    metadata = VideoMetadata(frame_count=1, fps=0.0, width=1, height=1)
    header = PredictionsHeader(metadata=metadata, skeleton=ARM)
    save_neuropose_results(tmp_path / "results.json", [("arm.mp4", table_of(1), header)])
    assert read_strictly(tmp_path / "results.json")["arm.mp4"].provenance is None


def test_videos_are_taken_one_at_a_time(tmp_path):
    taken = []

    def videos():
        for index in range(3):
            assert not (tmp_path / "results.json").exists()
            taken.append(index)
            table = table_of(2, seed=index)
            yield f'trial {index} "ä".mp4', table, header_of(table)

    save_neuropose_results(tmp_path / "results.json", videos())
    assert list(read_strictly(tmp_path / "results.json")) == [f'trial {index} "ä".mp4' for index in range(3)]


def test_a_name_that_is_not_utf8_gets_the_replacement_character(tmp_path):
    table = table_of(1)
    save_neuropose_results(tmp_path / "results.json", [(os.fsdecode(b"caf\xe9.mp4"), table, header_of(table))])
    assert list(read_strictly(tmp_path / "results.json")) == ["caf\N{REPLACEMENT CHARACTER}.mp4"]


def test_a_job_without_videos_is_an_empty_object(tmp_path):
    save_neuropose_results(tmp_path / "results.json", [])
    assert read_strictly(tmp_path / "results.json") == {}


def test_videos_longer_than_a_block_are_whole_and_load_again(tmp_path):
    table = table_of(1100, joints=33)
    save_neuropose_results(tmp_path / "results.json", [("arm.mp4", table, header_of(table, BLAZEPOSE_33))])
    loaded = load_job_results(tmp_path / "results.json")["arm.mp4"]
    assert loaded.skeleton == BLAZEPOSE_33
    again = loaded.to_table()
    np.testing.assert_allclose(again.poses.poses3d, table.poses.poses3d, atol=1e-4)
    np.testing.assert_allclose(again.timestamps_s, table.timestamps_s, atol=1e-9)


def test_after_a_failure_midway_the_old_file_stands(tmp_path):
    path = tmp_path / "results.json"
    path.write_bytes(b"old")
    table = table_of(600)

    def videos():
        yield "a.mp4", table, header_of(table)
        raise RuntimeError("the second video cannot be read")

    with pytest.raises(RuntimeError, match="second video"):
        save_neuropose_results(path, videos())
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["results.json"]


def test_two_videos_of_one_name_are_refused(tmp_path):
    table = table_of(1)
    with pytest.raises(ValueError, match=r"two videos are named 'a.mp4'"):
        save_neuropose_results(tmp_path / "results.json", [("a.mp4", table, header_of(table))] * 2)


def test_a_header_of_another_video_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"'a.mp4' has 2 frames, its header says 3"):
        save_neuropose_results(tmp_path / "results.json", [("a.mp4", table_of(2), header_of(table_of(3)))])


def any_table(random):
    """People of the arm in a few frames, every number any float32; in some tables some are not finite."""
    persons = random.integers(0, 4, random.integers(0, 5))
    rows = int(persons.sum())

    def array(*shape):
        values = random.integers(0, 2**32, (rows, *shape), np.uint32).view(np.float32)
        return np.where(np.isfinite(values), values, np.float32(0.1))

    frames = np.repeat(np.arange(len(persons)), persons)
    poses = Poses(frames, array(5), array(3, 2), array(3, 3), array(3))
    if rows and random.random() < 0.3:
        for values in (poses.boxes, poses.poses2d, poses.poses3d):
            values.flat[random.integers(values.size)] = random.choice([np.nan, np.inf, -np.inf])
    tracks = random.integers(0, 5, rows, np.int32) if random.random() < 0.5 else None
    return PoseTable(np.arange(len(persons)) / 30, poses, tracks)


def any_header(random, table):
    header = header_of(table)
    fps = random.choice([0.0, 1e-3, 23.976, 30.0, 1e6])
    metadata = header.metadata.model_copy(
        update={"fps": float(fps), "width": int(random.integers(3)), "height": int(random.integers(9999))}
    )
    provenance = header.provenance if random.random() < 0.7 else None
    return header.model_copy(update={"metadata": metadata, "provenance": provenance})


def any_segmentation(random):
    joints = random.permutation(43).tolist()
    extractors = (
        {"kind": "joint_axis", "joint": joints[0], "axis": joints[1] % 3, "invert": bool(random.integers(2))},
        {"kind": "joint_pair_distance", "joints": joints[:2]},
        {"kind": "joint_speed", "joint": joints[0]},
        {"kind": "joint_angle", "triplet": joints[:3]},
    )
    least = float(random.normal()) if random.random() < 0.5 else None
    config = SegmentationConfig(
        extractor=extractors[random.integers(4)],
        person_index=int(random.integers(3)),
        min_distance_seconds=abs(least or 0.0),
        min_prominence=least,
        min_height=least,
        pad_seconds=float(random.random()),
        method=random.choice(["valley_to_valley_v1", "valley_to_valley_v1", "prominent_valleys_v3"]),
        track_id=random.choice([None, None, 2]),
    )
    spans = random.integers(0, 50, (random.integers(0, 4), 3)).tolist()
    segments = tuple(Segment(start=first, peak=first + up, end=first + up + down + 1) for first, up, down in spans)
    return Segmentation(config=config, segments=segments)


@pytest.mark.slow
def test_500_files_come_back_through_neuroposes_loader_with_equal_numbers_and_segments(tmp_path):
    ours, theirs = tmp_path / "ours.json", tmp_path / "theirs.json"
    kinds = Counter()
    for seed in range(500):
        random = np.random.default_rng(seed)
        table = any_table(random)
        given = any_header(random, table)
        stored = {f"s{number} \u00e4": any_segmentation(random) for number in range(random.integers(3))}
        job_video = "walk.mp4" if seed % 2 else None
        kept = np.ones(len(table.poses), np.bool_)
        for values in (table.poses.boxes, table.poses.poses2d, table.poses.poses3d):
            kept &= np.isfinite(values).all(axis=tuple(range(1, values.ndim)))
        assert save_neuropose_video(ours, table, given, stored, job_video=job_video) == np.count_nonzero(~kept)
        load = neuropose_loader.load_job_results if seed % 2 else neuropose_loader.load_video_predictions
        neuropose_loader.save(theirs, load(ours))
        again, header, segments = read_with_segmentations(theirs)
        np.testing.assert_array_equal(again.poses.frame, table.poses.frame[kept])
        for name in ("boxes", "poses2d", "poses3d") if kept.any() else ():
            np.testing.assert_array_equal(
                getattr(again.poses, name), getattr(table.poses, name)[kept], err_msg=f"{name} of seed {seed}"
            )
        fields = {"frame_count", "fps", "width", "height"}
        assert header.metadata.model_dump(include=fields) == given.metadata.model_dump(include=fields)
        assert np.isnan(again.timestamps_s).all() == (given.metadata.fps == 0 or not table.frame_count)
        own = given.provenance and given.provenance.model_dump(include=set(NEUROPOSE_PROVENANCE_FIELDS))
        assert (header.provenance and header.provenance.model_dump(include=set(NEUROPOSE_PROVENANCE_FIELDS))) == own
        of_neuropose = {
            name: segmentation
            for name, segmentation in stored.items()
            if segmentation.config.method == "valley_to_valley_v1" and segmentation.config.track_id is None
        }
        assert dict(segments) == of_neuropose
        kinds.update(
            no_frames=table.frame_count == 0, one_frame=table.frame_count == 1, nobody=not len(table.poses),
            left_out=not kept.all(), no_rate=given.metadata.fps == 0, no_provenance=own is None,
            segments=bool(of_neuropose),
        )  # fmt: skip
    assert min(kinds.values()) > 20, kinds
