"""A truth file gives back what was written, and anything else is refused in one line."""

import json

import numpy as np
import pytest

from neuropose_ray.errors import FileFormatError, InputNotFoundError
from neuropose_ray.phantom.gait import Walking
from neuropose_ray.phantom.motions import Squatting
from neuropose_ray.phantom.scene import Person, PhantomCamera, Scene
from neuropose_ray.phantom.truth import counted_from_first_frame, load_truth, save_truth

TIMES = np.array([0.2, 0.25, 0.9, 1.7])
SCENE = Scene((Person(Walking()), Person(Squatting(), place_mm=(0, 800))), PhantomCamera(view_deg=70))


def test_what_is_loaded_is_what_was_saved(tmp_path):
    truth = SCENE.truth(TIMES, 640, 360)
    save_truth(tmp_path / "truth.json", truth)
    loaded = load_truth(tmp_path / "truth.json")
    assert loaded.camera == truth.camera
    np.testing.assert_allclose(loaded.timestamps_s, truth.timestamps_s)
    np.testing.assert_allclose(loaded.camera_rotations, truth.camera_rotations, atol=1e-9)
    np.testing.assert_allclose(loaded.camera_positions_mm, truth.camera_positions_mm, atol=1e-3)
    for after, before in zip(loaded.persons, truth.persons, strict=True):
        np.testing.assert_allclose(after.joints3d_mm, before.joints3d_mm, atol=1e-3)
        np.testing.assert_allclose(after.joints2d_px, before.joints2d_px, atol=1e-3)
        np.testing.assert_allclose(after.joints_world_mm, before.joints_world_mm, atol=1e-3)
        assert after.events == before.events
        for name, values in before.angles_deg.items():
            np.testing.assert_allclose(after.angles_deg[name], values, atol=1e-3)


def test_pixels_behind_the_camera_are_null_in_the_file_and_nan_again_when_loaded(tmp_path):
    scene = Scene((Person(Squatting(), place_mm=(9000, 0)),))
    save_truth(tmp_path / "truth.json", scene.truth(TIMES, 640, 360))
    assert "NaN" not in (tmp_path / "truth.json").read_text()
    assert np.isnan(load_truth(tmp_path / "truth.json").persons[0].joints2d_px).all()


def test_a_scene_without_people_has_a_truth(tmp_path):
    save_truth(tmp_path / "truth.json", Scene(()).truth(TIMES, 640, 360))
    assert load_truth(tmp_path / "truth.json").persons == ()


def test_on_the_videos_clock_the_first_frame_has_time_zero_and_events_move_with_it():
    truth = SCENE.truth(TIMES, 640, 360)
    counted = counted_from_first_frame(truth)
    np.testing.assert_allclose(counted.timestamps_s, TIMES - 0.2)
    for after, before in zip(counted.persons, truth.persons, strict=True):
        times = [event.timestamp_s for event in after.events]
        np.testing.assert_allclose(times, [event.timestamp_s - 0.2 for event in before.events])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"kind": "else"}', b"\xff\xfe"])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "truth.json"
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=r"truth\.json"):
        load_truth(path)


def test_a_file_that_lost_a_frame_is_refused(tmp_path):
    path = tmp_path / "truth.json"
    save_truth(path, SCENE.truth(TIMES, 640, 360))
    payload = json.loads(path.read_bytes())
    del payload["persons"][1]["joints2d_px"][-1]
    path.write_text(json.dumps(payload))
    with pytest.raises(FileFormatError, match="4 frames"):
        load_truth(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputNotFoundError, match="nowhere"):
        load_truth(tmp_path / "nowhere.json")
