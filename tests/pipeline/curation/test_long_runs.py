"""Ten thousand frames: each is decoded once, nothing is decoded again, and every one has its row."""

import os
from collections import Counter
from contextlib import closing
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from support.frame_folders import HEIGHT, WIDTH, scene

from neuropose_ray.curation import CurationSettings
from neuropose_ray.pipeline import NullReporter, curate
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.schemas.frame_table import FRAMES_FILE, read_frames
from neuropose_ray.video import images, reader

FRAMES, SCENES = 10_000, 100


def write_video(path: Path) -> Path:
    pictures = [
        av.VideoFrame.from_ndarray(np.ascontiguousarray(scene(index)), format="rgb24") for index in range(100)
    ]
    with av.open(path, "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "g": "60"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(FRAMES):
            picture = pictures[index % SCENES]
            picture.pts = None
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


def write_links(folder: Path) -> Path:
    folder.mkdir()
    for index in range(FRAMES):
        path = folder / f"image_{index}.jpg"
        if index < SCENES:
            assert cv2.imwrite(str(path), scene(index))
        else:
            os.link(folder / f"image_{index % SCENES}.jpg", path)
    return folder


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Pictures that came out of decoders, of videos and of files."""
    counts: Counter[str] = Counter()
    pictures_of, luma_of = reader.PictureReader.pictures, images.decode_luma

    def pictures(self):
        for picture in pictures_of(self):
            counts["video"] += 1
            yield picture

    def luma(content, where):
        counts["files"] += 1
        return luma_of(content, where)

    monkeypatch.setattr(reader.PictureReader, "pictures", pictures)
    monkeypatch.setattr(images, "decode_luma", luma)
    return counts


@pytest.mark.endurance
@pytest.mark.parametrize(("kind", "write"), [("video", write_video), ("files", write_links)])
def test_each_of_ten_thousand_frames_is_decoded_once(decoded: Counter[str], tmp_path: Path, kind: str, write):
    stream = write(tmp_path / ("cam.mp4" if kind == "video" else "cam"))
    summaries = []
    for _ in range(2):
        with closing(LocalEngine(2)) as engine:
            summaries.append(
                curate(
                    [stream], tmp_path / "out", settings=CurationSettings(), engine=engine, progress=NullReporter()
                )
            )
    assert [summary.frames_decoded for summary in summaries] == [FRAMES, 0]
    # A chunk of a video ends where a picture of the next one comes out of the decoder.
    borders = FRAMES // CurationSettings().batch_size if kind == "video" else 0
    assert FRAMES <= decoded.pop(kind) <= FRAMES + borders
    assert not decoded
    table, _ = read_frames(tmp_path / "out" / "cam" / FRAMES_FILE)
    assert table["frame_idx"].to_pylist() == list(range(FRAMES))
    assert summaries[0].duplicate_groups == SCENES
    assert not summaries[0].streams[0].errors
