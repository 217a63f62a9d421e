"""Hostile zips: whatever an archive is made of, it is read within its limits or refused with one line."""

import io
import struct
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rules.bundles import FILES, honest, manifest_of, zipped

from neuropose_ray.errors import BundleError
from neuropose_ray.rules.bundle_archive import BundleLimits, check_name, read_members

LIMITS = BundleLimits(max_archive_bytes=1 << 20, max_bytes=1 << 20, max_members=8)


def members(data, limits=LIMITS):
    return read_members(data, "b.zip", limits)


def info(name, mode=0o100644, flags=0):
    made = zipfile.ZipInfo(name)
    made.external_attr, made.create_system = mode << 16, 3
    made.flag_bits |= flags
    return made


def test_an_honest_archive_is_read_whole_with_its_folders_left_out():
    data = zipped([(info("models/", 0o040755), b""), ("manifest.json", manifest_of(FILES)), *FILES.items()])
    assert members(data) == {"manifest.json": manifest_of(FILES), **FILES}


@pytest.mark.parametrize(
    "name",
    [
        "../manifest.json", "/etc/passwd.json", "models/../../x.json", "..\\x.json", "C:\\x.json", "C:x.json",
        "a//b.json", "./a.json", "models/./a.json", ".hidden.json", "a\nb.json", "é.json", " a.json",
        "a/b/c/d/e.json", "x" * 200 + ".json", "~/a.json", "a..json", "-rf.json", "CON:.json",
    ],
)  # fmt: skip
def test_paths_that_are_not_plain_are_refused(name):
    with pytest.raises(BundleError, match="is no plain path"):
        check_name(name, "b.zip")
    with pytest.raises(BundleError, match="is no plain path"):
        members(zipped([(name, b"{}")]))


@pytest.mark.parametrize(
    "name", ["m.pt", "m.pth", "models/m.PT", "m.pkl", "m.pickle", "m.ckpt", "m.joblib", "m.npy", "m.bin"]
)
def test_files_of_pickles_are_refused_by_name(name):
    with pytest.raises(
        BundleError, match="may hold pickles, which run code when they are loaded; convert it to ONNX"
    ):
        members(zipped([(name, b"x")]))


@pytest.mark.parametrize("name", ["run.sh", "a.py", "lib.so", "a.exe", "a.html", "model", "a.onnx.exe"])
def test_other_kinds_of_files_are_refused(name):
    with pytest.raises(BundleError, match="of a kind that no bundle holds"):
        members(zipped([(name, b"x")]))


@pytest.mark.parametrize("content", [b"\x80\x04\x95", b"\x80\x02ccollections", b"PK\x03\x04 a PyTorch archive"])
def test_pickles_under_another_name_are_refused(content):
    with pytest.raises(BundleError, match="is a pickle or an archive"):
        members(zipped([("models/m.onnx", content)]))


@pytest.mark.parametrize("mode", [0o120777, 0o020644, 0o060644, 0o010644, 0o140644])
def test_links_and_devices_are_refused(mode):
    with pytest.raises(BundleError, match="is a link or a device"):
        members(zipped([(info("a.json", mode), b"/etc/passwd")]))


def test_a_file_that_is_there_twice_is_refused_also_in_other_letters():
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = zipped([("a.json", b"1"), ("a.json", b"2")])
    for data in (twice, zipped([("a.json", b"1"), ("A.json", b"2")])):
        with pytest.raises(BundleError, match="twice"):
            members(data)


def test_bombs_cost_no_more_than_the_limit():
    bomb = zipped([("a.json", b"\0" * (100 << 20))])
    assert len(bomb) < 1 << 20
    tracemalloc.start()
    try:
        with pytest.raises(BundleError, match="more bytes unpacked than it may"):
            members(bomb)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_a_size_that_lies_does_not_help_a_bomb():
    """The table says 10 bytes, the stream holds 4 MiB."""
    bomb = bytearray(zipped([("a.json", b"\0" * (4 << 20))]))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = bomb.index(signature) + offset
        bomb[place : place + 4] = struct.pack("<I", 10)
    with pytest.raises(BundleError):
        members(bytes(bomb))


def test_several_files_share_one_limit():
    half = b"x" * (600 << 10)
    assert len(members(zipped([("a.json", half)]))) == 1
    with pytest.raises(BundleError, match="more bytes unpacked than it may"):
        members(zipped([("a.json", half), ("b.json", half)]))


def test_too_many_members_and_too_long_a_table_are_refused():
    with pytest.raises(BundleError, match="holds 9 files, more than 8"):
        members(zipped([(f"{index}.json", b"") for index in range(9)]))
    with pytest.raises(BundleError, match="a table of"):
        members(zipped([(f"{index}.json", b"") for index in range(6000)]))


def test_encrypted_files_and_rare_compressions_are_refused():
    encrypted = bytearray(zipped([("a.json", b"{}")]))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(signature) + offset] |= 1
    with pytest.raises(BundleError, match="is encrypted"):
        members(bytes(encrypted))
    for compression in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        with pytest.raises(BundleError, match="compressed in a way that is not read"):
            members(zipped([("a.json", b"{}")], compression))


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06", b"x" * 1000, b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_refused(data):
    with pytest.raises(BundleError, match=r"no zip, or damaged|a table of"):
        members(data)


@settings(max_examples=80)
@given(data=st.data())
def test_damaged_archives_are_read_or_refused_and_never_beyond_their_limits(data):
    whole = bytearray(honest())
    for _ in range(data.draw(st.integers(1, 8))):
        kind = data.draw(st.sampled_from(["flip", "cut", "insert", "number"]))
        place = data.draw(st.integers(0, max(len(whole) - 1, 0)))
        if kind == "flip" and whole:
            whole[place] ^= 1 << data.draw(st.integers(0, 7))
        elif kind == "cut":
            del whole[place : place + data.draw(st.integers(1, 64))]
        elif kind == "number":  # sizes, offsets and counts of headers
            whole[place : place + 4] = data.draw(st.sampled_from([b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff"]))
        else:
            whole[place:place] = data.draw(st.binary(max_size=16))
    with suppress(BundleError):
        read = members(bytes(whole))
        assert sum(map(len, read.values())) <= LIMITS.max_bytes
        assert len(read) <= LIMITS.max_members


NAMES = st.text(alphabet="ab./\\:\0~-é A1", max_size=12) | st.sampled_from(
    [*FILES, "manifest.json", "m.pt", "x.onnx"]
)


@settings(max_examples=80)
@given(
    parts=st.lists(
        st.tuples(
            NAMES, st.binary(max_size=40), st.sampled_from([0o100644, 0, 0o120777, 0o040755, 0o010644]),
            st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2]),
        ),
        max_size=6,
    )
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_generated_archives_give_plain_files_alone(parts):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content, mode, compression in parts:
            file.writestr(info(name, mode), content, compression)
    with suppress(BundleError):
        read = members(archive.getvalue())
        for name in read:
            check_name(name, "b.zip")
        assert len({name.lower() for name in read}) == len(read)
        assert set(read.items()) <= {(name, content) for name, content, _, _ in parts}
