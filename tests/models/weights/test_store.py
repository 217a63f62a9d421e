import hashlib
import logging
import shutil
import subprocess
import sys

import pytest

from neuropose_ray.errors import (
    DigestMismatchError,
    ModelError,
    OutputError,
    UnknownModelError,
    WeightsUnavailableError,
)
from neuropose_ray.models.weights import WeightStore
from neuropose_ray.models.weights.catalogue import WEIGHTS_NOTICE
from neuropose_ray.models.weights.settings import DownloadPolicy

PINNED = "metrabs_eff2l_y4_384px_800k_28ds"
UNPINNED = "metrabs_eff2s_y4_384px_800k_28ds"
AT_ONCE = DownloadPolicy(attempts=3, first_wait_s=0.0, timeout_s=10.0)


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def archive(make_tar, saved_model):
    return make_tar({f"{UNPINNED}/{name}": content for name, content in saved_model.items()})


@pytest.fixture
def mirror(file_server, archive):
    file_server.files[f"{UNPINNED}.tar.gz"] = archive
    return file_server


@pytest.fixture
def store(cache, mirror):
    return WeightStore(cache, mirror=mirror.url, policy=AT_ONCE)


def offline(cache):
    return WeightStore(cache, offline=True)


def content_of(folder):
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    found.pop("neuropose_ray_weights.json", None)
    return found


