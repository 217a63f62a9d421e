"""Every setting says where it comes from, no secret is shown, and every fault has a line that names its place."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.errors import SettingsError
from neuropose_ray.service.settings import Settings, load_settings
from neuropose_ray.service.settings_origins import DEFAULT, examined, setting_origins

#: Settings of each kind: two values of each.
CHOICES = {
    "service.port": (8001, 8002),
    "service.host": ("127.0.0.1", "localhost"),
    "service.jobs.running": (3, 4),
    "service.uploads.http": (True, False),
    "engine.workers": (2, 5),
    "weights.cache_dir": ("/a", "/b"),
}
SECRET = "correct-horse-battery"


@pytest.mark.parametrize("text", ["services:", "services: {}", "service: {prot: }", "1: 2"])
def test_what_serve_refuses_is_found_before(tmp_path: Path, text: str):
    """Also a name that is wrong and has no value, or no letters."""
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError):
        load_settings(file, {}, {})
    (fault,) = examined(Settings, file, {}).faults
    assert str(file) in fault
    assert "no such setting" in fault


def nested(values: dict[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in values.items():
        *above, last = name.split(".")
        level = tree
        for part in above:
            level = level.setdefault(part, {})
        level[last] = value
    return tree


def variables(values: dict[str, Any]) -> dict[str, str]:
    return {f"NEUROPOSE_{name.replace('.', '__').upper()}": str(value) for name, value in values.items()}


chosen = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in CHOICES.items()})


@given(in_file=chosen, in_environment=chosen, in_flags=chosen)
def test_the_origin_is_the_last_layer_that_has_a_setting(tmp_path_factory, in_file, in_environment, in_flags):
    file = tmp_path_factory.getbasetemp() / "origins.yaml"
    file.write_text(yaml.safe_dump(nested(in_file)))
    flags, environment = nested(in_flags), variables(in_environment)
    settings = load_settings(file, flags, environment)
    origins = {each.name: each for each in setting_origins(settings, file, flags, environment)}
    for name in CHOICES:
        if name in in_flags:
            assert origins[name].origin == "flag"
        elif name in in_environment:
            assert origins[name].origin == f"environment, {next(iter(variables({name: 0})))}"
        elif name in in_file:
            place, _, line = origins[name].origin.rpartition(", line ")
            assert place == str(file)
            assert file.read_text().splitlines()[int(line) - 1].strip().startswith(name.rpartition(".")[2])
        else:
            assert origins[name].origin == DEFAULT
    assert origins["service.port"].value == settings.service.port


def test_all_settings_are_listed_once_and_all_of_them_are_defaults_where_nothing_is_given():
    origins = setting_origins(load_settings(environment={}), environment={})
    names = [each.name for each in origins]
    assert len(set(names)) == len(names) > 100
    assert {each.origin for each in origins} == {DEFAULT}


SECRETS = (
    "service.jobs.database_url", "service.webhooks.secret", "service.live.stores.records_url",
    "service.live.stores.images_url", "service.live.stores.events_url",
)  # fmt: skip


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_is_shown(name: str):
    value = {"images": "redis", "events": "redis"}.get(name.rpartition(".")[2].partition("_")[0], "postgresql")
    given = SECRET if name.endswith("secret") else f"{value}://anna:{SECRET}@host/name"
    environment = variables({name: given, "service.uploads.roots": f'["s3://key:{SECRET}@bucket/trials"]'})
    origins = setting_origins(load_settings(environment=environment), environment=environment)
    assert SECRET not in repr(origins)
    shown = {each.name: each.value for each in origins}
    assert shown[name] == "**********"
    assert shown["service.uploads.roots"] == ["s3://**********@bucket/trials"]


def test_a_group_that_is_given_as_json_is_the_origin_of_all_of_it():
    environment = {"NEUROPOSE_SERVICE__JOBS": '{"running": 5}'}
    settings = load_settings(environment=environment)
    origins = {each.name: each.origin for each in setting_origins(settings, None, {}, environment)}
    assert origins["service.jobs.running"] == "environment, NEUROPOSE_SERVICE__JOBS"
    assert origins["service.jobs.queued"] == DEFAULT


def test_every_fault_of_file_and_environment_has_a_line_with_its_place(tmp_path: Path):
    file = tmp_path / "settings.yaml"
    misspelt = "runing"  # codespell:ignore runing
    file.write_text(f"model: blazepose\nservice:\n  port: 80000\n  jobs:\n    {misspelt}: 3\n")
    environment = {"NEUROPOSE_SERVICE__JOBZ": "1", "NEUROPOSE_ENGINE__WORKERS": "x", "NEUROPOSE_SERVICE__JOBS": "{"}
    examination = examined(Settings, file, environment)
    assert examination.settings is None
    faults = examination.faults
    assert not any("\n" in fault for fault in faults)
    assert sum("NEUROPOSE_SERVICE__JOBZ" in fault for fault in faults) == 1
    assert any(fault.startswith("environment, NEUROPOSE_SERVICE__JOBS: ") and "JSON" in fault for fault in faults)
    assert 'environment, NEUROPOSE_ENGINE__WORKERS: engine.workers: must be a whole number, not "x"' in faults
    assert f"{file}, line 3: service.port: must be less than or equal to 65535, not 80000" in faults
    assert f"{file}, line 5: service.jobs.{misspelt}: no such setting; did you mean running?" in faults
    assert len(faults) == 5


@pytest.mark.parametrize("text", ["a: [", "- a", "\x00", "service: {port: 1, port"])
def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path, text: str):
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    (fault,) = examined(Settings, file, {}).faults
    assert fault.startswith(f"{file}: ")
    (fault,) = examined(Settings, tmp_path / "gone.yaml", {}).faults
    assert "gone.yaml" in fault


def test_what_is_right_gives_the_settings(tmp_path: Path):
    file = tmp_path / "settings.yaml"
    file.write_text("service: {port: 8001}\n")
    examination = examined(Settings, file, {"NEUROPOSE_ENGINE__WORKERS": "2"})
    assert examination.faults == ()
    assert examination.settings == load_settings(file, {"engine": {"workers": 2}}, {})
