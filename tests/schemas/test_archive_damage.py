"""Whatever is damaged in an archive, reading it gives its content, or raises what is listed."""

import io
import tarfile
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.schemas.archive_damage import ARCHIVE_DAMAGE

CONTENT = b"walk" * 300


def archive(kind: str) -> bytes:
    buffer = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as whole:
            whole.writestr("walk.txt", CONTENT)
    else:
        with tarfile.open(fileobj=buffer, mode=kind) as whole:
            info = tarfile.TarInfo("walk.txt")
            info.size = len(CONTENT)
            whole.addfile(info, io.BytesIO(CONTENT))
    return buffer.getvalue()


def read_all(kind: str, data: bytes) -> None:
    if kind == "zip":
        with zipfile.ZipFile(io.BytesIO(data)) as whole:
            for info in whole.infolist():
                whole.open(info).read()
    else:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as whole:
            for info in whole:
                stream = whole.extractfile(info)
                if stream is not None:
                    stream.read()


@pytest.mark.parametrize("kind", ["zip", "w:", "w:gz", "w:bz2", "w:xz"])
@given(data=st.data())
def test_damage_raises_what_is_listed(kind: str, data: st.DataObject):
    content = bytearray(archive(kind))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    for damaged in (content, content[:cut]):
        try:
            read_all(kind, bytes(damaged))
        except (*ARCHIVE_DAMAGE, OSError, LookupError):
            continue


@pytest.mark.parametrize(("flag", "method"), [(1, 8), (0, 99)], ids=["encrypted", "unknown compression"])
def test_what_zipfile_does_not_read_is_listed(flag: int, method: int):
    content = bytearray(archive("zip"))
    for start, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(start) + offset
        content[place], content[place + 2] = flag, method
    with pytest.raises(ARCHIVE_DAMAGE):
        read_all("zip", bytes(content))
