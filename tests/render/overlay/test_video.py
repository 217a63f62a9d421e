from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from support.sounding_clips import make_clip
from support.stick_people import people, write_results, write_video

from neuropose_ray.errors import InputError, OutputError, VideoError
from neuropose_ray.render.overlay.choices import View
from neuropose_ray.render.overlay.measurements import Measurements
from neuropose_ray.render.overlay.painter import Painter
from neuropose_ray.render.overlay.settings import OverlaySettings
from neuropose_ray.render.overlay.video import matched, render_overlay
from neuropose_ray.schemas.reading import read_table
from neuropose_ray.video.decode import decode_chunk
from neuropose_ray.video.probe import probe
from neuropose_ray.video.settings import WriterSettings
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.types import Chunk, DecodedFrame
from neuropose_ray.video.write import VideoWriter

FIRST = Chunk(0, -np.inf, np.inf, 0, 1)
UNEVEN_S = np.cumsum([0, 1 / 60, 1 / 60, 3 / 60, 0.5, 1 / 29.97, 0.04, 0.04]).tolist()


def render(video, predictions, out, *, fps=None, progress=lambda done, total: None, **settings):
    return render_overlay(
        open_source(video, fps=fps), predictions, out, settings=OverlaySettings(**settings), progress=progress
    )


def frames_of(path: Path) -> list[DecodedFrame]:
    info = probe(open_source(path))
    return list(decode_chunk(info, Chunk(0, -np.inf, np.inf, 0, info.frame_count)))


def corner(frame: DecodedFrame) -> float:
    """The grey of a place where nothing is drawn."""
    return float(frame.image[-20:-4, 4:20].mean())


@pytest.fixture
def clip(tmp_path: Path) -> tuple[Path, Path]:
    """Eight frames at uneven times, a person in each."""
    video = write_video(tmp_path / "clip.mp4", UNEVEN_S)
    table = people(range(8), [(60, 40)] * 8, scale=0.04, times_s=probe(open_source(video)).timestamps_s)
    return video, write_results(tmp_path, video, table)


def test_every_frame_comes_at_its_own_time_with_the_person_on_it(clip, tmp_path):
    told = []
    count = render(*clip, tmp_path / "overlay.mp4", progress=lambda done, total: told.append((done, total)))
    assert count == 8
    assert told == [(done, 8) for done in range(1, 9)]
    frames = frames_of(tmp_path / "overlay.mp4")
    assert [frame.timestamp_s for frame in frames] == pytest.approx(UNEVEN_S, abs=1e-3)
    for original, frame in zip(frames_of(clip[0]), frames, strict=True):
        assert corner(frame) == pytest.approx(corner(original), abs=3)
        change = np.abs(frame.image.astype(int) - original.image).max(axis=2)
        assert (change[70:100, 50:70] > 60).sum() > 30, "nobody is drawn"


def test_frames_that_the_predictions_do_not_know_are_left_out_since_nobody_looked_for_faces(clip, tmp_path):
    video, _ = clip
    known = [0, 1, 5, 6]
    table = people(range(4), [(60, 40)] * 4, scale=0.04, times_s=probe(open_source(video)).timestamps_s[known])
    assert render(video, write_results(tmp_path, video, table), tmp_path / "overlay.mp4") == 4
    originals, frames = frames_of(video), frames_of(tmp_path / "overlay.mp4")
    assert [corner(frame) for frame in frames] == pytest.approx([corner(originals[index]) for index in known], abs=3)


def test_frames_are_matched_by_time_and_order():
    def frame(time_s):
        return DecodedFrame(time_s, np.zeros((1, 1, 3), np.uint8))

    def positions(decoded, times):
        return [position for position, _ in matched(map(frame, decoded), np.array(times))]

    assert positions([0, 1, 2], [0, 1, 2]) == [0, 1, 2]
    assert positions([0, 1, 2, 3], [1, 3]) == [0, 1]
    assert positions([1, 3], [0, 1, 2, 3, 4]) == [1, 3]
    assert positions([0, 1, 1 + 1e-7, 2], [0, 1, 1 + 1e-7, 2]) == [0, 1, 2, 3]
    assert positions([0.5, 1.5], [0, 1]) == []


