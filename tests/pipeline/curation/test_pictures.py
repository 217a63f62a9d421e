"""The pictures of a run's frames: the very files of a folder, and the frames of a video wherever one begins."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.frame_folders import scene, write_folder
from support.pose_runs import write_run

from neuropose_ray.errors import InputNotFoundError, OutputError
from neuropose_ray.pipeline.curation.pictures import RunPictures
from neuropose_ray.schemas.labels import FrameLabels
from neuropose_ray.video import decode_chunk, open_source, plan_chunks, probe


def labels(video: str, frame: int, time_s: float, name: str = "frame.png") -> FrameLabels:
    return FrameLabels(
        video=video, frame_idx=frame, timestamp_s=time_s, file_name=f"{video}/{name}", width=96, height=72
    )


@pytest.mark.parametrize("order", [range(55), range(0, 55, 9), [40, 3, 3, 54, 0]])
def test_frames_of_a_video_are_those_that_decoding_it_gives(test_data: Path, tmp_path: Path, order):
    video = test_data / "odd" / "made_vfr_walk.mp4"
    info = probe(open_source(video))
    whole = [frame for chunk in plan_chunks(info, 100) for frame in decode_chunk(info, chunk)]
    pictures = RunPictures(write_run(video, tmp_path / "out", {}))
    for frame in order:
        image = pictures.image(labels("made_vfr_walk", frame, whole[frame].timestamp_s))
        np.testing.assert_array_equal(image, whole[frame].image)


def test_pictures_of_a_folder_are_copied_as_they_are(tmp_path: Path):
    folder = write_folder(tmp_path / "cam", 5, kind="jpg")
    pictures = RunPictures(write_run(folder, tmp_path / "out", {}))
    pictures.write(labels("cam", 3, 3 / 30, "image_3.jpg"), tmp_path / "copy.jpg")
    assert (tmp_path / "copy.jpg").read_bytes() == (folder / "image_3.jpg").read_bytes()


def test_a_picture_that_viewers_may_not_turn_is_written_upright(tmp_path: Path):
    folder = tmp_path / "cam"
    folder.mkdir()
    content = cv2.imencode(".jpg", scene(1))[1].tobytes()
    turned = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    segment = b"\xff\xe1" + (len(turned) + 2).to_bytes(2, "big") + turned
    (folder / "image_0.jpg").write_bytes(content[:2] + segment + content[2:])
    pictures = RunPictures(write_run(folder, tmp_path / "out", {}))
    pictures.write(labels("cam", 0, 0.0, "image_0.jpg"), tmp_path / "copy.jpg")
    written = cv2.imread(str(tmp_path / "copy.jpg"), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    upright = pictures.image(labels("cam", 0, 0.0, "image_0.jpg"))
    assert written.shape == upright.shape == (96, 72, 3)
    assert np.abs(written[..., ::-1].astype(int) - upright).mean() < 5


def test_a_video_that_is_gone_and_a_kind_that_cannot_be_written_are_named(test_data: Path, tmp_path: Path):
    video = tmp_path / "walk.mp4"
    video.write_bytes((test_data / "odd" / "made_vfr_walk.mp4").read_bytes())
    out = write_run(video, tmp_path / "out", {})
    with pytest.raises(OutputError, match=r"of the kind \.heic"):
        RunPictures(out).write(labels("walk", 0, 0.0), tmp_path / "frame.heic")
    video.unlink()
    with pytest.raises(InputNotFoundError, match="no longer at"):
        RunPictures(out).image(labels("walk", 0, 0.0))
