"""Where a report's numbers come from: facts of the video, of what made them, and whom to cite."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from support.phantom_results import seconds, squatting, truth_table, without_rows, write_results

from neuropose_ray import __version__
from neuropose_ray.analysis import CleaningSettings, MovementResults, load_trial
from neuropose_ray.report.collect.movement import Movement
from neuropose_ray.report.collect.origin import citation_of, person_facts, provenance_facts, video_facts
from neuropose_ray.report.collect.person import reported_person
from neuropose_ray.report.settings import ReportSettings


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    return load_trial(write_results(tmp_path_factory.mktemp("out") / "squat", truth_table(squatting(), seconds(3))))


def by_label(facts):
    assert len({fact.label for fact in facts}) == len(facts)
    return {fact.label: fact.value for fact in facts}


def with_header(trial, **changes):
    return replace(trial, header=trial.header.model_copy(update=changes))


def with_provenance(trial, **changes):
    return with_header(trial, provenance=trial.header.provenance.model_copy(update=changes))


def test_the_video_in_a_line(trial):
    made = with_provenance(trial, created_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC))
    assert by_label(video_facts(made)) == {
        "Video": "phantom.mp4", "Frames": "60", "Frame rate": "20 per second", "Duration": "2.95 s",
        "Picture": "96 x 128 px", "Processed": "2026-03-04 05:06 UTC",
    }  # fmt: skip


def test_one_frame_has_no_rate_and_what_is_not_known_is_left_out(trial):
    table = replace(trial.table.take(np.zeros(len(trial.table.poses), bool)), timestamps_s=np.zeros(1))
    short = replace(with_header(trial, provenance=None), table=table)
    assert list(by_label(video_facts(short))) == ["Video", "Frames", "Picture"]


def test_a_video_without_a_name_has_that_of_its_folder(trial):
    unnamed = with_header(trial, metadata=trial.header.metadata.model_copy(update={"filename": None}))
    assert by_label(video_facts(unnamed))["Video"] == "squat"


def test_the_rate_is_the_median_one(trial):
    times = trial.table.timestamps_s.copy()
    times[30:] += 5
    late = replace(trial, table=replace(trial.table, timestamps_s=times))
    assert by_label(video_facts(late))["Frame rate"] == "20 per second"
    assert by_label(video_facts(late))["Duration"] == "7.95 s"


def test_the_person_in_a_line(tmp_path):
    table = without_rows(truth_table(squatting(), seconds(2)), range(10))
    person = reported_person(load_trial(write_results(tmp_path / "one", table)), CleaningSettings())
    facts = by_label(person_facts(person, Movement("", "3 squats", (), {}, (), (), MovementResults())))
    assert facts == {"Person": "track 0", "Seen in": "75% of the frames", "Movement": "3 squats"}


def test_everything_that_makes_the_numbers_again_is_there(trial):
    settings = ReportSettings(cycle_points=51)
    facts = provenance_facts(trial, settings)
    values = by_label(facts)
    assert values["Report made by"] == f"neuropose-ray {__version__}"
    assert values["Skeleton"] == "phantom, 21 joints"
    assert values["Camera"] == "assumed, field of view 67.0 degrees"
    assert values["Pose model"] == "blazepose"
    assert values["Weights"] == f"pose.tflite, SHA-256 {'ab' * 32}"
    assert values["Runtime"] == "none, cpu"
    assert values["Video SHA-256"] == "cd" * 32
    assert json.loads(values["Settings of the pose model"]) == {"blazepose": {"mirror": False}}
    assert json.loads(values["Settings of the report"]) == settings.model_dump(mode="json")
    assert [fact.label for fact in facts if fact.folded] == ["Settings of the pose model", "Settings of the report"]
    assert all(values.values())


def test_what_is_not_known_has_no_line(trial):
    values = by_label(
        provenance_facts(with_provenance(trial, video_sha256=None, package_versions={}), ReportSettings())
    )
    assert "Video SHA-256" not in values
    assert "Packages" not in values


def test_a_file_that_does_not_say_what_made_it_says_that(trial):
    values = by_label(provenance_facts(with_header(trial, provenance=None, camera=None), ReportSettings()))
    assert values["Predictions"] == "the file does not say what made them"
    assert "Camera" not in values
    assert "Weights" not in values
    assert "Settings of the report" in values


@pytest.mark.parametrize(
    ("model_name", "filename", "paper", "other"),
    [
        ("blazepose", "x.task", "Bazarevsky", "MeTRAbs"), ("BlazePose-GHUM", "x", "Bazarevsky", "MeTRAbs"),
        ("metrabs_eff2s", "x", "Sárándi", "Bazarevsky"), (None, "metrabs_l.zip", "Sárándi", "Bazarevsky"),
    ],
)  # fmt: skip
def test_the_papers_of_a_known_model_are_cited(trial, model_name, filename, paper, other):
    citation = citation_of(with_provenance(trial, model_name=model_name, model_filename=filename))
    assert paper in citation
    assert other not in citation
    assert citation.endswith(f"neuropose-ray {__version__}, software for 3D motion analysis from video.")


def test_of_an_unknown_model_the_software_alone_is_cited(trial):
    for unknown in (
        with_provenance(trial, model_name="own", model_filename="own"),
        with_header(trial, provenance=None),
    ):
        assert citation_of(unknown).startswith("neuropose-ray")
