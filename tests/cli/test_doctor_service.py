"""What `doctor` says of the service's folder, database, ports and stores."""

import socket
from pathlib import Path

import pytest
import yaml
from support.ports import free_port

from neuropose_ray.cli.doctor_service import service_checks
from neuropose_ray.doctor.checks import Check
from neuropose_ray.service.data_folder import DataFolder
from neuropose_ray.service.record import write_record


def checks(tmp_path: Path, **service: object) -> dict[str, Check]:
    config = tmp_path / "settings.yaml"
    data = {"data_dir": str(tmp_path / "data"), "port": free_port()}
    config.write_text(yaml.safe_dump({"service": data | service}))
    return {check.name: check for check in service_checks(config, None)}


def test_a_machine_without_a_service_is_well_and_nothing_is_made(tmp_path: Path):
    found = checks(tmp_path, jobs={"min_free_bytes": 0})
    assert set(found) == {"data folder", "database of jobs", "port of the service", "port of Ray's dashboard"}
    assert {check.status for check in found.values()} == {"ok"}
    assert [path.name for path in tmp_path.iterdir()] == ["settings.yaml"]


def test_a_port_that_is_taken_is_named_unless_the_service_itself_has_it(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert checks(tmp_path, port=port)["port of the service"].status == "warn"
        data = DataFolder(tmp_path / "data")
        data.create()
        write_record(data.record, f"http://127.0.0.1:{port}")
        check = checks(tmp_path, port=port)["port of the service"]
        assert (check.status, str(port) in check.found) == ("ok", True)


def test_a_database_and_stores_that_do_not_answer_fail_without_their_passwords(tmp_path: Path):
    url = f"postgresql://anna:correct-horse@127.0.0.1:{free_port()}/jobs"
    found = checks(tmp_path, jobs={"database_url": url}, live={"stores": {"records_url": url}})
    assert found["database of jobs"].status == found["records of live streams"].status == "fail"
    assert "correct-horse" not in str(found)


def test_a_database_that_answers_is_well(tmp_path: Path, postgres: str):
    found = checks(tmp_path, jobs={"database_url": f"{postgres}/not_there_yet"})
    assert found["database of jobs"].status == "ok"


@pytest.mark.parametrize("service", [{"prot": 1}, {"jobs": {"runing": 1}}])  # codespell:ignore prot,runing
def test_wrong_settings_are_one_check_that_says_where_all_are_listed(tmp_path: Path, service: dict[str, object]):
    (check,) = checks(tmp_path, **service).values()
    assert (check.status, "service config check" in str(check.advice)) == ("fail", True)
