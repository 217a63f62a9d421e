import pytest
from support.stick_people import people, write_results, write_video

from neuropose_ray.errors import InputError, InputNotFoundError
from neuropose_ray.render.overlay.folder import is_up_to_date, update_overlay
from neuropose_ray.render.overlay.settings import OverlaySettings
from neuropose_ray.video.probe import probe
from neuropose_ray.video.sources import open_source


@pytest.fixture
def video(tmp_path):
    return write_video(tmp_path / "clip.mp4", [0.0, 0.1, 0.2])


@pytest.fixture
def predictions(tmp_path, video):
    return results(tmp_path / "out", video)


def results(folder, video, x=60):
    times_s = probe(open_source(video)).timestamps_s
    return write_results(folder, video, people(range(3), [(x, 40)] * 3, scale=0.04, times_s=times_s))


def update(video, predictions, **settings):
    return update_overlay(
        open_source(video), predictions, settings=OverlaySettings(**settings), progress=lambda done, total: None
    )


def test_an_overlay_is_made_once(video, predictions):
    overlay = predictions.with_name("overlay.mp4")
    assert update(video, predictions) == 3
    made = overlay.stat().st_mtime_ns
    assert update(video, predictions) is None
    assert overlay.stat().st_mtime_ns == made


class OwnSettings(OverlaySettings):
    """Those of a user of this room, which hold the same."""


def test_it_is_not_made_again_for_settings_of_another_kind_that_say_the_same(video, predictions):
    for kind, frames in ((OwnSettings, 3), (OwnSettings, None), (OverlaySettings, None)):
        written = update_overlay(
            open_source(video), predictions, settings=kind(boxes=True), progress=lambda done, total: None
        )
        assert written == frames


def test_it_is_made_anew_for_other_settings_other_predictions_and_when_it_or_its_record_is_gone(video, predictions):
    update(video, predictions)
    assert update(video, predictions, blur_faces=True) == 3
    assert update(video, predictions, blur_faces=True) is None
    results(predictions.parent, video, x=30)
    assert update(video, predictions, blur_faces=True) == 3
    predictions.with_name("overlay.mp4").unlink()
    assert update(video, predictions, blur_faces=True) == 3
    predictions.with_name("overlay.json").write_text("{}")
    assert update(video, predictions, blur_faces=True) == 3


def test_an_overlay_of_other_predictions_is_not_up_to_date(video, predictions):
    overlay = predictions.with_name("overlay.mp4")
    assert not is_up_to_date(overlay, predictions)
    update(video, predictions)
    assert is_up_to_date(overlay, predictions)
    results(predictions.parent, video, x=30)
    assert not is_up_to_date(overlay, predictions)


def test_no_picture_with_faces_stays_when_hiding_them_fails(video, predictions, tmp_path):
    update(video, predictions)
    other = write_video(tmp_path / "other.mp4", [0.0, 0.1])
    with pytest.raises(InputError, match="not the video"):
        update(other, predictions, blur_faces=True)
    assert [file.name for file in predictions.parent.iterdir()] == ["predictions.parquet"]


def test_without_predictions_there_is_one_line(video, tmp_path):
    with pytest.raises(InputNotFoundError, match=r"predictions.parquet: cannot be read: No such file"):
        update(video, tmp_path / "predictions.parquet")
