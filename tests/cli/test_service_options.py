"""Which service a command means who says nothing, little, or all."""

import pytest

from neuropose_ray.cli.service_options import data_folder, service_client, service_settings
from neuropose_ray.errors import SettingsError
from neuropose_ray.service.record import write_record


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    for name in ("NEUROPOSE_URL", "NEUROPOSE_TOKEN", "NEUROPOSE_SERVICE__PORT", "NEUROPOSE_SERVICE__DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))


def url_of(**options):
    with service_client(options.get("url"), options.get("config"), options.get("data")) as client:
        return client._url


def test_a_url_that_is_given_is_the_service(tmp_path):
    assert url_of(url="http://lab:9000", data=tmp_path) == "http://lab:9000"


def test_a_service_that_runs_on_the_data_folder_is_the_service(tmp_path):
    folder = data_folder(service_settings(None, tmp_path))
    folder.create()
    write_record(folder.record, "http://127.0.0.1:1234")
    assert url_of(data=tmp_path) == "http://127.0.0.1:1234"


def test_else_it_is_the_configured_host_and_port(tmp_path):
    config = tmp_path / "s.yaml"
    config.write_text("service: {host: '::1', port: 9001}\n")
    assert url_of(config=config, data=tmp_path) == "http://[::1]:9001"


@pytest.mark.parametrize(("host", "url"), [("0.0.0.0", "http://127.0.0.1:8000"), ("::", "http://[::1]:8000")])
def test_a_service_that_listens_everywhere_is_asked_at_the_nearest_address(tmp_path, host, url):
    config = tmp_path / "s.yaml"
    config.write_text(f"service: {{host: '{host}'}}\n")
    assert url_of(config=config, data=tmp_path) == url


def test_the_folder_of_the_command_line_wins_over_the_file(tmp_path):
    config = tmp_path / "s.yaml"
    config.write_text(f"service: {{data_dir: {tmp_path / 'a'}}}\n")
    assert service_settings(config, None).data_dir == tmp_path / "a"
    assert service_settings(config, tmp_path / "b").data_dir == tmp_path / "b"
    assert data_folder(service_settings(None, None)).root == tmp_path / "home" / "neuropose-ray"


def test_a_wrong_file_is_one_line(tmp_path):
    (tmp_path / "s.yaml").write_text("service: {prot: 1}\n")
    with pytest.raises(SettingsError, match=r"service\.prot"):
        service_client(None, tmp_path / "s.yaml", None)
