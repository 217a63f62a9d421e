import numpy as np
from analysis.runs.samples import PHANTOM_SKELETON, phantom, write_parquet

from neuropose_ray.analysis.cleaning.clean import clean
from neuropose_ray.analysis.cleaning.settings import CleaningSettings
from neuropose_ray.analysis.dtw.matrix import FailedTrial
from neuropose_ray.analysis.runs.trials import expand_trials, load_motion
from neuropose_ray.cli.motions import cleaned_motions
from neuropose_ray.phantom.motions import Reaching, Squatting


def test_every_trial_is_cleaned_and_one_that_cannot_be_read_keeps_its_place(tmp_path):
    for name, movement in (("reach", Reaching()), ("squat", Squatting())):
        write_parquet(tmp_path / "out" / name, phantom(movement, 2.0), joints=PHANTOM_SKELETON)
    sources = expand_trials(
        [str(tmp_path / "out" / "reach"), str(tmp_path / "gone"), str(tmp_path / "out" / "squat")]
    )
    reach, gone, squat = cleaned_motions(sources)
    assert (reach.name, gone.name, squat.name) == ("reach", "gone", "squat")
    assert isinstance(gone, FailedTrial)
    assert "no such file" in gone.error
    expected = clean(load_motion(tmp_path / "out" / "squat"), CleaningSettings()).motion
    np.testing.assert_array_equal(squat.positions, expected.positions)


def test_names_are_those_that_tell_the_trials_apart(tmp_path):
    for folder in ("before", "after"):
        write_parquet(tmp_path / folder / "squat", phantom(Squatting(), 1.0), joints=PHANTOM_SKELETON)
    sources = expand_trials([str(tmp_path / "before"), str(tmp_path / "after")])
    assert [motion.name for motion in cleaned_motions(sources)] == ["before/squat", "after/squat"]
