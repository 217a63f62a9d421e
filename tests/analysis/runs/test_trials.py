from pathlib import Path

import numpy as np
import pytest
from analysis.runs.samples import heels, neuropose_video, write_json, write_parquet

from neuropose_ray.analysis.runs.trials import (
    expand_trials,
    load_motion,
    load_trial,
)
from neuropose_ray.errors import FileFormatError, FutureSchemaError, InputError, InputNotFoundError
from neuropose_ray.schemas.result_files import PREDICTIONS_FILE, RUN_FILES

WALK = heels(30)


@pytest.fixture
def video(tmp_path):
    return write_json(tmp_path / "walk.json", neuropose_video(WALK))


@pytest.fixture
def job(tmp_path):
    videos = {"a.mp4": neuropose_video(WALK), "b.mp4": neuropose_video(WALK[:40])}
    (tmp_path / "job").mkdir()
    return write_json(tmp_path / "job" / "results.json", videos)


@pytest.fixture
def two_people(tmp_path):
    """Track 7 in 20 frames, listed first there; track 4 in all 40."""
    still = np.ones((40, 33, 3))
    early = np.where(np.arange(40)[:, None, None] < 20, 2 * still, np.nan)
    return write_parquet(tmp_path / "out" / "duo", None, {4: still, 7: early})


def test_a_path_may_be_text(two_people):
    from_text, from_path = load_motion(str(two_people)), load_motion(Path(two_people))
    np.testing.assert_array_equal(from_text.positions, from_path.positions)
    assert from_text.name == from_path.name == load_trial(str(two_people)).name


def test_a_video_in_json_keeps_all_its_digits(video):
    motion = load_motion(video)
    assert motion.name == "walk"
    assert motion.frame_rate_hz == pytest.approx(30)
    np.testing.assert_array_equal(motion.positions, WALK)


def test_version_1_is_read_as_well(tmp_path):
    payload = neuropose_video(WALK)
    del payload["schema_version"], payload["provenance"]
    np.testing.assert_array_equal(load_motion(write_json(tmp_path / "old.json", payload)).positions, WALK)


def test_a_video_of_a_job_is_chosen_by_name(job):
    assert len(load_motion(job, video="b.mp4")) == 40
    assert load_trial(job.parent, video="a.mp4").name == "a.mp4"


def test_of_several_videos_one_must_be_chosen(job):
    with pytest.raises(InputError, match=r"holds 2 videos; choose one of: a.mp4, b.mp4$"):
        load_trial(job)
    with pytest.raises(InputError, match=r"no video 'c.mp4'; choose one of"):
        load_trial(job, video="c.mp4")


def test_an_only_video_need_not_be_chosen(tmp_path):
    job = write_json(tmp_path / "results.json", {"a.mp4": neuropose_video(WALK)})
    assert load_trial(job).name == "a.mp4"


def test_a_folder_of_a_video_gives_its_parquet_file_and_its_name(two_people):
    trial = load_trial(two_people)
    assert (trial.name, trial.path.name) == ("duo", PREDICTIONS_FILE)


def test_person_0_of_a_tracked_file_is_who_is_seen_longest(two_people):
    assert load_motion(two_people).coverage == 1
    assert load_motion(two_people, person_index=1).coverage == 0.5
    assert load_motion(two_people, track=7).coverage == 0.5


def test_person_1_of_an_untracked_file_is_the_second_in_each_frame(tmp_path):
    path = write_json(tmp_path / "duo.json", neuropose_video(WALK, 2 * WALK))
    np.testing.assert_array_equal(load_motion(path, person_index=1).positions, 2 * WALK)


def test_a_missed_detection_is_nan_and_lowers_the_coverage(tmp_path):
    missed = np.where(np.arange(90)[:, None, None] == 10, np.nan, WALK)
    motion = load_motion(write_json(tmp_path / "missed.json", neuropose_video(missed)))
    assert np.isnan(motion.positions[10]).all()
    assert motion.coverage == pytest.approx(89 / 90)


