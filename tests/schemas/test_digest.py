import hashlib

import pytest

from neuropose_ray.schemas.digest import file_sha256


def test_the_digest_of_a_file_is_its_sha256(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(content)
    assert file_sha256(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_a_file_that_cannot_be_read_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        file_sha256(tmp_path / "gone")
