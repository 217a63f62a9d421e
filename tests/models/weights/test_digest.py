import hashlib
import subprocess

from neuropose_ray.models.weights.digest import combined_sha256, folder_files
from neuropose_ray.schemas.digest import file_sha256


def test_folder_files_are_named_relative_to_the_folder_and_sorted(tmp_path):
    for name in ("b", "a/z", "a/y"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert list(folder_files(tmp_path)) == ["a/y", "a/z", "b"]


def test_the_combined_digest_is_what_sha256sum_of_sha256sum_prints(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    lines = subprocess.run(["sha256sum", "one", "two"], cwd=tmp_path, capture_output=True, check=True).stdout
    digests = {name: file_sha256(tmp_path / name) for name in ("two", "one")}
    assert combined_sha256(digests) == hashlib.sha256(lines).hexdigest()


def test_the_combined_digest_tells_names_and_contents_apart():
    variants = [{"a": "1", "b": "2"}, {"a": "2", "b": "1"}, {"a": "1", "c": "2"}, {"a": "1"}]
    assert len({combined_sha256(variant) for variant in variants}) == len(variants)
