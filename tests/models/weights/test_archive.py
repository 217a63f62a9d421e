import io
import tarfile

import pytest

from neuropose_ray.errors import ModelError
from neuropose_ray.models.weights.archive import locate, unpack


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "deep" / "target"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def write(tmp_path):
    def write(content):
        (tmp_path / "m.archive").write_bytes(content)
        return tmp_path / "m.archive"

    return write


def files_outside(tmp_path, target):
    return [p for p in tmp_path.rglob("*") if p.is_file() and target not in p.parents and p.name != "m.archive"]


@pytest.fixture(params=["make_tar", "make_zip"])
def make(request):
    return request.getfixturevalue(request.param)


def test_tar_and_zip_are_told_apart_by_content_and_unpacked(make, write, target, saved_model):
    unpack(write(make({f"top/{name}": content for name, content in saved_model.items()})), target, shown="m")
    assert {p.relative_to(target / "top").as_posix(): p.read_bytes() for p in target.rglob("*") if p.is_file()} == (
        saved_model
    )


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/tmp/neuropose-evil", "..\\evil", "C:evil"])
def test_a_member_that_would_land_elsewhere_is_refused(make, write, target, tmp_path, name):
    with pytest.raises(ModelError, match="outside the folder"):
        unpack(write(make({"ok": b"1", name: b"2"})), target, shown="m")
    assert files_outside(tmp_path, target) == []


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_special_files_are_refused(write, target, kind):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        info = tarfile.TarInfo("way_out")
        info.type, info.linkname = kind, "/etc/passwd"
        tar.addfile(info)
    with pytest.raises(ModelError, match="'way_out' is a link or a special file"):
        unpack(write(buffer.getvalue()), target, shown="m")
    assert list(target.iterdir()) == []


def test_the_unpacked_size_is_counted_and_not_believed(make, write, target):
    archive = write(make({"a": bytes(600_000), "b": bytes(600_000)}))
    unpack(archive, target, shown="m", max_bytes=1_200_000)
    with pytest.raises(ModelError, match="more than 1199999 bytes"):
        unpack(archive, target, shown="m", max_bytes=1_199_999)


def test_a_truncated_archive_is_a_one_line_error(make, write, target, saved_model):
    whole = make(saved_model)
    for cut in (len(whole) // 2, len(whole) - 30):
        with pytest.raises(ModelError, match=r"^m\.tar\.gz: "):
            unpack(write(whole[:cut]), target, shown="m.tar.gz")


def test_a_compression_that_nobody_knows_is_a_one_line_error(make_zip, write, target, saved_model):
    content = bytearray(make_zip(saved_model))
    for start, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(start) + offset] = 99
    with pytest.raises(ModelError, match="damaged archive"):
        unpack(write(bytes(content)), target, shown="m.zip")


def test_something_else_is_not_an_archive(write, target):
    with pytest.raises(ModelError, match="neither a tar nor a zip"):
        unpack(write(b"<html>sign in first</html>"), target, shown="m")


def test_the_one_saved_model_is_found_at_any_depth(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "saved_model.pb").touch()
    assert locate(tmp_path, where="m") == (tmp_path / "a" / "b", "metrabs")


def test_the_two_blazepose_files_are_a_model_and_one_of_them_is_not(tmp_path):
    (tmp_path / "pose_detection.tflite").touch()
    with pytest.raises(ModelError, match="holds no model"):
        locate(tmp_path, where="m")
    (tmp_path / "pose_landmark_full.tflite").touch()
    assert locate(tmp_path, where="m") == (tmp_path, "blazepose")


def test_several_models_are_named_and_none_is_chosen(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "saved_model.pb").touch()
    with pytest.raises(ModelError, match=r"holds 2 models \(one, two\)"):
        locate(tmp_path, where="m")
