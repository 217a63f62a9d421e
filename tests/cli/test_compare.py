import json

import pytest
from analysis.runs.samples import PHANTOM_SKELETON, phantom, write_parquet
from support.phantom_results import seconds, squatting, truth_table, write_results
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import InputError, InputNotFoundError
from neuropose_ray.phantom.motions import Squatting


@pytest.fixture
def two(tmp_path):
    return [
        write_parquet(tmp_path / name, phantom(Squatting(period_s=period), 2.25 * period), joints=PHANTOM_SKELETON)
        for name, period in (("before", 2.0), ("after", 2.2))
    ]


def compare(*words):
    return CliRunner(env={"COLUMNS": "160"}).invoke(app, ["compare", *map(str, words)])


def test_two_trials_are_told_with_what_the_distances_are(two, tmp_path):
    done = compare(*two, "--output", tmp_path / "c.json")
    assert done.exit_code == 0, done.output
    for told in (
        "before against after",
        "exact DTW, z-normalised, band 0.1",
        "Procrustes",
        "left knee flexion",
        "1.10",
    ):
        assert told in done.output
    assert json.loads((tmp_path / "c.json").read_text())["tempo"]["repetitions_first"] == 2


def test_json_is_all_that_is_printed_if_asked_for(two):
    found = json.loads(compare(*two, "--json", "--band", "0.2").stdout)
    assert (found["first"], found["settings"]["warping"]["band"]) == ("before", 0.2)


def test_an_unknown_person_or_file_is_told(two):
    assert isinstance(compare(*two, "--second-track", "9").exception, InputError)
    assert isinstance(compare(two[0], two[1] / "none").exception, InputNotFoundError)


def test_ankles_of_videos_are_marked_and_both_trials_have_their_bands(tmp_path):
    trials = [
        write_results(tmp_path / name, truth_table(squatting(period_s=period), seconds(7)))
        for name, period in (("before", 2.0), ("after", 2.2))
    ]
    text = compare(*trials, "--person", "largest").output
    (ankle,) = [line for line in text.splitlines() if line.startswith("left ankle dorsiflexion ")]
    assert ankle.count("?") == 5, "every number of the ankle"
    assert "? left ankle dorsiflexion cannot be relied on" in text
    (knee,) = [line for line in text.splitlines() if line.startswith("left knee flexion ")]
    assert "?" not in knee
    assert "±" in knee


def test_slow_motion_is_compared_at_its_true_tempo(two, tmp_path):
    slow = write_parquet(tmp_path / "slow", phantom(Squatting(period_s=2.0), 4.5, fps=240.0), joints=PHANTOM_SKELETON)
    found = json.loads(compare(slow, slow, "--json", "--capture-fps", 240).stdout)
    assert found["tempo"]["repetition_s_first"] == pytest.approx(2.0, abs=0.1)
    assert any("slowed down" in warning for warning in found["warnings"])


def test_everybody_cannot_be_compared_with_everybody(two):
    assert "compare takes one person" in str(compare(*two, "--person", "all").exception)
