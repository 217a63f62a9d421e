"""`classify` on phantom people: three who squat, walk, stand up and reach, each in a manner of their own."""

import csv
import json

import pytest
from analysis.dtw.cohort import cohort
from analysis.runs.samples import PHANTOM_SKELETON, write_parquet
from typer.testing import CliRunner

from neuropose_ray.cli.main import app
from neuropose_ray.cli.motions import cleaned_motions
from neuropose_ray.errors import FileFormatError, InputError, SettingsError

LABELS = ("reach", "sit_to_stand", "squat", "walk")


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """One take of each movement of each person, and the table that labels them."""
    folder = tmp_path_factory.mktemp("cohort")
    rows = []
    for subject, label, motion in cohort():
        if motion.name.endswith("_0"):
            write_parquet(folder / "out" / motion.name, motion.positions, joints=PHANTOM_SKELETON)
            rows.append({"trial": f"out/{motion.name}", "subject": subject, "label": label})
    return with_rows(folder / "trials.csv", rows)


def with_rows(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["trial", "subject", "label"])
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_of(table):
    with table.open(newline="") as file:
        return list(csv.DictReader(file))


def classify(*words):
    return CliRunner().invoke(app, ["classify", *map(str, words)], env={"COLUMNS": "120"})


def test_movements_of_people_who_were_never_seen_are_told_apart_without_a_ray(table, tmp_path, monkeypatch):
    monkeypatch.setattr("neuropose_ray.cluster.connected", lambda address: pytest.fail("a Ray was asked for"))
    done = classify(table, "--json", tmp_path / "c.json")
    assert done.exit_code == 0, done.output
    result = json.loads((tmp_path / "c.json").read_text())
    assert tuple(result["classes"]) == LABELS
    assert result["accuracy"] >= 0.9
    assert result["baseline_accuracy"] <= 0.5
    assert sum(map(sum, result["confusion"])) == 12
    lines = [line.split() for line in done.output.splitlines()]
    assert ["trials", "12", "of", "3", "subjects"] in lines
    assert ["accuracy", f"{result['accuracy']:.1%}"] in lines
    for label, counts in zip(LABELS, result["confusion"], strict=True):
        assert [label, *map(str, counts)] in lines
    assert ["anna", f"{result['accuracy_by_subject']['anna']:.1%}"] in lines
    assert "walk has only 3 trial(s)" in done.output


@pytest.mark.ray
def test_a_trial_that_cannot_be_read_is_listed_and_stops_no_other(ray_cluster, table):
    extra = {"trial": "out/gone", "subject": "dora", "label": "walk"}
    more = with_rows(table.with_name("more.csv"), [*rows_of(table), extra])
    done = classify(more, "--json", "-", "--engine", "ray")
    assert done.exit_code == 1
    result = json.loads(done.stdout)
    assert result["errors"]["gone"].endswith("there is no such file or folder; check the path")
    assert len(result["trials"]) == 12


@pytest.mark.slow  # aeon compiles itself for a minute where it has not done so before
def test_multirocket_needs_no_cluster(table, tmp_path):
    pytest.importorskip("aeon", reason="the extra classify is not installed")
    done = classify(table, "--classifier", "multirocket", "--json", tmp_path / "c.json")
    assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "c.json").read_text())["accuracy"] >= 0.9


def test_a_row_of_several_trials_and_a_trial_named_twice_are_refused(table):
    rows = rows_of(table)
    several = with_rows(table.with_name("several.csv"), [rows[0], rows[1] | {"trial": "out"}])
    done = classify(several)
    assert isinstance(done.exception, InputError)
    assert "out holds 12 trials; name one trial in each line" in str(done.exception)
    twice = with_rows(table.with_name("twice.csv"), [rows[0], rows[0]])
    assert "is there twice; name every trial once" in str(classify(twice).exception)


def test_whom_a_trial_is_of_and_how_fast_is_as_for_the_other_commands(table, tmp_path, monkeypatch):
    taken = []

    def noted(sources, *choices):
        taken.append(choices)
        return cleaned_motions(sources, *choices)

    monkeypatch.setattr("neuropose_ray.cli.classify.cleaned_motions", noted)
    done = classify(table, "--person", "largest", "--capture-fps", "240", "--json", tmp_path / "c.json")
    assert done.exit_code == 0, done.output
    assert taken == [("largest", 240.0)]
    refused = classify(table, "--person", "all")
    assert isinstance(refused.exception, SettingsError)
    assert "classify takes one person" in str(refused.exception)


def test_a_table_without_labels_is_one_line(table):
    table.with_name("bare.csv").write_text("trial\nout/a\n")
    done = classify(table.with_name("bare.csv"))
    assert isinstance(done.exception, FileFormatError)
    assert "no column subject, label" in str(done.exception)
