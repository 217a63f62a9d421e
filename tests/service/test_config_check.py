"""Settings that are well formed, and still nothing to start a service with."""

from pathlib import Path

import pytest

from neuropose_ray.service.config_check import service_faults
from neuropose_ray.service.settings import load_settings


def faults(tmp_path: Path, **service: object) -> tuple[str, ...]:
    flags = {"service": {"data_dir": str(tmp_path / "data"), **service}}
    return service_faults(load_settings(None, flags, environment={}))


def test_the_defaults_are_right_and_nothing_is_made(tmp_path: Path):
    assert faults(tmp_path) == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("service", "says"),
    [
        ({"host": "0.0.0.0"}, "others would reach the service without a token"),
        ({"inbox": {"workflow": "gone"}}, "there is no workflow 'gone'"),
        ({"models": ["blazepos"]}, "service.models: blazepos: no such model"),
        ({"jobs": {"database_url": "mysql://anna:secret@host/name"}}, "a database of mysql cannot keep the queue"),
        ({"jobs": {"database_url": "what: is this"}}, "not the URL of a database"),
    ],
)
def test_each_fault_is_a_line(tmp_path: Path, service: dict[str, object], says: str):
    (fault,) = faults(tmp_path, **service)
    assert says in fault
    assert "secret" not in fault


def test_all_faults_are_named_at_once(tmp_path: Path):
    steps = [{"kind": "pose"}, {"kind": "overlay", "with": {"blur": True}}, {"kind": "report", "with": {"colour": 1}}]
    found = faults(tmp_path, models=["nonsense"], jobs={"workflows": {"mine": {"steps": steps}}})
    assert [fault.partition(":")[0] for fault in found] == [
        "service.jobs.workflows", "service.jobs.workflows", "service.models",
    ]  # fmt: skip
