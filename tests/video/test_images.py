import hashlib
import math
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from neuropose_ray.errors import VideoError
from neuropose_ray.video.chunks import plan_chunks
from neuropose_ray.video.decode import ChunkDecoder
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import Chunk, DecodedFrame, VideoInfo


def picture(index: int, width: int = 32, height: int = 24) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[:] = index, 100, 200
    return image


def save(path: Path, rgb: np.ndarray) -> Path:
    path.parent.mkdir(exist_ok=True)
    assert cv2.imwrite(str(path), rgb[..., ::-1])
    return path


def decode_all(info: VideoInfo) -> tuple[list[DecodedFrame], list[str]]:
    decoder = ChunkDecoder(info, Chunk(0, -math.inf, math.inf, 0, info.frame_count))
    return list(decoder.frames()), [str(error) for error in decoder.errors]


def test_gaps_keep_their_time_and_are_reported(tmp_path: Path) -> None:
    for number in (5, 6, 9, 10):
        save(tmp_path / "f" / f"image_{number}.png", picture(number))
    info = probe(open_source(tmp_path / "f", fps=10))
    assert info.timestamps_s.tolist() == pytest.approx([0.0, 0.1, 0.4, 0.5])
    assert (info.width, info.height, info.codec) == (32, 24, "png")
    assert info.notes == ("2 of the numbers 5 to 10 are missing; the gaps keep their time.",)
    frames, errors = decode_all(info)
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [5, 6, 9, 10]
    assert frames[0].image[0, 0].tolist() == [5, 100, 200]
    assert errors == []


def test_an_assumed_rate_is_said(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / "f" / f"{number}.png", picture(number))
    info = probe(open_source(tmp_path / "f"))
    assert info.fps == pytest.approx(30)
    assert info.notes == ("Images carry no times; 30 frames a second are assumed.",)


def test_bad_images_are_errors_of_their_own_frames_only(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    for number in range(6):
        save(folder / f"i{number}.png", picture(number, width=40 if number == 4 else 32))
    (folder / "i0.png").write_bytes(b"")
    (folder / "i2.png").write_bytes(b"not an image")
    info = probe(open_source(folder, fps=1))
    frames, errors = decode_all(info)
    assert [frame.timestamp_s for frame in frames] == [1, 3, 5]
    assert [error.split("/")[-1].split(";")[0] for error in errors] == [
        "i0.png: the image is empty",
        "i2.png: the image cannot be decoded",
        "i4.png: the image is 40x24 where the others are 32x24",
    ]


def test_a_first_picture_of_another_size_does_not_cost_the_others(tmp_path: Path) -> None:
    for number in range(6):
        save(tmp_path / "f" / f"i{number}.png", picture(number, width=40 if number in (0, 3) else 32))
    (tmp_path / "f" / "i1.png").write_bytes(b"")
    info = probe(open_source(tmp_path / "f", fps=1))
    frames, errors = decode_all(info)
    assert (info.width, info.height) == (32, 24)
    assert [frame.timestamp_s for frame in frames] == [2, 4, 5]
    assert len(errors) == 3


@pytest.mark.parametrize("place", [0, 2])
@pytest.mark.parametrize("kind", ["a folder", "a pipe", "a link to nowhere", "a link to itself"])
def test_what_is_no_file_is_one_bad_frame(tmp_path: Path, kind: str, place: int) -> None:
    for number in range(3):
        save(tmp_path / "f" / f"i{number}.png", picture(number))
    path = tmp_path / "f" / f"i{place}.png"
    path.unlink()
    match kind:
        case "a folder":
            path.mkdir()
        case "a pipe":
            os.mkfifo(path)
        case "a link to nowhere":
            path.symlink_to("nowhere")
        case _:
            path.symlink_to(path)
    info = probe(open_source(tmp_path / "f", fps=1))
    frames, errors = decode_all(info)
    assert [frame.timestamp_s for frame in frames] == [number for number in range(3) if number != place]
    assert [bool(image.error) for image in info.images] == [number == place for number in range(3)]
    (error,) = errors
    assert f"i{place}.png" in error


def test_chunks_of_a_folder_give_every_image_once(tmp_path: Path) -> None:
    for number in range(0, 50, 2):
        save(tmp_path / "f" / f"i{number}.png", picture(number))
    info = probe(open_source(tmp_path / "f", fps=25))
    chunks = plan_chunks(info, 7)
    frames = [frame for chunk in chunks for frame in ChunkDecoder(info, chunk).frames()]
    assert len(chunks) == 4
    assert [int(frame.image[0, 0, 0]) for frame in frames] == list(range(0, 50, 2))
    assert [frame.timestamp_s for frame in frames] == info.timestamps_s.tolist()


def test_a_still_image_is_a_video_of_one_frame(test_data: Path) -> None:
    info = probe(open_source(test_data / "images" / "tfjs_pose.jpg"))
    frames, errors = decode_all(info)
    assert (info.width, info.height, info.frame_count, info.fps, info.notes) == (1000, 667, 1, 0.0, ())
    assert [frame.image.shape for frame in frames] == [(667, 1000, 3)]
    assert errors == []


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    jpeg = cv2.imencode(".jpg", picture(0, width=64, height=32))[1].tobytes()
    # An APP1 segment with one big-endian TIFF entry: Orientation (0x0112, SHORT) = 6, a quarter turn clockwise.
    tiff = b"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
    exif = b"Exif\x00\x00" + tiff
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:])
    info = probe(open_source(path))
    assert (info.width, info.height) == (32, 64)
    assert decode_all(info)[0][0].image.shape == (64, 32, 3)


