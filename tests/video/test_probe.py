import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from neuropose_ray.errors import InputNotFoundError, VideoError
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import VideoInfo

MakeVideo = Callable[..., Path]


def probed(path: Path) -> VideoInfo:
    return probe(open_source(path))


def test_what_an_edit_list_cuts_off_does_not_count(test_data: Path) -> None:
    walk, squat = probed(test_data / "opencap/walk.mp4"), probed(test_data / "opencap/squat.mp4")
    assert (walk.frame_count, squat.frame_count) == (75, 807)
    assert walk.timestamps_s == pytest.approx(np.arange(75) / 60, abs=1e-4)
    assert walk.notes == (
        "The header says 271 frames; 75 are in the file, 196 more are cut off by an edit list.",
    )  # fmt: skip


def test_times_of_re_encodings_agree_with_the_original(test_data: Path) -> None:
    walk = probed(test_data / "opencap/walk.mp4").timestamps_s
    kept = np.loadtxt(test_data / "odd/made_vfr_walk_source_frames.txt", int)
    varying = probed(test_data / "odd/made_vfr_walk.mp4")
    assert varying.timestamps_s == pytest.approx(walk[kept], abs=1e-3)
    assert varying.notes == ("The frame rate varies: 16.7 to 50.0 ms between frames.",)
    assert probed(test_data / "odd/made_rot90_walk.mp4").timestamps_s == pytest.approx(walk, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "degrees", "size"),
    [
        ("made_rot90_walk.mp4", 90, (360, 640)),
        ("decord_video_0.mov", 0, (568, 320)),
        ("decord_video_90.mov", 90, (320, 568)),
        ("decord_video_180.mov", 180, (568, 320)),
        ("decord_video_270.mov", 270, (320, 568)),
    ],
)
def test_size_is_that_of_the_upright_picture(test_data: Path, name: str, degrees: int, size: tuple[int, int]) -> None:
    info = probed(test_data / "odd" / name)
    assert (info.rotation_degrees, info.width, info.height) == (degrees, *size)


def test_the_largest_of_several_picture_streams_is_used_and_named(test_data: Path) -> None:
    info = probed(test_data / "odd/torchcodec_nasa_13013.mp4")
    assert (info.stream_index, info.width, info.height, info.frame_count) == (3, 480, 270, 390)
    assert info.notes == ("2 picture streams; the largest is used: stream 3, 480x270.",)


@pytest.mark.parametrize(
    ("name", "codec", "frames"),
    [
        ("torchcodec_av1_video.mkv", "av1", 125),
        ("torchcodec_h264_10bits.mp4", "h264", 30),
        ("torchcodec_h265_10bits.mp4", "hevc", 30),
        ("torchcodec_h265_video.mp4", "hevc", 10),
        ("decord_unordered.mov", "h264", 4),
        ("made_one_frame.mp4", "h264", 1),
        ("made_truncated_demo.mp4", "vp9", 79),
    ],
)
def test_codecs_and_frame_counts(test_data: Path, name: str, codec: str, frames: int) -> None:
    info = probed(test_data / "odd" / name)
    assert (info.codec, info.frame_count) == (codec, frames)
    assert info.timestamps_s[0] == 0
    assert (np.diff(info.timestamps_s) > 0).all()
    assert info.keyframes[0] == 0


def test_a_header_that_promises_more_than_the_file_holds_is_said(test_data: Path) -> None:
    notes = probed(test_data / "odd/made_truncated_demo.mp4").notes
    assert notes == ("The file is cut short: its header promises 230 frames; 79 are in the file.",)


