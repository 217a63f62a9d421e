"""A report as a file, and the overlay in it: made where it is missing, kept as it was made where it is there."""

import base64
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.phantom_results import seconds, squatting, truth_table, without_rows, write_results
from support.stick_people import write_video

from neuropose_ray.analysis import TrialSource
from neuropose_ray.errors import InputError, InputNotFoundError
from neuropose_ray.phantom.scene import Scene
from neuropose_ray.render import OverlaySettings, measure_for, read_record, update_overlay
from neuropose_ray.report.settings import ReportSettings
from neuropose_ray.report.writing import ReportChoices, WrittenReport, report_file, write_trial_report
from neuropose_ray.schemas.digest import file_sha256
from neuropose_ray.video import VideoSource, open_source, probe

FRAMES = 30


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("videos") / "squat.mp4", seconds(3, rate=10.0))


@pytest.fixture
def folder(video: Path, tmp_path: Path) -> Path:
    """Somebody squats."""
    return results(tmp_path / "squat", video)


@pytest.fixture
def empty(video: Path, tmp_path: Path) -> Path:
    """Nobody is seen: quickly measured, and drawn like any other."""
    return results(tmp_path / "empty", video, people=0)


def results(folder: Path, video: Path, *, people: int = 1, score: float = 0.9) -> Path:
    table = truth_table(squatting(), probe(open_source(video)).timestamps_s)
    table.poses.joint_scores[:] = score
    seen = table if people else without_rows(table, np.arange(len(table.poses)))
    return write_results(folder, seen, video_sha256=file_sha256(video))


@pytest.fixture
def write(video: Path) -> Callable[..., WrittenReport]:
    def write(folder: Path, *, gone: bool = False, **choices: object) -> WrittenReport:
        def find_video() -> VideoSource:
            if gone:
                raise InputNotFoundError("the video is gone")
            return open_source(video)

        source = TrialSource(folder, name=folder.name)
        target = report_file(source) if folder.is_dir() else folder.with_suffix(".html")
        return write_trial_report(source, target, find_video, ReportChoices(**choices), progress=lambda *_: None)

    return write


def draw(folder: Path, video: Path, **settings: object) -> int:
    """An overlay as a user made it, and when."""
    drawn = OverlaySettings(**settings)
    update_overlay(
        open_source(video), folder / "predictions.parquet", settings=drawn, measure=measure_for(drawn),
        progress=lambda done, total: None,
    )  # fmt: skip
    return (folder / "overlay.mp4").stat().st_mtime_ns


def shown_video(folder: Path) -> bytes | None:
    found = re.search(r'id="overlay">([^<]*)<', (folder / "report.html").read_text("utf-8"))
    assert found is not None
    return base64.b64decode(found[1]) or None


def test_the_report_of_a_trial_lies_beside_its_predictions(folder: Path, tmp_path: Path):
    for path in (folder, folder / "predictions.parquet"):
        assert report_file(TrialSource(path, name="squat")) == folder / "report.html"
    with pytest.raises(InputNotFoundError):
        report_file(TrialSource(tmp_path / "nothing", name="nothing"))


def test_the_overlay_is_made_where_it_is_missing_and_goes_into_the_page(folder: Path, write):
    assert write(folder) == WrittenReport(shows_nobody=False, without_video=None)
    assert probe(open_source(folder / "overlay.mp4")).frame_count == FRAMES
    assert shown_video(folder) == (folder / "overlay.mp4").read_bytes()
    assert "knee flexion, 1 repetition" in (folder / "report.html").read_text("utf-8")


def test_progress_is_of_the_overlays_frames(empty: Path, video: Path):
    told = []
    write_trial_report(
        TrialSource(empty, name="empty"), empty / "report.html", lambda: open_source(video), ReportChoices(),
        progress=lambda *now: told.append(now),
    )  # fmt: skip
    assert told == [(done, FRAMES) for done in range(1, FRAMES + 1)]


def test_without_video_no_overlay_is_made_nor_looked_for(empty: Path, write):
    assert write(empty, with_video=False, gone=True).without_video is None
    assert shown_video(empty) is None
    assert not (empty / "overlay.mp4").exists()


