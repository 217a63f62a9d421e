"""A look at uploaded videos before their job is accepted: what is refused, and with which words."""

import asyncio
from pathlib import Path

import pytest
from support.frame_folders import write_folder
from support.stick_people import write_video

from neuropose_ray.errors import ArchiveInvalidError, ArchiveTooLargeError, TooLargeError, VideoError
from neuropose_ray.service.frame_archives import pack_frames
from neuropose_ray.service.http.probing import check_videos, measures, require_within
from neuropose_ray.service.settings import ArchiveSettings, UploadSettings

LIMITS = UploadSettings(max_duration_s=60.0, max_pixels=1_000_000)


@pytest.fixture
def uploads(tmp_path: Path) -> Path:
    write_video(tmp_path / "good.mp4", [0.0, 0.1, 0.3], width=96, height=128)
    (tmp_path / "broken.mp4").write_bytes(b"no video" * 100)
    return tmp_path


def check(folder: Path, *names: str, **limits: float) -> None:
    asyncio.run(check_videos(folder, list(names), UploadSettings(**limits), ArchiveSettings()))


def test_a_video_is_as_long_as_from_its_first_frame_to_its_last(uploads: Path):
    duration_s, pixels = measures(str(uploads / "good.mp4"), ArchiveSettings())
    assert (duration_s, pixels) == (pytest.approx(0.3, abs=1e-3), 96 * 128)
    with pytest.raises(VideoError):
        measures(str(uploads / "broken.mp4"), ArchiveSettings())


def test_an_archive_is_as_long_as_its_pictures_at_the_rate_that_is_assumed(uploads: Path):
    pack_frames(write_folder(uploads / "cam", 31), uploads / "cam.tar")
    assert measures(str(uploads / "cam.tar"), ArchiveSettings()) == (1.0, 96 * 72)
    (uploads / "bad.zip").write_bytes(b"PK" * 100)
    with pytest.raises(ArchiveInvalidError):
        measures(str(uploads / "bad.zip"), ArchiveSettings())
    with pytest.raises(ArchiveTooLargeError, match="more than 30 members"):
        measures(str(uploads / "cam.tar"), ArchiveSettings(max_members=30))


@pytest.mark.parametrize(("duration_s", "pixels"), [(0.0, 1), (60.0, 1_000_000)])
def test_what_is_within_the_limits_is_taken(duration_s: float, pixels: int):
    require_within(LIMITS, "walk.mp4", duration_s, pixels)


@pytest.mark.parametrize(
    ("duration_s", "pixels", "said"),
    [
        (60.5, 1, r"walk\.mp4: 60\.5 s, more than 60; cut it"),
        (7200.0, 1, r"walk\.mp4: 7200\.0 s, more than 60; cut it"),
        (1.0, 1_000_001, r"walk\.mp4: 1000001 pixels a frame, more than 1000000; scale it"),
    ],
)
def test_what_is_longer_or_larger_is_refused_with_what_to_do(duration_s: float, pixels: int, said: str):
    with pytest.raises(TooLargeError, match=said):
        require_within(LIMITS, "walk.mp4", duration_s, pixels)


@pytest.mark.ray
@pytest.mark.usefixtures("ray_cluster")
@pytest.mark.slow
def test_videos_are_looked_at_in_a_process_of_their_own(uploads: Path):
    check(uploads, "good.mp4", "good.mp4")
    check(uploads)
    with pytest.raises(VideoError, match=r"^broken\.mp4: ") as raised:
        check(uploads, "good.mp4", "broken.mp4")
    assert str(uploads) not in str(raised.value)
    with pytest.raises(TooLargeError, match=r"good\.mp4: 12288 pixels"):
        check(uploads, "good.mp4", max_pixels=100)