@pytest.mark.parametrize(
    ("dtype", "channels"), [(np.uint8, 1), (np.uint8, 4), (np.uint16, 3)], ids=["grey", "alpha", "16 bit"]
)
def test_every_kind_of_picture_becomes_8_bit_rgb(tmp_path: Path, dtype: type, channels: int) -> None:
    path = tmp_path / "picture.png"
    assert cv2.imwrite(str(path), np.full((8, 8, channels), np.iinfo(dtype).max, dtype))
    (frame,), _ = decode_all(probe(open_source(path)))
    assert frame.image.dtype == np.uint8
    assert frame.image.shape == (8, 8, 3)
    assert frame.image.min() == 255


def test_the_digest_covers_names_and_contents(tmp_path: Path) -> None:
    for folder in ("a", "b", "c"):
        for number in range(2):
            save(tmp_path / folder / f"i{number}.png", picture(number))
    save(tmp_path / "b" / "i1.png", picture(9))
    (tmp_path / "c" / "i1.png").rename(tmp_path / "c" / "i2.png")
    digests = [probe(open_source(tmp_path / folder)).sha256 for folder in ("a", "a", "b", "c")]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_every_file_is_known_by_its_name_digest_size_and_time(tmp_path: Path) -> None:
    content = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
    save(tmp_path / "folder" / "image_1.png", picture(1))
    (tmp_path / "folder" / "image_2.jpg").write_bytes(content)
    (tmp_path / "folder" / "image_3.jpg").write_bytes(content[:-9])
    (tmp_path / "folder" / "image_4.jpg").mkdir()
    _, whole, cut, unreadable = probe(open_source(tmp_path / "folder")).images
    assert (whole.name, whole.size, whole.is_cut_short, whole.error) == ("image_2.jpg", len(content), False, None)
    assert whole.sha256 == hashlib.sha256(content).hexdigest()
    assert whole.mtime == (tmp_path / "folder" / "image_2.jpg").stat().st_mtime
    assert (cut.size, cut.is_cut_short) == (len(content) - 9, True)
    assert (unreadable.sha256, unreadable.size) == (None, None)
    assert "cannot be read (Is a directory)" in str(unreadable.error)


def test_a_picture_that_goes_away_leaves_the_others_their_places(tmp_path: Path) -> None:
    for number in range(3):
        save(tmp_path / "folder" / f"image_{number}.png", picture(number))
    info = probe(open_source(tmp_path / "folder"))
    (tmp_path / "folder" / "image_1.png").unlink()
    frames, errors = decode_all(info)
    assert [frame.timestamp_s for frame in frames] == info.timestamps_s[[0, 2]].tolist()
    assert "image_1.png" in errors[0]


def test_a_folder_without_one_readable_image_is_refused(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / f"i{number}.png").write_bytes(b"nothing")
    with pytest.raises(
        VideoError, match=r"not one of 2 images can be read; the first, i0\.png: the image cannot be decoded"
    ):
        probe(open_source(tmp_path))


def test_a_lead_in_of_a_folder_has_no_errors_of_its_own(tmp_path: Path) -> None:
    for number in range(12):
        save(tmp_path / "f" / f"i{number}.png", picture(number))
    (tmp_path / "f" / "i4.png").write_bytes(b"")
    info = probe(open_source(tmp_path / "f", fps=25))
    decoder = ChunkDecoder(info, Chunk(1, 6 / 25, math.inf, 6, 6), lead_in=4)
    assert [int(frame.image[0, 0, 0]) for frame in decoder.frames()] == [2, 3, 5, *range(6, 12)]
    assert not decoder.errors