def test_frames_behind_the_last_known_one_are_not_waited_for():
    decoded = iter([DecodedFrame(time_s, np.zeros((1, 1, 3), np.uint8)) for time_s in (0, 1, 2, 3)])
    assert [position for position, _ in matched(decoded, np.array([0.0, 1.0]))] == [0, 1]
    assert next(decoded).timestamp_s == 2


@pytest.mark.parametrize("found", [range(8), [0, 1, 2, 6, 7]])
def test_faces_are_hidden_also_where_the_person_was_missed(tmp_path, found):
    """The pictures are chequered: where the face is their contrast is gone in every frame."""
    video, times = tmp_path / "clip.mp4", np.arange(8) / 30
    chequered = (np.indices((128, 96)).sum(axis=0) // 3 % 2 * 160 + 40).astype(np.uint8)[..., None].repeat(3, axis=2)
    with VideoWriter(video, width=96, height=128) as writer:
        for time_s in times:
            writer.write(chequered, time_s)
    centres = [(60, 60)] * len(found)
    table = people(list(found), centres, scale=0.2, times_s=probe(open_source(video)).timestamps_s, joint_scores=0.1)
    predictions = write_results(tmp_path, video, table)

    def contrast(blur):
        render(video, predictions, tmp_path / "overlay.mp4", blur_faces=blur)
        # The chin, where neither joints nor labels are drawn.
        return [float(frame.image[75:84, 53:67].std()) for frame in frames_of(tmp_path / "overlay.mp4")]

    assert min(contrast(blur=False)) > 50
    assert max(contrast(blur=True)) < 12


def test_another_video_is_refused_and_nothing_is_written(clip, tmp_path):
    other = write_video(tmp_path / "other.mp4", UNEVEN_S[:-1])
    with pytest.raises(InputError, match=r"other.mp4: this is not the video .* from \(clip.mp4\)"):
        render(other, clip[1], tmp_path / "overlay.mp4")
    assert not (tmp_path / "overlay.mp4").exists()


def test_an_image_folder_needs_the_frame_rate_that_it_was_processed_with(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    for index in range(4):
        cv2.imwrite(str(folder / f"image_{index}.png"), np.full((128, 96, 3), 60 * index, np.uint8))
    table = people(range(4), [(60, 40)] * 4, scale=0.04, times_s=np.arange(4) / 50)
    predictions = write_results(tmp_path, folder, table, fps=50)
    assert render(folder, predictions, tmp_path / "overlay.mp4", fps=50) == 4
    assert frames_of(tmp_path / "overlay.mp4")[-1].timestamp_s == pytest.approx(3 / 50, abs=1e-3)
    with pytest.raises(InputError, match=r"other times.*give --fps"):
        render(folder, predictions, tmp_path / "overlay.mp4")


def test_the_inputs_are_never_replaced(clip):
    for target in clip:
        before = target.read_bytes()
        with pytest.raises(OutputError, match="would replace what it is made from"):
            render(*clip, target)
        assert target.read_bytes() == before


def test_a_broken_video_is_one_line_and_leaves_nothing(clip, tmp_path):
    video, predictions = clip
    video.write_bytes(b"")
    with pytest.raises(VideoError, match="the file is empty"):
        render(video, predictions, tmp_path / "overlay.mp4")
    assert not (tmp_path / "overlay.mp4").exists()


@pytest.mark.parametrize("name", ["made_vfr_walk.mp4", "made_rot90_walk.mp4", "made_one_frame.mp4"])
def test_real_videos_keep_their_times_and_stand_upright(test_data, tmp_path, name):
    video = test_data / "odd" / name
    info = probe(open_source(video))
    frames = range(info.frame_count)
    table = people(frames, [(info.width / 2, 50)] * len(frames), times_s=info.timestamps_s)
    assert render(video, write_results(tmp_path, video, table), tmp_path / "overlay.mp4") == info.frame_count
    overlay = probe(open_source(tmp_path / "overlay.mp4"))
    assert overlay.timestamps_s == pytest.approx(info.timestamps_s - info.timestamps_s[0], abs=1e-3)
    assert (overlay.width, overlay.height) == (info.width // 2 * 2, info.height // 2 * 2)


def test_the_panel_widens_the_picture_and_leaves_it_as_it_is(clip, tmp_path):
    render(*clip, tmp_path / "plain.mp4")
    render(*clip, tmp_path / "overlay.mp4", view=View.RIGHT)
    plain, wide = frames_of(tmp_path / "plain.mp4"), frames_of(tmp_path / "overlay.mp4")
    assert [frame.timestamp_s for frame in wide] == pytest.approx(UNEVEN_S, abs=1e-3)
    assert wide[3].image.shape == (128, 96 + 90, 3)
    assert np.abs(wide[3].image[:, :90].astype(int) - plain[3].image[:, :90]).mean() < 3
    assert wide[3].image[:, 100:].std() > 3, "the panel is empty"


def test_the_sound_is_kept_where_wished(tmp_path):
    video = make_clip(tmp_path / "clip.mp4", "aac")
    times_s = probe(open_source(video)).timestamps_s
    table = people(range(len(times_s)), [(30, 10)] * len(times_s), scale=0.02, times_s=times_s)
    predictions, streams = write_results(tmp_path, video, table), {}
    for sound in (False, True):
        render(video, predictions, tmp_path / "overlay.mp4", sound=sound)
        with av.open(tmp_path / "overlay.mp4") as container:
            streams[sound] = [stream.type for stream in container.streams]
    assert streams == {False: ["video"], True: ["video", "audio"]}


def test_an_overlay_of_a_phones_hdr_video_looks_like_the_picture_on_a_normal_screen(test_data, tmp_path):
    video, shown = test_data / "field/hlg_hdr.mov", 3
    table = people([], np.zeros((0, 2)), times_s=probe(open_source(video)).timestamps_s[:shown])
    assert render(video, write_results(tmp_path, video, table), tmp_path / "overlay.mp4") == shown
    with av.open(str(tmp_path / "overlay.mp4")) as container:
        assert next(container.decode(video=0)).color_trc == 1, "not tagged as BT.709: players would convert it again"
    original = next(decode_chunk(probe(open_source(test_data / "opencap/squat.mp4")), FIRST))
    overlay = frames_of(tmp_path / "overlay.mp4")[0]
    below_the_label = np.s_[60:]
    change = overlay.image[below_the_label].astype(int) - original.image[below_the_label]
    assert np.abs(change).mean() < 6, "unconverted it is 14"
    assert np.abs(change.mean((0, 1))).max() < 8


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("opencap/squat.mp4", {"blur_faces": True, "boxes": True}),
        ("odd/decord_video_90.mov", {}),
        ("odd/torchcodec_h265_10bits.mp4", {"view": View.RIGHT}),
        ("field/lamp_is_no_person_405x719.mp4", {"blur_faces": True}),
        ("field/hlg_hdr.mov", {"boxes": True}),
    ],
)
def test_what_is_drawn_into_planes_looks_as_if_drawn_into_rgb(test_data, tmp_path, name, settings):
    """Uncertain joints, hidden heads, boxes, and the panel, in videos that are turned, odd, deep, and of HDR."""
    video = test_data / name
    info, shown = probe(open_source(video)), 2
    scores = np.where(np.arange(33) % 5 == 0, 0.1, 1.0)
    centres = [(info.width * (0.45 + 0.1 * frame), info.height / 5) for frame in range(shown)]
    table = people(
        range(shown), centres, scale=info.height / 2600, turn=30.0, times_s=info.timestamps_s[:shown],
        joint_scores=scores,
    )  # fmt: skip
    predictions, out = write_results(tmp_path, video, table), tmp_path / "overlay.mp4"
    render(video, predictions, out, encoder_crf=0, **settings)
    header = read_table(predictions)[1]
    painter = Painter(table, header, OverlaySettings(**settings), Measurements())
    whole = Chunk(0, -np.inf, np.inf, 0, info.frame_count)
    with VideoWriter(tmp_path / "expected.mp4", width=painter.size(info.width, info.height)[0], height=info.height,
                     settings=WriterSettings(crf=0)) as writer:  # fmt: skip
        for index, frame in zip(range(shown), decode_chunk(info, whole), strict=False):
            writer.write(painter.paint(frame.image, index), frame.timestamp_s)
    frames, expected = frames_of(out), frames_of(tmp_path / "expected.mp4")
    assert len(frames) == len(expected) == shown
    for one, other in zip(frames, expected, strict=True):
        assert one.image.shape == other.image.shape
        change = np.abs(one.image.astype(int) - other.image)
        assert change.mean() < (4 if "torchcodec" in name else 2)  # a test pattern is all edges of full colours
        assert np.median(change) <= 2
