import pytest

from neuropose_ray.models.weights.record import RECORD_NAME, damage, read_record, record_of_files, write_record


@pytest.fixture
def folder(tmp_path, saved_model):
    for name, content in saved_model.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_a_record_survives_the_disk_and_does_not_list_itself(folder):
    record = record_of_files(folder, sha256="ab" * 32, filename="m.tar.gz", backend="metrabs")
    write_record(folder, record)
    assert read_record(folder) == record
    assert RECORD_NAME not in record.files


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"sha256": 1}', b"\xff"])
def test_a_missing_or_unreadable_record_is_none(tmp_path, content):
    if content is not None:
        (tmp_path / RECORD_NAME).write_bytes(content)
    assert read_record(tmp_path) is None


def test_an_undamaged_folder_has_nothing_to_tell(folder):
    record = record_of_files(folder, sha256=None, filename="m", backend="metrabs")
    assert damage(folder, record, every_byte=True) is None


def test_a_flipped_byte_a_lost_file_and_a_short_file_are_each_named(folder):
    record = record_of_files(folder, sha256=None, filename="m", backend="metrabs")
    path = folder / "variables" / "variables.index"
    path.write_bytes(b"iNdex")
    assert "variables.index has SHA-256" in damage(folder, record, every_byte=False)
    path.write_bytes(b"ind")
    assert damage(folder, record, every_byte=False) == "variables/variables.index has 3 bytes instead of 5"
    path.unlink()
    assert damage(folder, record, every_byte=False) == "variables/variables.index is missing"


def test_without_an_archive_the_files_themselves_are_the_identity(folder):
    before = record_of_files(folder, sha256=None, filename="m", backend="metrabs").sha256
    assert before == record_of_files(folder, sha256=None, filename="other", backend="metrabs").sha256
    (folder / "saved_model.pb").write_bytes(b"Graph")
    assert before != record_of_files(folder, sha256=None, filename="m", backend="metrabs").sha256


def test_only_the_two_model_files_identify_a_blazepose_folder(tmp_path):
    (tmp_path / "pose_detection.tflite").write_bytes(b"1")
    (tmp_path / "pose_landmark_full.tflite").write_bytes(b"2")
    before = record_of_files(tmp_path, sha256=None, filename="m", backend="blazepose")
    (tmp_path / "notes.txt").write_text("mine")
    assert record_of_files(tmp_path, sha256=None, filename="m", backend="blazepose") == before