def test_the_digest_is_that_of_the_content(test_data: Path) -> None:
    path = test_data / "odd/made_one_frame.mp4"
    assert probed(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("made_zero_bytes.mp4", "the file is empty"),
        ("made_not_a_video.mp4", "not a readable video"),
        ("made_audio_only.mp4", "sound in this file but no picture"),
        ("made_truncated_walk.mp4", "cut short: it holds 200000 of 727604 bytes, and no list of its frames"),
    ],
)
def test_what_is_no_video_is_refused_in_one_line_that_names_it(test_data: Path, name: str, reason: str) -> None:
    path = test_data / "odd" / name
    with pytest.raises(VideoError, match=reason) as caught:
        probed(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_a_file_that_has_gone_is_not_found(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"x")
    source = open_source(path)
    path.unlink()
    with pytest.raises(InputNotFoundError, match="no such file"):
        probe(source)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_is_refused(make_video: MakeVideo) -> None:
    path = make_video("clip.mp4")
    path.chmod(0)
    with pytest.raises(VideoError, match="Permission denied"):
        probed(path)


def test_a_playlist_under_the_name_of_a_video_opens_nothing_else(make_video: MakeVideo, tmp_path: Path) -> None:
    secret = make_video("secret.ts")
    playlist = tmp_path / "clip.mp4"
    playlist.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{secret}\n#EXT-X-ENDLIST\n")
    with pytest.raises(VideoError, match="not a readable video"):
        probed(playlist)


def test_names_that_look_like_addresses_or_patterns_are_files(make_video: MakeVideo) -> None:
    assert probed(make_video("http:%03d clip é.mp4", frames=3).resolve()).frame_count == 3


def test_a_mirrored_picture_is_not_taken_for_a_turned_one(make_video: MakeVideo) -> None:
    assert probed(make_video("hflip.mp4", frames=3, rotation=(0, True))).rotation_degrees == 0
    info = probed(make_video("turned.mp4", frames=3, rotation=(-90, False)))
    assert (info.rotation_degrees, info.width, info.height) == (90, 120, 160)


def test_anamorphic_video_gets_its_true_shape(make_video: MakeVideo) -> None:
    info = probed(make_video("dv.mp4", frames=3, pixel_aspect=Fraction(16, 15)))
    assert (info.width, info.height) == (171, 120)
    assert info.notes == ("Pixels are not square (1.067 wide); pictures are stretched to their true shape.",)


@pytest.mark.parametrize("name", ["clip.avi", "clip.h264"])
def test_containers_without_presentation_times_count_by_the_rate(make_video: MakeVideo, name: str) -> None:
    info = probed(make_video(name, options={"bf": "2"}))
    assert info.timestamps_s == pytest.approx(np.arange(60) / 30)
    assert info.keyframes.tolist() == [0]
    assert info.notes == ("The container keeps no presentation times; frames count at 30 a second.",)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("mjpeg.avi", "mjpeg"),
        ("mpeg4.avi", "mpeg4"),
        ("clip.ts", "libx264"),
        ("clip.mkv", "libx264"),
        ("clip.flv", "libx264"),
        ("clip.wmv", "wmv2"),
        ("clip.mpg", "mpeg2video"),
        ("clip.webm", "libvpx-vp9"),
        ("clip.3gp", "libx264"),
    ],
)
def test_every_container_counts_from_the_first_frame(make_video: MakeVideo, name: str, codec: str) -> None:
    info = probed(make_video(name, codec, pixel_format="yuvj420p" if codec == "mjpeg" else "yuv420p"))
    assert info.timestamps_s == pytest.approx(np.arange(60) / 30, abs=2e-3)
    assert len(info.keyframes) >= 5
    assert info.notes == ()


def test_joined_recordings_follow_each_other(make_video: MakeVideo, tmp_path: Path) -> None:
    part = make_video("part.ts")
    joined = tmp_path / "joined.ts"
    joined.write_bytes(part.read_bytes() * 3)
    info = probed(joined)
    assert info.timestamps_s == pytest.approx(np.arange(180) / 30, abs=0.1)
    assert (np.diff(info.timestamps_s) > 0).all()
    assert info.notes[0] == "The clock restarts 2 times; the parts are put one after the other."


def test_repeated_times_are_said_and_ascend_all_the_same(make_video: MakeVideo, tmp_path: Path) -> None:
    path = tmp_path / "repeats.mkv"
    with (
        av.open(make_video("clip.mp4", "mjpeg", frames=6, pixel_format="yuvj420p")) as source,
        av.open(path, "w") as out,
    ):
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet, time in zip(source.demux(video=0), [0, 40, 40, 80, 120, 160], strict=False):
            packet.pts = packet.dts = time
            packet.time_base = Fraction(1, 1000)
            packet.stream = stream
            out.mux(packet)
    info = probed(path)
    assert info.timestamps_s == pytest.approx([0, 0.04, 0.04, 0.08, 0.12, 0.16], abs=1e-6)
    assert (np.diff(info.timestamps_s) > 0).all()
    assert "1 frames repeat the time of the frame before." in info.notes


def test_importing_the_room_loads_no_picture_library() -> None:
    modules = ["chunks", "convert", "decode", "images", "prefetch", "probe", "reader", "settings", "sources", "write"]
    code = "import sys\n" + "".join(f"import neuropose_ray.video.{module}\n" for module in modules)
    code += "print([name for name in ('cv2', 'av', 'ray', 'tensorflow', 'matplotlib') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
