"""Files on their way to a service: their bytes are counted over all of them, and they stay files."""

from pathlib import Path

import pytest

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.service.counted_upload import CountedUpload, opened


def test_bytes_of_all_files_are_counted_together(tmp_path: Path):
    (tmp_path / "a.mp4").write_bytes(b"1" * 10)
    (tmp_path / "b.mp4").write_bytes(b"2" * 5)
    told: list[tuple[int, int]] = []
    upload = CountedUpload(15, lambda done, total: told.append((done, total)))
    for name in ("a.mp4", "b.mp4"):
        with opened(tmp_path / name) as stream:
            counted = upload.of(stream)
            while counted.read(4):
                pass
    assert told[-1] == (15, 15)
    done = [count for count, _ in told]
    assert done == sorted(done)


def test_a_client_library_can_learn_the_size_and_begin_again(tmp_path: Path):
    (tmp_path / "a.mp4").write_bytes(b"12345")
    with opened(tmp_path / "a.mp4") as stream:
        counted = CountedUpload(5, lambda *_: None).of(stream)
        assert counted.seekable()
        assert counted.fileno() == stream.fileno()
        assert counted.seek(0, 2) == 5
        counted.seek(0)
        assert counted.read() == b"12345"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    for path in (tmp_path / "gone.mp4", tmp_path):
        with pytest.raises(InputNotFoundError, match="check the path"):
            opened(path)
