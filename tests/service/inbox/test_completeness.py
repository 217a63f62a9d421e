"""Videos that are as long as they say, and all their beginnings, which are not."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuropose_ray.service.inbox.completeness import is_complete


@pytest.fixture(scope="session")
def videos(test_data: Path) -> list[Path]:
    found = [path for path in sorted((test_data / "odd").iterdir()) if path.suffix in (".mp4", ".mov", ".mkv")]
    return [path for path in found if "truncated" not in path.name and "bytes" not in path.name]


def test_real_videos_are_complete_and_cut_ones_are_not(test_data: Path, videos: list[Path]):
    assert [path.name for path in videos if not is_complete(path)] == ["made_not_a_video.mp4"]
    assert {path.suffix for path in videos} == {".mp4", ".mov", ".mkv"}
    for name in ("made_truncated_demo.mp4", "made_truncated_walk.mp4", "made_zero_bytes.mp4"):
        assert not is_complete(test_data / "odd" / name), name


@pytest.mark.parametrize("suffix", [".mp4", ".avi", ".mkv", ".webm", ".mov"])
def test_every_beginning_of_a_video_is_incomplete(tmp_path: Path, suffix: str):
    import av
    import numpy as np

    whole = tmp_path / f"whole{suffix}"
    with av.open(str(whole), "w") as container:
        stream = container.add_stream("libvpx" if suffix == ".webm" else "mpeg4", rate=10)
        stream.width = stream.height = 64
        for _ in range(20):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert is_complete(whole)
    content, cut = whole.read_bytes(), tmp_path / f"cut{suffix}"
    for end in sorted({*range(0, len(content), max(1, len(content) // 97)), len(content) - 1}):
        cut.write_bytes(content[:end])
        assert not is_complete(cut), f"{end} of {len(content)} bytes"


@given(content=st.binary(max_size=200), suffix=st.sampled_from([".mp4", ".avi", ".mkv", ".mpg"]))
def test_any_bytes_have_an_answer(tmp_path_factory: pytest.TempPathFactory, content: bytes, suffix: str):
    path = tmp_path_factory.getbasetemp() / f"any{suffix}"
    path.write_bytes(content)
    assert is_complete(path) in (True, False)


def test_formats_that_promise_nothing_are_complete(tmp_path: Path):
    for name in ("clip.mts", "clip.mpg"):
        (tmp_path / name).write_bytes(b"\x47" * 188)
        assert is_complete(tmp_path / name)
