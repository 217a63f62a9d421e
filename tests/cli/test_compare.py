import json

import pytest
from analysis.runs.samples import PHANTOM_SKELETON, phantom, write_parquet
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
