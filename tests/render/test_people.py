"""The picture of who is who."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from support.stick_people import people, write_video

from neuropose_ray.errors import InputError
from neuropose_ray.render.people import LINE_PX, SIDE_PX, THUMBNAILS, write_people
from neuropose_ray.schemas.poses import Poses, PoseTable
from neuropose_ray.schemas.skeletons import BLAZEPOSE_33
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source

FRAMES = 12


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "clip.mp4", [number / 10 for number in range(FRAMES)])


@pytest.fixture
def table(video: Path) -> PoseTable:
    """Somebody in all frames, track 0, and somebody else in the last three, track 1."""
    frames = [*range(FRAMES - 3), *np.repeat(range(FRAMES - 3, FRAMES), 2).tolist()]
    tracks = [0] * (FRAMES - 3) + [0, 1] * 3
    centres = [(30 + 60 * track, 20) for track in tracks]
    times = probe(open_source(video)).timestamps_s
    return people(frames, centres, scale=0.03, times_s=times, tracks=tracks)


def test_every_track_has_a_line_and_a_row_of_thumbnails(tmp_path: Path, video: Path, table: PoseTable):
    lines = write_people(tmp_path / "people.png", open_source(video), table, BLAZEPOSE_33)
    assert lines == [
        "track 0: seen in 100 % of the frames, 0.0 to 1.1 s",
        "track 1: seen in 25 % of the frames, 0.9 to 1.1 s",
    ]
    picture = cv2.imread(str(tmp_path / "people.png"))
    row = LINE_PX + SIDE_PX
    assert picture.shape == (2 * row, THUMBNAILS * SIDE_PX, 3)
    drawn = [
        [
            len(np.unique(picture[top + LINE_PX : top + row, left : left + SIDE_PX].reshape(-1, 3), axis=0)) > 1
            for left in range(0, THUMBNAILS * SIDE_PX, SIDE_PX)
        ]
        for top in (0, row)
    ]
    assert drawn == [[True] * 5, [True] * 3 + [False] * 2]


def test_where_nobody_is_seen_there_is_no_picture(tmp_path: Path, video: Path):
    with pytest.raises(InputError, match="nobody is seen"):
        write_people(
            tmp_path / "people.png", open_source(video), PoseTable(np.arange(3.0), Poses.empty(33)), BLAZEPOSE_33
        )
    assert not (tmp_path / "people.png").exists()
