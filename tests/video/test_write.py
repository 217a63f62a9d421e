import errno
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from neuropose_ray.errors import OutputError
from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.settings import WriterSettings
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import Chunk, DecodedFrame, VideoInfo
from neuropose_ray.video.write import VideoWriter
from neuropose_ray.video.yuv import YUVMatrix, planes_of_rgb

PATCHES = [(235, 30, 30), (30, 200, 30), (30, 30, 235), (220, 220, 30), (128, 128, 128), (250, 250, 250), (5, 5, 5)]


def read(path: Path) -> tuple[VideoInfo, list[DecodedFrame]]:
    info = probe(open_source(path))
    return info, list(decode_chunk(info, Chunk(0, -np.inf, np.inf, 0, info.frame_count)))


def write(path: Path, times_s: list[float], width: int = 64, height: int = 48) -> None:
    with VideoWriter(path, width=width, height=height) as writer:
        for index, time_s in enumerate(times_s):
            writer.write(np.full((height, width, 3), 40 + 2 * index, np.uint8), time_s)


def test_frames_keep_their_own_times(tmp_path: Path) -> None:
    times = np.cumsum([0, 1 / 60, 1 / 60, 3 / 60, 0.5, 1 / 29.97, 2.0]).tolist()
    write(tmp_path / "clip.mp4", times)
    info, frames = read(tmp_path / "clip.mp4")
    assert info.timestamps_s == pytest.approx(times, abs=1e-4)
    assert [frame.timestamp_s for frame in frames] == pytest.approx(times, abs=1e-4)
    assert np.diff([int(frame.image.mean()) for frame in frames]).tolist() == pytest.approx([2] * 6, abs=1)


def test_times_count_from_the_first_frame(tmp_path: Path) -> None:
    write(tmp_path / "clip.mp4", [7.0, 7.1, 7.2])
    assert read(tmp_path / "clip.mp4")[0].timestamps_s == pytest.approx([0, 0.1, 0.2], abs=1e-4)


def test_colours_survive_writing_and_reading(tmp_path: Path) -> None:
    picture = np.repeat(np.repeat(np.array([PATCHES], np.uint8), 64, axis=0), 32, axis=1)
    with VideoWriter(tmp_path / "clip.mp4", width=224, height=64) as writer:
        writer.write(picture, 0.0)
    _, (frame,) = read(tmp_path / "clip.mp4")
    assert np.abs(frame.image[32, 16::32].astype(int) - np.array(PATCHES)).max() <= 6


@pytest.mark.parametrize("matrix", list(YUVMatrix))
@pytest.mark.parametrize("height", [65, 66])
def test_colours_of_planes_survive_and_their_matrix_is_stated(tmp_path: Path, matrix: YUVMatrix, height: int) -> None:
    picture = np.repeat(np.repeat(np.array([PATCHES], np.uint8), height, axis=0), 33, axis=1)
    with VideoWriter(tmp_path / "clip.mp4", width=231, height=height) as writer:
        writer.write_planes(planes_of_rgb(picture, matrix), matrix, 0.0)
    _, (frame,) = read(tmp_path / "clip.mp4")
    assert np.abs(frame.image[32, 16::33].astype(int) - np.array(PATCHES)).max() <= 6
    with av.open(tmp_path / "clip.mp4") as container:
        assert next(container.decode(video=0)).colorspace == matrix


def test_every_frame_of_planes_is_the_one_that_was_given_whatever_threads_encode(tmp_path: Path) -> None:
    given = np.random.default_rng(0).integers(16, 236, (12, 48, 64), np.uint8)
    settings = WriterSettings(crf=0, preset="ultrafast", threads=4)
    with VideoWriter(tmp_path / "clip.mp4", width=64, height=48, settings=settings) as writer:
        for index, luma in enumerate(given):
            planes = np.concatenate([luma, np.full((24, 64), 128, np.uint8)])
            writer.write_planes(planes, YUVMatrix.BT709, index / 30)
            planes[:] = 0  # what becomes of it afterwards is nobody's business
    with av.open(tmp_path / "clip.mp4") as container:
        read_back = [frame.to_ndarray()[:48] for frame in container.decode(video=0)]
    np.testing.assert_array_equal(read_back, given)


def test_the_file_is_what_browsers_play(tmp_path: Path) -> None:
    write(tmp_path / "clip.mp4", [0.0, 0.1, 0.2])
    with av.open(tmp_path / "clip.mp4") as container:
        stream = container.streams.video[0]
        assert (stream.codec.name, stream.pix_fmt) == ("h264", "yuv420p")
        assert (stream.codec_context.colorspace, stream.codec_context.color_range) == (1, 1)
    content = (tmp_path / "clip.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat"), "the index must stand before the pictures"


def test_odd_sizes_lose_a_column_and_a_row(tmp_path: Path) -> None:
    write(tmp_path / "clip.mp4", [0.0], width=65, height=49)
    info, _ = read(tmp_path / "clip.mp4")
    assert (info.width, info.height) == (64, 48)


def test_nothing_is_left_when_the_block_fails_and_an_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"old")

    def draw() -> None:
        with VideoWriter(path, width=64, height=48) as writer:
            writer.write(np.zeros((48, 64, 3), np.uint8), 0.0)
            raise RuntimeError("drawing failed")

    with pytest.raises(RuntimeError, match="drawing failed"):
        draw()
    assert [file.name for file in tmp_path.iterdir()] == ["clip.mp4"]
    assert path.read_bytes() == b"old"


def test_a_video_without_frames_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no frame was written"):
        write(tmp_path / "clip.mp4", [])
    assert list(tmp_path.iterdir()) == []


def test_frames_of_another_size_are_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(ValueError, match="a frame is"),
        VideoWriter(tmp_path / "a.mp4", width=64, height=48) as writer,
    ):
        writer.write(np.zeros((48, 60, 3), np.uint8), 0.0)


def test_a_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot be written"):
        write(tmp_path / "file" / "clip.mp4", [0.0])


@pytest.mark.slow
def test_a_full_disk_is_an_output_error_and_leaves_nothing(tmp_path: Path) -> None:
    # A limit on the size of files refuses a write as a full disk does; it holds for a whole process.
    code = f"""
import resource
from pathlib import Path
import numpy as np
from neuropose_ray.errors import OutputError
from neuropose_ray.video.write import VideoWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
noise = np.random.default_rng(0)
try:
    with VideoWriter(Path({str(tmp_path / "clip.mp4")!r}), width=320, height=240) as writer:
        for index in range(60):
            writer.write(noise.integers(0, 255, (240, 320, 3), np.uint8), index / 30)
except OutputError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert os.strerror(errno.EFBIG) in done.stdout, done.stderr
    assert list(tmp_path.iterdir()) == []
