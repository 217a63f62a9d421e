"""Phantom videos have the times they were asked for, and their truth beside them."""

import av
import numpy as np
import pytest

from neuropose_ray.errors import SettingsError
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.phantom.render import render_frames
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.phantom.truth import load_truth
from neuropose_ray.phantom.video import even_times, render_video, truth_path

SCENE = Scene((Person(Squatting()),), PhantomCamera(view_deg=40))
UNEVEN = np.array([1.0, 1.04, 1.1, 1.3, 1.31, 1.6])


def decoded(path):
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    return np.array([frame.time for frame in frames]), [frame.to_ndarray(format="rgb24") for frame in frames]


def test_the_video_shows_each_picture_at_its_time(tmp_path):
    render_video(tmp_path / "squat.mp4", SCENE, UNEVEN, 320, 240)
    times, pictures = decoded(tmp_path / "squat.mp4")
    np.testing.assert_allclose(times, UNEVEN - 1.0, atol=1e-4)
    for shown, drawn in zip(pictures, render_frames(SCENE, UNEVEN, 320, 240), strict=True):
        assert np.abs(shown.astype(int) - drawn).mean() < 4


def test_the_truth_lies_beside_the_video_on_its_clock(tmp_path):
    truth = render_video(tmp_path / "squat.mp4", SCENE, UNEVEN, 320, 240)
    loaded = load_truth(truth_path(tmp_path / "squat.mp4"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["squat.mp4", "squat.truth.json"]
    np.testing.assert_allclose(loaded.timestamps_s, decoded(tmp_path / "squat.mp4")[0], atol=1e-4)
    np.testing.assert_allclose(loaded.persons[0].joints3d_mm, truth.persons[0].joints3d_mm, atol=1e-3)
    assert [event.timestamp_s for event in loaded.persons[0].events] == pytest.approx([0.25])


def test_even_times_start_at_zero_and_end_before_the_duration():
    times = even_times(2.0, 30)
    assert len(times) == 60
    assert times[0] == 0
    np.testing.assert_allclose(np.diff(times), 1 / 30)


@pytest.mark.parametrize(("width", "height"), [(321, 240), (320, 241)])
def test_odd_sizes_are_refused_before_anything_is_written(tmp_path, width, height):
    with pytest.raises(SettingsError, match="even"):
        render_video(tmp_path / "squat.mp4", SCENE, UNEVEN, width, height)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("times", [[], [0.0, 0.0], [1.0, 0.5]])
def test_times_that_do_not_ascend_are_refused(tmp_path, times):
    with pytest.raises(SettingsError, match="ascend"):
        render_video(tmp_path / "squat.mp4", SCENE, np.array(times), 320, 240)
