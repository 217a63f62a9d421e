import csv
import json

import pytest
from analysis.runs.samples import PHANTOM_SKELETON, phantom, write_parquet
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.errors import OutputError
from neuropose_ray.phantom.motions import Reaching, Squatting

PNG = b"\x89PNG"


@pytest.mark.slow
def test_like_trials_are_neighbours_and_a_bad_one_is_listed_without_a_ray(tmp_path, monkeypatch):
    monkeypatch.setattr("neuropose_ray.cluster.connected", lambda address: pytest.fail("a Ray was asked for"))
    movements = {"squat_a": Squatting(period_s=2.0), "squat_b": Squatting(period_s=2.1), "reach": Reaching()}
    for name, movement in movements.items():
        write_parquet(tmp_path / "out" / name, phantom(movement, 4.0), joints=PHANTOM_SKELETON)
    out = tmp_path / "distances.json"
    words = ["dtw-matrix", str(tmp_path / "out"), str(tmp_path / "none"), "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1, done.output
    assert "failed: none: " in done.output
    record = json.loads(out.read_text())
    assert record["neighbours"]["squat_a"][0] == "squat_b"
    assert record["unit"] == "rad"
    assert "rad per pair of frames" in done.output
    assert out.with_suffix(".png").read_bytes()[:4] == PNG
    table, picture = tmp_path / "d.csv", tmp_path / "d.svg"
    words = ["dtw-matrix", str(tmp_path / "out"), "--out", str(table), "--heat-map", str(picture), "--z-normalise"]
    assert CliRunner().invoke(app, words).exit_code == 0
    with table.open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["trial", "reach", "squat_a", "squat_b"]
    assert [row[place] for place, row in enumerate(rows[1:], 1)] == ["0.0"] * 3
    assert "squat_a" in picture.read_text()


@pytest.mark.ray
def test_a_ray_computes_them_where_it_is_asked_for(ray_cluster, tmp_path):
    for name, movement in {"squat": Squatting(period_s=2.0), "reach": Reaching()}.items():
        write_parquet(tmp_path / "out" / name, phantom(movement, 4.0), joints=PHANTOM_SKELETON)
    files = [tmp_path / f"{engine}.csv" for engine in ("ray", "local")]
    for file in files:
        words = ["dtw-matrix", str(tmp_path / "out"), "--out", str(file), "--engine", file.stem]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
    assert files[0].read_text() == files[1].read_text()


def test_different_numbers_of_repetitions_are_said(tmp_path):
    for name, seconds in {"three": 6.2, "four": 8.2}.items():
        write_parquet(tmp_path / "out" / name, phantom(Squatting(period_s=2.0), seconds), joints=PHANTOM_SKELETON)
    done = CliRunner().invoke(app, ["dtw-matrix", str(tmp_path / "out"), "--out", str(tmp_path / "d.json")])
    assert "the numbers of repetitions differ (four 4, three 3)" in done.output
    assert "repetitions differ" in json.loads((tmp_path / "d.json").read_text())["warnings"][0]


@pytest.mark.parametrize("files", [["--out", "d.xls"], ["--out", "d.json", "--heat-map", "d.gif"]])
def test_an_unknown_format_is_refused_before_the_work(files):
    assert isinstance(CliRunner().invoke(app, ["dtw-matrix", "none", *files]).exception, OutputError)


def test_everybody_is_a_trial_of_their_own_where_all_are_asked_for(tmp_path):
    person = phantom(Squatting(period_s=2.0), 4.5)
    two = write_parquet(tmp_path / "two", None, tracks={0: person, 1: person + 500.0}, joints=PHANTOM_SKELETON)
    words = ["dtw-matrix", str(two), "--person", "all", "--out", str(tmp_path / "m.json")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "m.json").read_text())["names"] == ["two track 0", "two track 1"]
