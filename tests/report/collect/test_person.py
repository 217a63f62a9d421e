"""The person of a report: who it is, cleaned, and back at the times of the video's frames."""

import numpy as np
import pytest
from support.phantom_results import seconds, squatting, truth_table, without_rows, write_results

from neuropose_ray.analysis import CleaningSettings, load_trial
from neuropose_ray.errors import InputError
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.phantom.scene import Person, Scene
from neuropose_ray.report.collect.person import reported_person
from neuropose_ray.schemas.poses import PoseTable

CLEANING = CleaningSettings()


def person_of(folder, table, **options):
    return reported_person(load_trial(write_results(folder, table)), CLEANING, **options)


def test_with_no_track_given_it_is_who_is_seen_longest(tmp_path):
    people = Person(Squatting()), Person(Squatting(), place_mm=(0, 900))
    table = truth_table(Scene(people), seconds(3))
    table = without_rows(table, range(0, 60, 2))  # the first is missing in the first half
    assert person_of(tmp_path / "two", table).track == 1
    chosen = reported_person(load_trial(tmp_path / "two"), CLEANING, track=0)
    assert chosen.track == 0
    assert np.isnan(chosen.model.positions[:20]).all()


def test_who_is_not_there_and_nobody_are_errors(tmp_path):
    table = truth_table(squatting(), seconds(1))
    with pytest.raises(InputError):
        person_of(tmp_path / "one", table, track=7)
    with pytest.raises(InputError):
        person_of(tmp_path / "nobody", without_rows(table, range(len(table.poses))))


def test_the_fit_is_what_numbers_are_made_of_and_the_models_poses_stay(tmp_path):
    table = truth_table(squatting(), seconds(2))
    fitted = PoseTable(table.timestamps_s, table.poses, table.track_ids, table.poses.poses3d + np.float32(50))
    person = person_of(tmp_path / "fitted", fitted)
    np.testing.assert_allclose(person.raw.positions - person.model.positions, 50, atol=0.01)
    assert np.median(person.cleaned.motion.positions - person.raw.positions) == pytest.approx(0, abs=1)
    plain = person_of(tmp_path / "plain", table)
    assert plain.raw is plain.model


def test_at_even_times_what_is_shown_is_what_was_cleaned(tmp_path):
    person = person_of(tmp_path / "even", truth_table(squatting(), seconds(3)))
    assert person.shown is person.cleaned.motion
    assert person.filled is person.cleaned.filled


def test_at_uneven_times_it_is_shown_at_the_frames_of_the_video(tmp_path):
    random = np.random.default_rng(0)
    times = seconds(4) + random.uniform(0, 0.03, 80)
    person = person_of(tmp_path / "uneven", truth_table(squatting(), times))
    np.testing.assert_array_equal(person.shown.timestamps_s, person.raw.timestamps_s)
    assert (
        len(person.cleaned.motion) != len(person.shown)
        or (person.cleaned.motion.timestamps_s != person.shown.timestamps_s).any()
    )
    apart = np.linalg.norm(person.shown.positions - person.raw.positions, axis=-1)
    assert np.isfinite(apart).all()  # also at the last frame, which an even grid may not reach
    assert np.median(apart) < 10
    assert person.filled.shape == person.shown.positions.shape[:2]


def test_what_is_not_known_stays_so_and_what_was_filled_in_is_marked(tmp_path):
    random = np.random.default_rng(0)
    times = seconds(6) + random.uniform(0, 0.02, 120)
    table = without_rows(truth_table(squatting(), times), [30, 31, *range(60, 110)])
    person = person_of(tmp_path / "gaps", table)
    known = np.isfinite(person.shown.positions).all(axis=(1, 2))
    assert known[30:32].all()
    assert person.filled[30:32].mean() > 0.9
    assert not known[70:100].any()
    assert not person.filled[5:25].any()