@pytest.mark.parametrize(("choice", "message"), [
    ({"track": 5}, "there is no track 5; there are: 4, 7"),
    ({"person_index": 2}, "there is no person 2; it holds 2 tracks"),
])  # fmt: skip
def test_an_unknown_person_is_refused_with_those_that_are_there(two_people, choice, message):
    with pytest.raises(InputError, match=message):
        load_motion(two_people, **choice)


def test_an_unknown_place_is_refused(video):
    with pytest.raises(InputError, match="there is no person 1; a frame holds at most 1"):
        load_motion(video, person_index=1)


@pytest.mark.parametrize(("payload", "error", "message"), [
    ({"frames_computed": 3}, FileFormatError, "holds no predictions"),
    ([1, 2], FileFormatError, "holds no predictions"),
    ({}, InputError, "holds zero videos"),
    (neuropose_video(WALK[:0]), InputError, "holds zero frames"),
    (neuropose_video(WALK) | {"schema_version": 9}, FutureSchemaError, "newer than the 3"),
    (neuropose_video(np.full((5, 43, 3), np.nan)), InputError, "nobody is seen in any frame"),
    (neuropose_video(WALK, fps=0.0), InputError, "its frames have no times"),
])  # fmt: skip
def test_what_is_no_trial_is_refused_in_one_line(tmp_path, payload, error, message):
    with pytest.raises(error, match=message) as caught:
        load_motion(write_json(tmp_path / "wrong.json", payload))
    assert "\n" not in str(caught.value)
    assert "wrong.json" in str(caught.value)


def test_a_file_that_is_not_json_is_refused(tmp_path):
    (tmp_path / "cut.json").write_text('{"metadata": {')
    with pytest.raises(FileFormatError, match="not JSON"):
        load_trial(tmp_path / "cut.json")


def test_a_folder_of_several_videos_names_them(two_people):
    with pytest.raises(InputNotFoundError, match="give the folder of one video: duo"):
        load_trial(two_people.parent)
    with pytest.raises(InputNotFoundError, match="no such file or folder"):
        load_trial(two_people / "nothing")


def paths(sources):
    return [source.path for source in sources]


def test_trials_are_expanded_in_order_and_each_once(two_people, video):
    second = write_parquet(two_people.parent / "solo", np.ones((3, 33, 3)))
    out = two_people.parent
    sources = expand_trials([str(video), str(out), f"{out}/*"])
    assert paths(sources) == [video, two_people, second]
    assert [source.name for source in sources] == ["walk", "duo", "solo"]
    assert paths(expand_trials([f"{out}/s*"])) == [second]


def test_a_runs_own_files_are_no_trials_among_the_folders_of_its_videos(two_people):
    out = two_people.parent
    for name in RUN_FILES:
        (out / name).write_text("{}")
    assert paths(expand_trials(sorted(map(str, out.iterdir())))) == [two_people]
    assert paths(expand_trials([f"{out}/*"])) == [two_people]
    alone = [str(out / "summary.json")]
    assert paths(expand_trials(alone)) == [out / "summary.json"], "stays to be reported"


def test_the_videos_of_a_job_are_a_trial_each(job):
    sources = expand_trials([str(job)])
    assert [(source.name, source.video) for source in sources] == [("a.mp4", "a.mp4"), ("b.mp4", "b.mp4")]


def test_a_jobs_folder_is_its_videos_and_not_their_copy_in_neuroposes_format(tmp_path):
    videos = [write_parquet(tmp_path / "job" / name, np.ones((3, 33, 3))) for name in ("a", "b")]
    write_json(tmp_path / "job" / "results.json", {"a.mp4": neuropose_video(WALK), "b.mp4": neuropose_video(WALK)})
    assert paths(expand_trials([str(tmp_path / "job")])) == videos


def test_trials_of_one_name_are_told_apart_by_their_folders(tmp_path):
    for folder in ("before", "after"):
        write_parquet(tmp_path / folder / "walk", np.ones((3, 33, 3)))
    sources = expand_trials([str(tmp_path / "before"), str(tmp_path / "after" / "walk" / "predictions.parquet")])
    assert [source.name for source in sources] == ["before/walk", "after/walk"]


def test_a_pattern_without_a_match_stays_to_be_reported(tmp_path):
    assert paths(expand_trials([f"{tmp_path}/none*.json"])) == [tmp_path / "none*.json"]
