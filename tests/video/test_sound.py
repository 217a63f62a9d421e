"""Sound beside pictures: a silence, then a tone that begins with a known frame."""

from pathlib import Path

import av
import numpy as np
import pytest
from support.sounding_clips import DURATION_S, ONSET_S, make_clip

from neuropose_ray.video.probe import probe
from neuropose_ray.video.sound import has_sound, open_sound
from neuropose_ray.video.sources import open_source
from neuropose_ray.video.write import VideoWriter


def copied(source: Path, out: Path, times_s) -> Path:
    with (
        open_sound(probe(open_source(source))) as sound,
        VideoWriter(out, width=64, height=48, sound=sound) as writer,
    ):
        for time_s in times_s:
            writer.write(np.full((48, 64, 3), 90, np.uint8), time_s)
    return out


def heard(path: Path) -> tuple[float, float, str]:
    """When the tone begins and the sound ends, counted from the first picture, and the codec."""
    with av.open(path) as container:
        first_s = float(container.streams.video[0].start_time * container.streams.video[0].time_base)
        stream = container.streams.audio[0]
        codec, onset_s, end_s = stream.codec_context.name, np.nan, 0.0
        for frame in container.decode(stream):
            start_s = float(frame.pts * frame.time_base) - first_s
            loud = np.flatnonzero(np.abs(frame.to_ndarray().astype(float)).max(axis=0) > 0.1)
            if loud.size and np.isnan(onset_s):
                onset_s = start_s + loud[0] / frame.sample_rate
            end_s = start_s + frame.samples / frame.sample_rate
    return onset_s, end_s, codec


ALL_S = np.arange(40) / 20


@pytest.mark.parametrize(
    ("name", "codec", "written"),
    [("clip.mp4", "aac", "aac"), ("clip.mkv", "libopus", "aac"), ("clip.mov", "pcm_s16le", "aac")],
)
def test_the_tone_stays_with_its_picture_whatever_the_codec(tmp_path, name, codec, written):
    out = copied(make_clip(tmp_path / name, codec), tmp_path / "out.mp4", ALL_S)
    onset_s, end_s, kept = heard(out)
    assert kept == written
    assert onset_s == pytest.approx(ONSET_S, abs=0.03)
    assert end_s == pytest.approx(DURATION_S, abs=0.05)


def test_a_copy_that_begins_and_ends_within_takes_that_part_of_the_sound(tmp_path):
    source = make_clip(tmp_path / "clip.mp4", "aac")
    onset_s, end_s, _ = heard(copied(source, tmp_path / "out.mp4", np.arange(16, 30) / 20))
    assert onset_s == pytest.approx(ONSET_S - 0.8, abs=0.03)
    assert end_s == pytest.approx(14 / 20, abs=0.05)


def test_times_count_from_the_first_picture_of_the_source(tmp_path):
    source = make_clip(tmp_path / "clip.mkv", "aac", late_s=3.0)
    assert probe(open_source(source)).timestamps_s[0] == 0
    assert heard(copied(source, tmp_path / "out.mp4", ALL_S))[0] == pytest.approx(ONSET_S, abs=0.03)


def test_rates_and_channels_that_aac_has_not_are_converted(tmp_path):
    source = make_clip(tmp_path / "clip.mov", "pcm_s16le", layout="5.1", rate=50_000)
    onset_s, _, codec = heard(copied(source, tmp_path / "out.mp4", ALL_S))
    assert codec == "aac"
    assert onset_s == pytest.approx(ONSET_S, abs=0.03)


def test_aac_is_copied_bit_by_bit(test_data, tmp_path):
    source = test_data / "sports2d" / "demo.mp4"

    def packets(path):
        with av.open(path) as container:
            return [bytes(packet) for packet in container.demux(audio=0) if packet.size]

    out = copied(source, tmp_path / "out.mp4", probe(open_source(source)).timestamps_s)
    given, kept = packets(source), packets(out)
    assert 325 <= len(kept) <= len(given)
    assert kept == given[: len(kept)]


def test_a_video_without_sound_and_a_folder_of_images_have_none(make_video, tmp_path):
    import cv2

    silent = make_video("silent.mp4", frames=3)
    assert not has_sound(open_source(silent))
    with open_sound(probe(open_source(silent))) as sound:
        assert sound is None
    cv2.imwrite(str(tmp_path / "image_0.png"), np.zeros((48, 64, 3), np.uint8))
    images = open_source(tmp_path / "image_0.png")
    assert not has_sound(images)
    with open_sound(probe(images)) as sound:
        assert sound is None


def test_sound_is_found(tmp_path):
    assert has_sound(open_source(make_clip(tmp_path / "clip.mp4", "aac")))