@pytest.mark.parametrize(
    "settings", [{}, {"capture_fps": 80.0}, {"blur_faces": True, "boxes": True, "capture_fps": 80.0}]
)
@pytest.mark.parametrize("gone", [False, True])
def test_an_overlay_that_is_there_stays_as_it_was_made(empty: Path, video: Path, write, settings, gone: bool):
    made = draw(empty, video, **settings)
    assert write(empty, gone=gone).without_video is None
    assert (empty / "overlay.mp4").stat().st_mtime_ns == made
    assert shown_video(empty) == (empty / "overlay.mp4").read_bytes()


def test_what_is_asked_of_the_report_changes_that_alone_in_an_overlay_that_is_there(empty: Path, video: Path, write):
    draw(empty, video, boxes=True, capture_fps=80.0)

    def settings() -> OverlaySettings:
        record = read_record(empty / "overlay.mp4")
        assert record is not None
        return record.settings

    write(empty, blur_faces=True)
    assert settings() == OverlaySettings(boxes=True, capture_fps=80.0, blur_faces=True)
    write(empty, capture_fps=20.0)
    assert settings() == OverlaySettings(boxes=True, capture_fps=20.0, blur_faces=True)


def test_an_overlay_that_would_have_to_be_another_one_is_left_out_where_the_video_is_gone(
    empty: Path, video: Path, write
):
    draw(empty, video)
    for choices in ({"blur_faces": True}, {"capture_fps": 80.0}):
        assert isinstance(write(empty, gone=True, **choices).without_video, InputNotFoundError)
        assert shown_video(empty) is None
    results(empty, video, score=0.5, people=1)
    assert write(empty, gone=True).without_video is not None
    assert write(empty).without_video is None
    assert shown_video(empty) is not None


def test_numbers_are_those_of_the_choices(folder: Path, write):
    pages = []
    for choices in ({}, {"capture_fps": 80.0}, {"settings": ReportSettings(poor_score=0.25)}):
        write(folder, with_video=False, **choices)
        pages.append((folder / "report.html").read_text("utf-8"))
    usual, slow, settings = pages
    assert "stored 4 times slowed down" in slow
    assert "slowed down" not in usual
    assert "&quot;poor_score&quot;: 0.25" in settings
    assert "&quot;poor_score&quot;: 0.25" not in usual
    with pytest.raises(InputError, match="there is no track 7"):
        write(folder, track=7)


@pytest.mark.slow
def test_the_page_begins_with_the_person_whom_the_choices_name(folder: Path, write):
    (person,) = squatting().persons
    both = truth_table(Scene((person, person), squatting().camera), seconds(2))
    both.poses.boxes[both.track_ids == 1, 2:4] *= 2
    write_results(folder, both)
    begins = re.compile(r"track (\d)")
    for choices, track in (({}, "0"), ({"people": "largest"}, "1"), ({"track": 1}, "1")):
        write(folder, with_video=False, **choices)
        found = begins.search((folder / "report.html").read_text("utf-8"))
        assert found is not None
        assert found[1] == track


def test_another_trial_is_compared_with(folder: Path, write, tmp_path: Path):
    before = write_results(tmp_path / "before", truth_table(squatting(period_s=2.7), seconds(3)))
    write(folder, with_video=False, against=before)
    assert "Angles of squat against before" in (folder / "report.html").read_text("utf-8")


def test_a_report_of_nobody_says_so(empty: Path, write):
    assert write(empty, with_video=False) == WrittenReport(shows_nobody=True, without_video=None)


def test_a_file_of_another_name_gets_no_overlay(empty: Path, write, tmp_path: Path):
    """Those of several may lie in its folder."""
    other = tmp_path / "lab" / "monday.parquet"
    other.parent.mkdir()
    other.write_bytes((empty / "predictions.parquet").read_bytes())
    written = write(other)
    assert written.without_video is not None
    assert "folder of one video's results" in str(written.without_video)
    assert {path.name for path in other.parent.iterdir()} == {"monday.parquet", "monday.html"}
