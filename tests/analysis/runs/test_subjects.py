"""The person of a trial whom an analysis is of, cleaned as it is configured."""

import numpy as np
import pytest
from analysis.runs.samples import PHANTOM_SKELETON, heels, neuropose_video, phantom, write_json, write_parquet

from neuropose_ray.analysis.cleaning.settings import CleaningSettings
from neuropose_ray.analysis.runs.config import MovementConfig, PreprocessingConfig
from neuropose_ray.analysis.runs.movement import analyse_movement
from neuropose_ray.analysis.runs.subjects import load_subject
from neuropose_ray.errors import InputError
from neuropose_ray.phantom.motions import Squatting


@pytest.fixture
def squats(tmp_path):
    """Three seconds of squats in which one frame was missed."""
    positions = phantom(Squatting(period_s=2.0), 3.0)
    positions[40] = np.nan
    return write_parquet(tmp_path / "out" / "squats", positions, joints=PHANTOM_SKELETON)


def test_without_cleaning_the_person_is_as_predicted(squats):
    subject = load_subject(squats, None, PreprocessingConfig())
    assert subject.steps == ()
    assert not any("cleaning" in warning or "gaps" in warning for warning in subject.warnings)
    assert np.isnan(subject.motion.positions[40]).all()
    assert subject.coverage == pytest.approx(89 / 90)


def test_cleaning_fills_the_gap_and_says_so(squats):
    subject = load_subject(squats, None, PreprocessingConfig(cleaning=CleaningSettings()))
    assert np.isfinite(subject.motion.positions[40]).all()
    assert sum(step.filled for step in subject.steps) >= len(PHANTOM_SKELETON)
    assert subject.coverage == pytest.approx(89 / 90), "as it was seen, not as it was filled"


def test_the_summary_is_what_a_report_says_of_its_input(squats):
    summary = load_subject(squats, None, PreprocessingConfig(cleaning=CleaningSettings())).summary
    assert (summary.video, summary.skeleton, summary.frame_count) == ("squats", PHANTOM_SKELETON.name, 90)
    assert summary.path == squats / "predictions.parquet"
    assert [step.step for step in summary.cleaning][-1] == "smoothing"


def test_a_clip_that_is_stored_slowed_down_has_the_times_of_what_was_filmed(tmp_path):
    # Squats of 2 s, filmed at 240 frames a second and stored at 30.
    stored = write_parquet(
        tmp_path / "slow", phantom(Squatting(period_s=2.0), 7.0, fps=240.0), joints=PHANTOM_SKELETON, fps=30.0
    )
    preprocessing = PreprocessingConfig(cleaning=CleaningSettings(), capture_fps=240.0)
    subject = load_subject(stored, None, preprocessing)
    moved = analyse_movement(subject.motion, MovementConfig(kind="movement"), subject.conditions).results.repetitions
    assert moved.summary["duration_s"].mean == pytest.approx(2.0, abs=0.1)
    assert moved.summary["peak_velocity_out"].mean == pytest.approx(50 * np.pi, rel=0.03)
    assert subject.summary.fps == pytest.approx(240)
    slowed = "the clip is stored 8 times slowed down: times and speeds are those of what was filmed"
    assert [warning for warning in subject.warnings if "slowed" in warning] == [slowed]


def test_poses_of_a_video_and_of_markers_are_told_apart(squats, tmp_path):
    assert not load_subject(squats, None, PreprocessingConfig()).conditions.from_video
    model = {"model_sha256": "0" * 64, "model_filename": "m", "tensorflow_version": "2", "numpy_version": "2",
             "neuropose_version": "1", "python_version": "3"}  # fmt: skip
    video = write_json(tmp_path / "video.json", neuropose_video(heels(30), provenance=model))
    assert load_subject(video, None, PreprocessingConfig()).conditions.from_video


def test_the_configured_person_of_the_configured_video_is_taken(tmp_path):
    still = np.repeat(heels(30)[:1], 90, axis=0)
    job = write_json(
        tmp_path / "job.json", {"a.mp4": neuropose_video(still), "b.mp4": neuropose_video(still, heels(30))}
    )
    second = load_subject(job, "b.mp4", PreprocessingConfig(person_index=1))
    assert second.trial.name == "b.mp4"
    assert np.ptp(second.motion.positions, axis=0).max() > 100
    with pytest.raises(InputError, match="there is no person 1"):
        load_subject(job, "a.mp4", PreprocessingConfig(person_index=1))


def test_model_poses_are_those_before_the_fit(tmp_path):
    from dataclasses import replace

    from neuropose_ray.schemas.parquet_files import read_predictions, write_predictions

    folder = write_parquet(tmp_path / "walk", np.ones((3, 33, 3)))
    file = folder / "predictions.parquet"
    table, header = read_predictions(file)
    write_predictions(file, replace(table, poses3d_fitted=table.poses.poses3d + 9), header)
    assert load_subject(folder, None, PreprocessingConfig()).motion.positions.max() == 10
    assert load_subject(folder, None, PreprocessingConfig(poses="model")).motion.positions.max() == 1


@pytest.fixture
def two_people(tmp_path):
    """A person of three seconds, track 0, and a nearer one who comes after one second, track 1."""
    from dataclasses import replace

    from neuropose_ray.schemas.parquet_files import read_predictions, write_predictions
    from neuropose_ray.schemas.poses import Poses

    folder = write_parquet(tmp_path / "out" / "two", phantom(Squatting(period_s=2.0), 3.0), joints=PHANTOM_SKELETON)
    file = folder / "predictions.parquet"
    table, header = read_predictions(file)
    late = table.poses.take(table.poses.frame >= 30)
    late = replace(late, boxes=late.boxes * np.array([1, 1, 3, 3, 1], np.float32))
    both = Poses.concatenate([table.poses, late], [0, 0])
    order = np.argsort(both.frame, kind="stable")
    ids = np.repeat([0, 1], [len(table.poses), len(late)])[order].astype(np.int32)
    write_predictions(file, replace(table, poses=both.take(order), track_ids=ids, poses3d_fitted=None), header)
    return folder


def test_an_analysis_says_whom_it_is_of_and_who_else_is_there(two_people):
    person = load_subject(two_people, None, PreprocessingConfig()).summary.person
    assert person.description == "track 0 of 2 (others: 1), seen in 100 %"


def test_the_configuration_says_how_the_person_is_chosen(two_people):
    largest = load_subject(two_people, None, PreprocessingConfig(person="largest"))
    assert largest.person.description == "track 1 of 2 (others: 0), seen in 67 %"
    assert np.isnan(largest.motion.positions[:30]).all()
    second = load_subject(two_people, None, PreprocessingConfig(person="largest", person_index=1))
    assert second.person.track == 0
