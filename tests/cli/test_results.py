from pathlib import Path

import pytest

from neuropose_ray.cli.results import result_place
from neuropose_ray.errors import SettingsError


def test_a_folder_is_worked_in_and_nothing_is_stored_elsewhere():
    assert result_place("results/walk") == (Path("results/walk"), None)


def test_results_of_a_url_are_worked_on_in_the_given_folder_and_stored_there(tmp_path):
    folder, store = result_place("s3://bucket/study", tmp_path / "work")
    assert folder == tmp_path / "work"
    assert store is not None
    assert store.url == "s3://bucket/study"


def test_without_a_work_folder_each_url_has_one_of_its_own_in_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folders = [result_place(url)[0] for url in ("s3://bucket/a", "s3://bucket/b", "s3://bucket/a/")]
    assert folders[0] == folders[2] != folders[1]
    assert folders[0].is_relative_to(tmp_path)


def test_a_work_folder_without_a_url_is_refused():
    with pytest.raises(SettingsError, match="--work-folder goes with a URL"):
        result_place("results", Path("work"))