class TestCatalogueArchive:
    def test_is_fetched_once_and_used_offline_ever_after(self, store, cache, mirror, archive, saved_model):
        weights = store.path(UNPINNED)
        assert content_of(weights.path) == saved_model
        assert weights.sha256 == hashlib.sha256(archive).hexdigest()
        assert (weights.filename, weights.backend) == (f"{UNPINNED}.tar.gz", "metrabs")
        assert store.path(UNPINNED) == weights
        assert offline(cache).path(UNPINNED) == weights
        assert len(mirror.requests) == 1

    def test_is_known_before_it_is_fetched_and_as_it_is_afterwards(self, store, cache, mirror):
        assert store.expected(PINNED).sha256.startswith("fa31b5b0")
        assert (store.expected(UNPINNED).sha256, store.expected(UNPINNED).backend) == ("", "metrabs")
        assert (mirror.requests, cache.exists()) == ([], False)
        assert store.expected(UNPINNED).path == store.path(UNPINNED).path
        assert store.expected(UNPINNED) == store.path(UNPINNED)

    def test_reports_its_progress_in_bytes(self, store, archive):
        seen = []
        store.path(UNPINNED, progress=lambda received, total: seen.append((received, total)))
        assert seen[-1] == (len(archive), len(archive))

    def test_leaves_nothing_of_the_download_behind(self, store, cache):
        store.path(UNPINNED)
        left = {p.name for p in cache.iterdir()}
        assert left == {UNPINNED, f"{UNPINNED}.sha256", ".work"}
        assert not [p for p in (cache / ".work").iterdir() if p.is_dir()]

    def test_a_broken_off_download_is_gone_on_with_by_the_next_run(self, store, cache, mirror, archive):
        mirror.cuts = [len(archive) // 2]
        impatient = WeightStore(cache, mirror=mirror.url, policy=DownloadPolicy(attempts=1))
        with pytest.raises(WeightsUnavailableError):
            impatient.path(UNPINNED)
        assert store.cached(UNPINNED) is None
        store.path(UNPINNED)
        assert mirror.requests[-1][1] == f"bytes={len(archive) // 2}-"

    def test_other_bytes_than_the_pinned_ones_are_fetched_twice_and_then_refused(self, store, cache, mirror, archive):
        mirror.files[f"{PINNED}.tar.gz"] = archive
        with pytest.raises(DigestMismatchError, match=f"{PINNED}.tar.gz: has SHA-256 .* instead of fa31b5b0"):
            store.path(PINNED)
        assert [wanted for _, wanted in mirror.requests] == [None, None]
        assert store.cached(PINNED) is None
        assert not list(cache.rglob("part"))

    def test_wrong_bytes_once_are_healed_by_the_second_fetch(self, store, cache, mirror, archive):
        store.path(UNPINNED)
        shutil.rmtree(cache / UNPINNED)
        damaged = archive[:-20] + bytes(20)
        mirror.requests.clear()
        answers = iter([damaged, archive])
        mirror.files = type("Answers", (), {"get": lambda self, name: next(answers)})()
        assert store.path(UNPINNED).sha256 == hashlib.sha256(archive).hexdigest()
        assert len(mirror.requests) == 2

    def test_without_a_published_digest_the_first_download_is_the_true_one(self, store, cache, mirror, make_tar):
        first = store.path(UNPINNED)
        shutil.rmtree(first.path)
        mirror.files[f"{UNPINNED}.tar.gz"] = make_tar({"saved_model.pb": b"something else"})
        with pytest.raises(DigestMismatchError, match=f"instead of {first.sha256}.*delete {cache}/{UNPINNED}.sha256"):
            store.path(UNPINNED)

    @pytest.mark.parametrize("members", [{"readme.txt": b""}, {"a/saved_model.pb": b"", "b/saved_model.pb": b""}])
    def test_without_exactly_one_model_is_refused_and_not_pinned(self, store, cache, mirror, make_tar, members):
        mirror.files[f"{UNPINNED}.tar.gz"] = make_tar(members)
        with pytest.raises(ModelError, match=r"holds (no model|2 models \(a, b\))"):
            store.path(UNPINNED)
        assert store.cached(UNPINNED) is None
        assert not (cache / f"{UNPINNED}.sha256").exists()

    def test_a_hostile_archive_writes_nothing_outside_the_cache(self, store, cache, mirror, make_tar, tmp_path):
        mirror.files[f"{UNPINNED}.tar.gz"] = make_tar({"saved_model.pb": b"", "../../../evil": b""})
        with pytest.raises(ModelError, match="outside the folder"):
            store.path(UNPINNED)
        assert not list(tmp_path.rglob("evil"))

    def test_offline_says_what_to_put_where(self, cache):
        with pytest.raises(WeightsUnavailableError) as error:
            offline(cache).path(UNPINNED)
        assert "offline is set" in str(error.value)
        assert f"put {UNPINNED}.tar.gz into {cache}" in str(error.value)
        assert "\n" not in str(error.value)

    def test_no_network_says_what_to_put_where(self, cache):
        unreachable = WeightStore(cache, mirror="http://127.0.0.1:1", policy=AT_ONCE)
        with pytest.raises(WeightsUnavailableError, match=rf"refused.*put {UNPINNED}\.tar\.gz into {cache}, or"):
            unreachable.path(UNPINNED)

    def test_an_archive_put_there_by_hand_is_used_and_kept(self, cache, archive):
        cache.mkdir()
        (cache / f"{UNPINNED}.tar.gz").write_bytes(archive)
        assert offline(cache).path(UNPINNED).sha256 == hashlib.sha256(archive).hexdigest()
        assert (cache / f"{UNPINNED}.tar.gz").read_bytes() == archive

    def test_a_wrong_archive_put_there_by_hand_is_refused_and_not_deleted(self, cache, archive):
        cache.mkdir()
        (cache / f"{PINNED}.tar.gz").write_bytes(archive)
        with pytest.raises(DigestMismatchError):
            offline(cache).path(PINNED)
        assert (cache / f"{PINNED}.tar.gz").read_bytes() == archive

    def test_a_copied_cache_works_at_once_and_may_be_read_only(self, store, cache, tmp_path):
        weights = store.path(UNPINNED)
        copy = shutil.copytree(cache, tmp_path / "copy")
        shutil.rmtree(copy / ".work")
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        assert offline(copy).path(UNPINNED).sha256 == weights.sha256

    def test_a_damaged_file_is_noticed_and_fetched_again(self, store, mirror, caplog):
        weights = store.path(UNPINNED)
        (weights.path / "saved_model.pb").write_bytes(b"gr")
        with pytest.raises(DigestMismatchError, match=r"saved_model\.pb has 2 bytes instead of 5.*models pull"):
            store.cached(UNPINNED)
        assert store.path(UNPINNED) == weights
        assert (weights.path / "saved_model.pb").read_bytes() == b"graph"
        assert "saved_model.pb has 2 bytes" in caplog.text
        assert len(mirror.requests) == 2

    def test_verify_finds_a_flipped_byte(self, store):
        weights = store.path(UNPINNED)
        assert store.verify(UNPINNED) == weights
        (weights.path / "saved_model.pb").write_bytes(b"grapH")
        with pytest.raises(DigestMismatchError, match=r"saved_model\.pb has SHA-256"):
            store.verify(UNPINNED)

    def test_verify_of_absent_weights_says_how_to_get_them(self, store):
        with pytest.raises(WeightsUnavailableError, match=f"`neuropose-ray models pull {UNPINNED}`"):
            store.verify(UNPINNED)

    def test_the_licence_is_shown_once(self, store, cache, mirror, caplog):
        with caplog.at_level(logging.WARNING):
            store.path(UNPINNED)
            store.path(UNPINNED)
            WeightStore(cache, mirror=mirror.url).path(UNPINNED)
        assert [record.message for record in caplog.records if "non-commercial" in record.message] == [WEIGHTS_NOTICE]

    def test_a_cache_that_cannot_be_written_is_an_output_error(self, mirror, tmp_path):
        (tmp_path / "file").touch()
        with pytest.raises(OutputError, match=r"file/cache.*cannot be read or written.*--cache-dir"):
            WeightStore(tmp_path / "file" / "cache", mirror=mirror.url).path(UNPINNED)


def test_two_processes_at_once_fetch_once(cache, mirror, archive):
    mirror.delay_s = 0.5
    program = (
        "import sys; from pathlib import Path; from neuropose_ray.models.weights import WeightStore\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        f"print(WeightStore(Path({str(cache)!r}), mirror={mirror.url!r}).path({UNPINNED!r}).sha256)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    found = [process.communicate(timeout=60)[0].strip() for process in both]
    assert found == [hashlib.sha256(archive).hexdigest()] * 2
    assert len(mirror.requests) == 1


class TestUrl:
    def test_is_fetched_from_where_it_points_whatever_the_mirror(self, store, mirror, make_zip, saved_model):
        mirror.files["mine.zip"] = content = make_zip(saved_model)
        url = f"{mirror.url}/mine.zip"
        elsewhere = WeightStore(store.path(UNPINNED).path.parent, mirror="http://127.0.0.1:1", policy=AT_ONCE)
        weights = elsewhere.path(f"{url}#sha256={hashlib.sha256(content).hexdigest()}")
        assert content_of(weights.path) == saved_model
        assert weights.filename == "mine.zip"

    def test_with_a_stated_digest_is_held_to_it_even_when_cached(self, store, mirror, make_zip, saved_model):
        mirror.files["mine.zip"] = make_zip(saved_model)
        store.path(f"{mirror.url}/mine.zip")
        with pytest.raises(DigestMismatchError, match="instead of 00000000"):
            store.path(f"{mirror.url}/mine.zip#sha256={'0' * 64}")

    def test_errors_do_not_show_secrets(self, store, mirror):
        with pytest.raises(WeightsUnavailableError) as error:
            store.path(f"{mirror.url}/absent.zip?signature=abc123")
        assert "abc123" not in str(error.value)
        assert "absent.zip: the server answers 404" in str(error.value)


class TestPath:
    def test_a_saved_model_folder_is_used_where_it_lies(self, store, cache, tmp_path, saved_model):
        for name, content in saved_model.items():
            (tmp_path / "mine" / name).parent.mkdir(exist_ok=True, parents=True)
            (tmp_path / "mine" / name).write_bytes(content)
        weights = store.path(str(tmp_path / "mine"))
        assert (weights.path, weights.filename, weights.backend) == (tmp_path / "mine", "mine", "metrabs")
        assert store.path(f"{tmp_path}/mine/") == weights
        assert not cache.exists()
        (tmp_path / "mine" / "saved_model.pb").write_bytes(b"trained further")
        assert store.path(str(tmp_path / "mine")).sha256 != weights.sha256

    @pytest.mark.parametrize("make", ["make_tar", "make_zip"])
    def test_an_archive_is_unpacked_into_the_cache_once_and_again_when_it_changes(
        self, cache, tmp_path, saved_model, make, request
    ):
        make = request.getfixturevalue(make)
        path = tmp_path / "mine.tar.gz"
        path.write_bytes(make(saved_model))
        weights = offline(cache).path(str(path))
        assert cache in weights.path.parents
        assert weights.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert offline(cache).cached(str(path)) == weights
        path.write_bytes(make({**saved_model, "saved_model.pb": b"trained further"}))
        assert (offline(cache).path(str(path)).path / "saved_model.pb").read_bytes() == b"trained further"

    def test_what_is_not_there_is_an_unknown_model(self, store, tmp_path):
        with pytest.raises(UnknownModelError, match="no such file or folder"):
            store.path(str(tmp_path / "absent"))

    def test_a_folder_without_a_model_says_what_it_lacks(self, store, tmp_path):
        with pytest.raises(ModelError, match=r"it must hold one saved_model\.pb, or pose_detection\.tflite and"):
            store.path(str(tmp_path))

    def test_a_folder_that_may_not_be_read_is_a_typed_error(self, store, tmp_path, saved_model):
        (tmp_path / "mine").mkdir()
        (tmp_path / "mine" / "saved_model.pb").symlink_to("/proc/self/mem")  # opens, and cannot be read, by anybody
        with pytest.raises(OutputError, match="cannot be read or written"):
            store.path(str(tmp_path / "mine"))


class TestBlazePose:
    def test_the_real_weights_come_out_of_the_wheel(self, blazepose_cache):
        weights = offline(blazepose_cache).path("blazepose")
        sizes = {name: (weights.path / name).stat().st_size for name in weights.filename.split("+")}
        assert sizes == {"pose_detection.tflite": 2_959_046, "pose_landmark_full.tflite": 6_440_512}
        assert weights.backend == "blazepose"

    def test_a_flipped_byte_is_noticed_at_the_next_use(self, blazepose_cache, tmp_path):
        cache = shutil.copytree(blazepose_cache, tmp_path / "copy")
        path = cache / "blazepose" / "pose_detection.tflite"
        content = bytearray(path.read_bytes())
        content[1_000_000] ^= 1
        path.write_bytes(content)
        with pytest.raises(WeightsUnavailableError, match=r"put pose_detection\.tflite and .* out of the wheel"):
            offline(cache).path("blazepose")

    def test_the_two_files_put_there_by_hand_are_used(self, blazepose_cache, cache):
        (cache / "blazepose").mkdir(parents=True)
        for path in (blazepose_cache / "blazepose").glob("*.tflite"):
            shutil.copy(path, cache / "blazepose")
        assert offline(cache).path("blazepose").sha256 == offline(blazepose_cache).path("blazepose").sha256

    def test_a_users_own_copy_has_the_same_identity(self, blazepose_cache, cache):
        own = offline(cache).path(str(blazepose_cache / "blazepose"))
        assert own.backend == "blazepose"
        assert own.sha256 == offline(blazepose_cache).path("blazepose").sha256
