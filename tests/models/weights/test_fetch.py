"""Weights on their way into the cache: from a mirror, by hand or from a path, checked before they are placed."""

import hashlib
from pathlib import Path

import pytest

from neuropose_ray.errors import DigestMismatchError, WeightsUnavailableError
from neuropose_ray.models.weights.catalogue import CATALOGUE, WeightSource, resolve
from neuropose_ray.models.weights.fetch import Fetcher, by_hand
from neuropose_ray.models.weights.settings import DownloadPolicy, no_progress

MODEL = "metrabs_eff2s_y4_384px_800k_28ds"
AT_ONCE = DownloadPolicy(attempts=2, first_wait_s=0.0, timeout_s=10.0)


@pytest.fixture
def archive(make_tar, saved_model) -> bytes:
    return make_tar({f"{MODEL}/{name}": content for name, content in saved_model.items()})


def fetcher(cache: Path, mirror: str | None = None, *, offline: bool = False) -> Fetcher:
    return Fetcher(cache, mirror, offline, AT_ONCE)


def fetched(by: Fetcher, work: Path, source: WeightSource, sha256: str | None = None) -> tuple[dict[str, bytes], str]:
    folder, record = by.fetch(source, work, expected_sha256=sha256, progress=no_progress)
    assert folder.is_relative_to(work)
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return files, record.sha256


@pytest.fixture
def source() -> WeightSource:
    return resolve(MODEL)


def test_an_archive_comes_from_a_mirror_and_is_unpacked(file_server, archive, saved_model, source, tmp_path):
    file_server.files[f"{MODEL}.tar.gz"] = archive
    files, sha256 = fetched(fetcher(tmp_path / "cache", file_server.url + "/"), tmp_path / "work", source)
    assert files == saved_model
    assert sha256 == hashlib.sha256(archive).hexdigest()


def test_an_archive_that_was_put_into_the_cache_by_hand_needs_no_network(archive, saved_model, source, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / f"{MODEL}.tar.gz").write_bytes(archive)
    files, _ = fetched(fetcher(tmp_path / "cache", offline=True), tmp_path / "work", source)
    assert files == saved_model
    assert (tmp_path / "cache" / f"{MODEL}.tar.gz").exists(), "what a user placed stays"


def test_other_bytes_than_expected_are_refused_and_a_download_of_them_is_deleted(
    file_server, archive, source, tmp_path
):
    file_server.files[f"{MODEL}.tar.gz"] = archive
    with pytest.raises(DigestMismatchError, match="instead of 000"):
        fetched(fetcher(tmp_path / "cache", file_server.url), tmp_path / "work", source, "0" * 64)
    assert not (tmp_path / "work" / "part").exists()


def test_other_bytes_that_a_user_placed_are_refused_and_kept(archive, source, tmp_path):
    (tmp_path / "cache").mkdir()
    placed = tmp_path / "cache" / f"{MODEL}.tar.gz"
    placed.write_bytes(archive)
    with pytest.raises(DigestMismatchError):
        fetched(fetcher(tmp_path / "cache", offline=True), tmp_path / "work", source, "0" * 64)
    assert placed.exists()


@pytest.mark.parametrize("name", [entry.source.name for entry in CATALOGUE])
def test_offline_says_for_every_model_what_to_do_by_hand(name: str, tmp_path: Path):
    with pytest.raises(WeightsUnavailableError, match="cannot be fetched: offline is set; by hand: "):
        fetched(fetcher(tmp_path, offline=True), tmp_path / "work", resolve(name))


def test_what_a_mirror_does_not_have_says_what_to_do_by_hand(file_server, source, tmp_path):
    with pytest.raises(WeightsUnavailableError, match=f"put {MODEL}.tar.gz into {tmp_path}"):
        fetched(fetcher(tmp_path, file_server.url), tmp_path / "work", source)


def test_weights_by_path_are_taken_from_an_archive(archive, saved_model, tmp_path):
    (tmp_path / "own.tar.gz").write_bytes(archive)
    source = resolve(str(tmp_path / "own.tar.gz"))
    files, sha256 = fetched(fetcher(tmp_path / "cache", offline=True), tmp_path / "work", source)
    assert files == saved_model
    assert sha256 == hashlib.sha256(archive).hexdigest()
    assert by_hand(source, tmp_path).startswith("by hand: fetch the archive on another machine")


def test_what_an_earlier_try_left_unpacked_is_not_mixed_in(file_server, archive, saved_model, source, tmp_path):
    file_server.files[f"{MODEL}.tar.gz"] = archive
    (tmp_path / "work" / "staging" / "old").mkdir(parents=True)
    (tmp_path / "work" / "staging" / "old" / "saved_model.pb").write_bytes(b"old")
    files, _ = fetched(fetcher(tmp_path / "cache", file_server.url), tmp_path / "work", source)
    assert files == saved_model
