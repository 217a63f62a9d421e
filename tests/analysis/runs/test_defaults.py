"""What is analysed where nobody configured anything, and where the results go."""

import pytest
from analysis.runs.samples import heels, neuropose_video, write_json, write_parquet

from neuropose_ray.analysis.cleaning.settings import CleaningSettings
from neuropose_ray.analysis.runs.config import InputsConfig
from neuropose_ray.analysis.runs.defaults import cohort_report, default_analysis, report_beside
from neuropose_ray.analysis.runs.trials import expand_trials
from neuropose_ray.errors import InputNotFoundError


def test_the_usual_analysis_cleans_and_looks_for_movements(tmp_path):
    config = default_analysis(InputsConfig(primary=tmp_path), tmp_path / "r.json", track=4)
    assert config.analysis.kind == "movement"
    assert config.preprocessing.cleaning == CleaningSettings()
    assert (config.preprocessing.track, config.output.report) == (4, tmp_path / "r.json")


def test_a_report_goes_beside_its_trial_and_a_cohorts_above_them_all(tmp_path):
    folder = write_parquet(tmp_path / "out" / "walk", heels(30)[:3, :33])
    video = neuropose_video(heels(30)[:3])
    job = write_json(tmp_path / "job.json", {"a.mp4": video, "b.mp4": video})
    sources = expand_trials([str(folder), str(job)])
    assert [report_beside(source) for source in sources] == [
        folder / "analysis.json", tmp_path / "a.mp4.analysis.json", tmp_path / "b.mp4.analysis.json",
    ]  # fmt: skip
    assert cohort_report(sources) == tmp_path / "cohort.json"
    assert cohort_report(sources[:1]) == tmp_path / "out" / "cohort.json"


def test_what_is_not_there_has_no_place_for_a_report(tmp_path):
    (source,) = expand_trials([str(tmp_path / "gone")])
    with pytest.raises(InputNotFoundError):
        report_beside(source)
