"""NeuroPose's settings, by its names, are this program's."""

from pathlib import Path

import pytest

from neuropose_ray.errors import SettingsError
from neuropose_ray.neuropose_names import PLACES, is_neuropose_variable
from neuropose_ray.service.settings import load_settings

#: Every setting of NeuroPose, a value of it, and how to read that of this program.
SETTINGS = [
    ("data_dir", "/srv/jobs", lambda settings: str(settings.service.data_dir), "/srv/jobs"),
    ("model_cache_dir", "/srv/models", lambda settings: str(settings.weights.cache_dir), "/srv/models"),
    ("poll_interval_seconds", 7, lambda settings: settings.service.inbox.poll_s, 7),
    ("device", "/CPU:0", lambda settings: settings.metrabs.device, "cpu"),
    ("device", "/GPU:1", lambda settings: settings.metrabs.device, "gpu:1"),
    ("default_fov_degrees", 62.5, lambda settings: settings.camera.field_of_view_degrees, 62.5),
    ("status_checkpoint_every_frames", 30, lambda settings: settings.service.inbox.poll_s, 5),
]


def test_every_setting_is_known():
    assert {name for name, *_ in SETTINGS} == set(PLACES)


@pytest.mark.parametrize(("name", "value", "read", "expected"), SETTINGS)
def test_a_variable_is_taken_and_one_line_says_the_new_name(caplog, name, value, read, expected):
    variable = f"NEUROPOSE_{name.upper()}"
    assert read(load_settings(environment={variable: str(value)})) == expected
    (line,) = caplog.messages
    place = PLACES[name]
    new = "is left out" if place is None else "NEUROPOSE_" + "__".join(place).upper()
    assert line.startswith(f"{variable} ")
    assert new in line
    assert is_neuropose_variable(variable)


@pytest.mark.parametrize(("name", "value", "read", "expected"), SETTINGS)
def test_so_is_a_line_of_its_settings_file(tmp_path: Path, caplog, name, value, read, expected):
    file = tmp_path / "settings.yaml"
    file.write_text(f"{name}: {value}\nmodel: blazepose\n")
    assert read(load_settings(file, environment={})) == expected
    (line,) = caplog.messages
    assert line.startswith(f"{name} ")


def test_the_new_name_counts_where_both_are_given_and_the_environment_over_the_file(tmp_path: Path):
    file = tmp_path / "settings.yaml"
    file.write_text("default_fov_degrees: 40\ncamera: {field_of_view_degrees: 50}\n")
    assert load_settings(file, environment={}).camera.field_of_view_degrees == 50
    old = {"NEUROPOSE_DEFAULT_FOV_DEGREES": "60"}
    assert load_settings(file, environment=old).camera.field_of_view_degrees == 60
    both = old | {"NEUROPOSE_CAMERA__FIELD_OF_VIEW_DEGREES": "70"}
    assert load_settings(file, environment=both).camera.field_of_view_degrees == 70
    assert load_settings(environment={"NEUROPOSE_DATA_DIR": ""}) == load_settings(environment={})


@pytest.mark.parametrize("environment", [
    {"NEUROPOSE_DEVICE": "/TPU:0"}, {"NEUROPOSE_DEFAULT_FOV_DEGREES": "wide"},
    {"NEUROPOSE_DEFAULT_FOV_DEGREES": "180"},
    {"NEUROPOSE_POLL_INTERVAL_SECONDS": "0"}, {"NEUROPOSE_DATA_DIRS": "/srv"},
])  # fmt: skip
def test_a_wrong_value_or_name_is_still_refused(environment):
    with pytest.raises(SettingsError):
        load_settings(environment=environment)
