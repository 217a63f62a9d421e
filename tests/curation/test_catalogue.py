"""Every picture's own name, digest, size and time."""

import hashlib

from neuropose_ray.curation import IngestSettings, catalogue_of, repeated_files, sequence_of


def catalogued(folder, names):
    return catalogue_of(folder, sequence_of(names, IngestSettings(), str(folder)))


def test_a_file_is_known_by_its_name_digest_size_and_time(tmp_path):
    (tmp_path / "image_3.jpg").write_bytes(b"picture")
    (file,) = catalogued(tmp_path, ["image_3.jpg"])
    assert (file.name, file.number, file.size, file.error) == ("image_3.jpg", 3, 7, None)
    assert file.digest == hashlib.blake2b(b"picture", digest_size=16).hexdigest()
    assert file.mtime == (tmp_path / "image_3.jpg").stat().st_mtime


def test_a_file_that_cannot_be_read_keeps_its_place_and_says_why(tmp_path):
    (tmp_path / "image_1.jpg").mkdir()
    (tmp_path / "image_2.jpg").write_bytes(b"")
    first, second, third = catalogued(tmp_path, ["image_1.jpg", "image_2.jpg", "image_3.jpg"])
    assert (first.digest, second.size, third.digest) == (None, 0, None)
    assert "cannot be read (Is a directory)" in first.error
    assert "No such file" in third.error


def test_files_of_the_same_content_are_known(tmp_path):
    for number, content in enumerate([b"a", b"b", b"a", b"c", b"b", b"a"]):
        (tmp_path / f"i_{number}.png").write_bytes(content)
    groups = repeated_files(catalogued(tmp_path, [f"i_{number}.png" for number in range(7)]))
    assert [[file.number for file in group] for group in groups] == [[0, 2, 5], [1, 4]]
