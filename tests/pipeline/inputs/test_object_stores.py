"""Inputs from S3, against a server that speaks its protocol."""

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.inputs.local_copies import listed_inputs, local_inputs

OBJECTS = {"one.mp4": b"first", "trials/a.mp4": b"second", "trials/deep er/b.mp4": b"third" * 2_000_000}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Host and port of a store with one bucket, ``clips``."""
    boto3 = pytest.importorskip("boto3")
    moto = pytest.importorskip("moto.server")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    address = "{}:{}".format(*running.get_host_and_port())
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=f"http://{address}", **keys)
    client.create_bucket(Bucket="clips")
    for key, content in OBJECTS.items():
        client.put_object(Bucket="clips", Key=key, Body=content)
    yield address
    running.stop()


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Somebody's keys, and no files of the user who runs the tests."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    for name in ("AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def url(server: str, path: str) -> str:
    return f"s3://{path}?scheme=http&endpoint_override={server}"


def refused(given: str, folder: Path) -> str:
    with pytest.raises(InputNotFoundError) as caught:
        local_inputs([given], folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_object_becomes_a_file(server, tmp_path):
    (path,) = local_inputs([url(server, "clips/one.mp4")], tmp_path)
    assert (path.name, path.read_bytes()) == ("one.mp4", OBJECTS["one.mp4"])


def test_a_prefix_becomes_a_folder_with_everything_below(server, tmp_path):
    (folder,) = local_inputs([url(server, "clips/trials")], tmp_path)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert files == {key.removeprefix("trials/"): OBJECTS[key] for key in OBJECTS if key.startswith("trials/")}


def test_special_characters_of_a_key_are_written_as_in_any_url(server, tmp_path):
    (path,) = local_inputs([url(server, "clips/trials/deep%20er/b.mp4")], tmp_path)
    assert path.stat().st_size == len(OBJECTS["trials/deep er/b.mp4"])


def test_what_is_there_is_listed_without_being_fetched(server, tmp_path):
    paths, missing = listed_inputs([url(server, "clips/trials")], tmp_path)
    assert (paths, list(tmp_path.iterdir())) == ([], [])
    assert {each.path: each.size_bytes for each in missing} == {
        f"clips/{key}": len(content) for key, content in OBJECTS.items() if key.startswith("trials/")
    }


def test_a_store_is_also_named_by_the_environment(server, tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{server}")
    (path,) = local_inputs(["s3://clips/one.mp4"], tmp_path)
    assert path.read_bytes() == OBJECTS["one.mp4"]


@pytest.mark.parametrize("path", ["clips/none.mp4", "no-such-bucket/one.mp4", "no-such-bucket"])
def test_an_object_or_bucket_that_does_not_exist_is_one_line(server, tmp_path, path):
    assert "there is no such object" in refused(url(server, path), tmp_path)


def test_an_option_that_nobody_knows_is_named(tmp_path):
    assert "unknown option s3_region" in refused("s3://clips/one.mp4?s3_region=us-east-1", tmp_path)


def test_without_credentials_access_is_denied_in_one_line(server, tmp_path, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    line = refused(url(server, "clips/one.mp4"), tmp_path)
    assert "ACCESS_DENIED" in line
    assert "credentials" in line


def test_a_store_that_is_gone_is_one_line_and_does_not_hang(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = "{}:{}".format(*closed.getsockname())
    assert "NETWORK_CONNECTION" in refused(url(address, "clips/one.mp4"), tmp_path)


def test_a_store_that_does_not_answer_is_tried_three_times_and_given_up(tmp_path):
    tried = 0
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def hang_up() -> None:
            nonlocal tried
            with suppress(OSError):  # the server was closed
                while True:
                    silent.accept()[0].close()
                    tried += 1

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        address = "{}:{}".format(*silent.getsockname())
        assert "NETWORK_CONNECTION" in refused(url(address, "clips/one.mp4"), tmp_path)
        silent.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert tried == 3
