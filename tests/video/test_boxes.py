from pathlib import Path

import pytest

from neuropose_ray.video.boxes import promised_bytes


def box(name: bytes, content: bytes, length: int | None = None) -> bytes:
    return (8 + len(content) if length is None else length).to_bytes(4) + name + content


def test_a_recording_that_broke_off_promises_its_last_box(test_data: Path) -> None:
    assert promised_bytes(test_data / "odd/made_truncated_walk.mp4") == 727604
    assert promised_bytes(test_data / "odd/made_truncated_demo.mp4") == 3968304


@pytest.mark.parametrize(
    ("content", "promised"),
    [
        (b"", None),
        (b"no boxes at all, some text", None),
        (box(b"ftyp", b"isom") + box(b"mdat", b"12345"), None),
        (box(b"ftyp", b"isom") + box(b"mdat", b"12345", 0), None),
        (box(b"ftyp", b"isom") + box(b"mdat", b"12345", 100), 112),
        (box(b"ftyp", b"isom") + (1).to_bytes(4) + b"mdat" + (1 << 40).to_bytes(8), 12 + (1 << 40)),
        (box(b"ftyp", b"", 3), None),
    ],
)
def test_boxes_are_followed_to_the_one_that_is_not_whole(
    tmp_path: Path, content: bytes, promised: int | None
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    assert promised_bytes(path) == promised


def test_a_file_of_nothing_but_boxes_ends_the_search(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(box(b"free", b"") * 20_000)
    assert promised_bytes(path) is None
