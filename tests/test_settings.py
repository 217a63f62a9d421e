from pathlib import Path

import pytest

from neuropose_ray.errors import SettingsError
from neuropose_ray.service.settings import Settings, load_settings


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text("model: metrabs\nengine:\n  workers: 3\n  kind: local\n")
    return path


def test_nothing_given_is_the_defaults():
    assert load_settings(environment={}) == Settings()


def test_a_file_wins_over_defaults_the_environment_over_the_file_and_flags_over_all(file: Path):
    environment = {"NEUROPOSE_ENGINE__WORKERS": "5", "NEUROPOSE_MODEL": "blazepose"}
    assert load_settings(file, environment={}).engine.workers == 3
    assert load_settings(file, environment=environment).engine.workers == 5
    settings = load_settings(file, {"engine": {"workers": 7}}, environment)
    assert (settings.engine.workers, settings.engine.kind, settings.model) == (7, "local", "blazepose")


def test_flags_that_were_not_given_change_nothing(file: Path):
    assert load_settings(file, {"model": None, "engine": {"workers": None}}, {}).engine.workers == 3


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("modle: blazepose", "modle"),  # codespell:ignore modle
        ("engine:\n  wrokers: 2", "engine.wrokers"),  # codespell:ignore wrokers
        ("engine:\n  workers: 0", "engine.workers"),
        ("1: 2", "1: no such setting"),
        ("null: 2", "None: no such setting"),
        ("engine:\n  1: 2", "engine"),
        ("engine: &a {workers: *a}", "levels"),
        ("engine: {workers: 2030-13-45}", "month"),
        ("curation: {blur: {threshold: .inf}}", "curation.blur.threshold: must be a finite number"),
        ("- a\n- b", "YAML mapping"),
        ("a: [", "not YAML"),
        ("\x00", "not YAML"),
        ("a: " + "[" * 1500, "levels"),
        ("engine: &all\n  workers: *all", "levels"),
        ("engine: &all\n- [*all]", "levels"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_the_fault(tmp_path: Path, text: str, complaint: str):
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=complaint) as caught:
        load_settings(path, environment={})
    assert "\n" not in str(caught.value)


def test_an_empty_file_is_no_settings(tmp_path: Path):
    (tmp_path / "s.yaml").write_text("")
    assert load_settings(tmp_path / "s.yaml", environment={}) == Settings()


def test_a_missing_file_is_an_error(tmp_path: Path):
    with pytest.raises(SettingsError, match=r"gone\.yaml"):
        load_settings(tmp_path / "gone.yaml", environment={})


@pytest.mark.parametrize("name", ["NEUROPOSE_MODLE", "NEUROPOSE_ENGINE__WROKERS", "NEUROPOSE_ENGINE__WORKERS__X"])
def test_an_unknown_variable_is_refused(name: str):
    with pytest.raises(SettingsError, match=name):
        load_settings(environment={name: "1"})


def test_variables_that_are_no_settings_are_left_alone():
    load_settings(environment={"NEUROPOSE_TEST_DATA": "/data", "PATH": "/bin"})


def test_nothing_is_read_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / ".env").write_text("NEUROPOSE_MODEL=metrabs")
    monkeypatch.chdir(tmp_path)
    assert load_settings(environment={}).model == "blazepose"


def test_every_setting_says_what_it_is_for():
    def undescribed(model, prefix=""):
        for name, field in model.model_fields.items():
            if hasattr(field.annotation, "model_fields"):
                yield from undescribed(field.annotation, f"{prefix}{name}.")
            elif not field.description:
                yield prefix + name

    assert list(undescribed(Settings)) == []
