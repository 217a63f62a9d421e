"""The step that finds the poses: a run in the job's folder, told and reported in the names that clients know."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from support.job_manager import request_for, settings_for

from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, SyntheticSpec, write_synthetic_video
from neuropose_ray.errors import FetchError, InputNotFoundError, JobCancelledError, UnknownModelError
from neuropose_ray.pipeline import RunSummary
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.state.lease import held_lease, last_lease
from neuropose_ray.schemas.fitting import FittingReport
from neuropose_ray.schemas.jobs import JobInput
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.workflows import Step
from neuropose_ray.service.data_folder import JobFolder
from neuropose_ray.service.jobs.failures import StepFailedError
from neuropose_ray.service.jobs.steps.pose import PoseStep
from neuropose_ray.service.jobs.steps.settings import PoseOptions
from neuropose_ray.service.jobs.steps.work import StepWork

SPEC = SyntheticSpec(0.0)
#: An engine tells every chunk of a video, of two chunks, and each video that is put together.
VIDEO_SCENES = 2


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("videos") / "walk.mp4"
    write_synthetic_video(path, VIDEO_SCENES)
    return path


@dataclass
class Told:
    """What a step says of itself."""

    progress: list[tuple[float, str | None, int]] = field(default_factory=list)
    frames: list[tuple[int, int]] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    def note(
        self, fraction: float, video: str | None, inputs_done: int, frames: tuple[int, int] | None = None
    ) -> None:
        self.progress.append((fraction, video, inputs_done))
        if frames is not None:
            self.frames.append(frames)


@pytest.fixture
def job(video: Path, tmp_path: Path) -> Callable[..., tuple[StepWork, Told]]:
    """The work of a job with the video under some names; ``broken`` ones hold something else."""

    def make(*names: str, broken: tuple[str, ...] = (), stop_after: float | None = None) -> tuple[StepWork, Told]:
        uploads = tmp_path / "uploads"
        uploads.mkdir()
        for name in names:
            (uploads / name).write_bytes(video.read_bytes())
        for name in broken:
            (uploads / name).write_bytes(b"no video" * 100)
        request = request_for(tmp_path / "data", *(uploads / name for name in (*names, *broken)))
        told = Told()
        work = StepWork(
            request, JobFolder(tmp_path / "data" / "jobs" / request.id), Step(kind="pose"),
            settings_for(tmp_path / "data"), {},
            lambda: stop_after is not None and any(fraction >= stop_after for fraction, *_ in told.progress),
            told.note, told.log.append,
        )  # fmt: skip
        return work, told

    return make


@contextmanager
def engines(should_stop: Callable[[], bool], log: Callable[[str], None]) -> Iterator[LocalEngine]:
    with closing(LocalEngine(1)) as engine:
        yield engine


def no_engine(should_stop: object, log: object) -> Any:
    raise AssertionError("no engine should be asked for")


def uploaded(item: JobInput, folder: JobFolder, _should_stop: object) -> Path:
    return folder.uploads / item.name


def summary(work: StepWork) -> RunSummary:
    return RunSummary.model_validate_json((work.folder.results / "summary.json").read_bytes())


def test_every_video_has_its_poses_under_the_name_that_the_client_gave(job):
    work, told = job("walk.mp4", "run.mp4")
    assert PoseStep(SPEC, engines, uploaded)(work, PoseOptions()) == []
    assert [(video.input, video.state, video.frames) for video in summary(work).videos] == [
        ("walk.mp4", "completed", VIDEO_SCENES * SCENE_FRAMES), ("run.mp4", "completed", VIDEO_SCENES * SCENE_FRAMES),
    ]  # fmt: skip
    for name in ("walk", "run"):
        table, _ = read_predictions(work.folder.results / name / "predictions.parquet")
        assert table.frame_count == VIDEO_SCENES * SCENE_FRAMES
    assert any("128 frames in 4 chunks" in line for line in told.log)
    assert told.frames == [(0, 128), (32, 128), (64, 128), (96, 128), (128, 128)]


def test_progress_never_goes_back_and_ends_whole_with_all_videos(job):
    work, told = job("walk.mp4", "run.mp4")
    PoseStep(SPEC, engines, uploaded)(work, PoseOptions())
    fractions = [fraction for fraction, *_ in told.progress]
    assert fractions == sorted(fractions)
    assert (fractions[0] <= 0.05, fractions[-1]) == (True, pytest.approx(1.0))
    assert [done for *_, done in told.progress][-2:] == [1, 2]
    named = [(round(fraction, 3), name) for fraction, name, _ in told.progress if name is not None]
    assert [fraction for fraction, _ in named] == [0.275, 0.5, 0.725, 0.95, 0.975, 1.0]
    assert {name for _, name in named} == {"walk.mp4", "run.mp4"}


def test_what_an_earlier_try_finished_is_not_done_again(job):
    work, told = job("walk.mp4")
    step = PoseStep(SPEC, engines, uploaded)
    step(work, PoseOptions())
    step(work, PoseOptions())
    assert summary(work).frames_computed == 0
    assert summary(work).videos[0].state == "completed"
    assert told.log[-1] == "0 frames in 0 chunks to compute"
    assert told.progress[-1] == (1.0, "walk.mp4", 1)


def test_a_bad_input_is_named_and_stops_none_of_the_others(job):
    work, _ = job("walk.mp4", broken=("notes.mp4",))
    (error,) = PoseStep(SPEC, engines, uploaded)(work, PoseOptions())
    assert (error.step, error.input) == ("pose", "notes.mp4")
    assert str(work.folder.root) not in error.message
    assert [video.state for video in summary(work).videos] == ["completed", "failed"]


def test_an_input_that_is_nowhere_is_named_too(job):
    def locate(item: JobInput, folder: JobFolder, should_stop: object) -> Path:
        if item.name == "gone.mp4":
            raise InputNotFoundError("the upload is gone")
        return uploaded(item, folder, should_stop)

    work, _ = job("walk.mp4", "gone.mp4")
    (error,) = PoseStep(SPEC, engines, locate)(work, PoseOptions())
    assert (error.code, error.input) == ("input_not_found", "gone.mp4")
    assert [video.input for video in summary(work).videos] == ["walk.mp4"]


def test_a_job_of_which_no_input_has_poses_failed(job):
    work, _ = job(broken=("notes.mp4",))
    with pytest.raises(StepFailedError) as failed:
        PoseStep(SPEC, engines, uploaded)(work, PoseOptions())
    assert failed.value.error.input == "notes.mp4"
    assert [video.input for video in summary(work).videos] == ["notes.mp4"]


def test_a_job_whose_inputs_are_all_nowhere_asks_for_no_engine(job):
    def gone(*_: object) -> Path:
        raise InputNotFoundError("the upload is gone")

    def unreachable(*_: object) -> Path:
        raise FetchError("the host does not answer")

    work, _ = job("walk.mp4")
    with pytest.raises(StepFailedError, match="the upload is gone"):
        PoseStep(SPEC, no_engine, gone)(work, PoseOptions())
    with pytest.raises(FetchError):  # it may come back: the step is tried again
        PoseStep(SPEC, no_engine, unreachable)(work, PoseOptions())


@pytest.mark.parametrize("stop_after", [0.05, 0.275, 0.95])
def test_a_cancelled_job_stops_wherever_it_is(job, stop_after: float):
    """While it plans, computes, or puts videos together."""
    work, told = job("walk.mp4", "run.mp4", stop_after=stop_after)
    with pytest.raises(JobCancelledError):
        PoseStep(SPEC, engines, uploaded)(work, PoseOptions())
    assert max(fraction for fraction, *_ in told.progress) < 1
    again = replace(work, should_stop=lambda: False)
    assert PoseStep(SPEC, engines, uploaded)(again, PoseOptions()) == []


def test_a_job_that_waits_for_its_killed_try_hears_that_it_is_cancelled(job):
    """A try on another machine counts as alive for a minute after its last sign of life."""
    work, told = job("walk.mp4")
    state = work.folder.results / ".neuropose-ray"
    with held_lease(state):
        pass
    lease = last_lease(state)
    assert lease is not None
    far = lease.record.model_copy(update={"host": "far", "machine": "far", "released": False})
    lease.path.write_text(far.model_dump_json())
    looks: list[None] = []

    def cancelled() -> bool:
        looks.append(None)
        return bool(told.log) and len(looks) > 3

    with pytest.raises(JobCancelledError):
        PoseStep(SPEC, engines, uploaded)(replace(work, should_stop=cancelled), PoseOptions())
    (line,) = told.log
    assert "waiting for another run" in line
    assert "far" in line


def test_files_that_are_made_again_are_at_least_computed(job):
    work, told = job("walk.mp4", "run.mp4")
    step = PoseStep(SPEC, engines, uploaded)
    step(work, PoseOptions())
    told.progress.clear()
    step(work, PoseOptions(capture_fps=240.0))
    assert summary(work).frames_computed == 0
    assert [told for told in told.progress if told[0] == 0.95] == [(0.95, None, 1), (0.95, None, 2)]


def test_options_of_the_job_go_before_the_services_settings(job):
    work, _ = job("walk.mp4")
    options = PoseOptions(height_m=1.9, fit=True, capture_fps=240.0, rate=60, camera={"field_of_view_degrees": 50})
    PoseStep(SPEC, engines, uploaded)(work, options)
    _, header = read_predictions(work.folder.results / "walk" / "predictions.parquet")
    assert (header.metadata.capture_fps, header.metadata.rate) == (240, 60)
    assert header.metadata.is_interpolated()[:6].tolist() == [False, True, True, True, False, True]
    assert header.camera.field_of_view_degrees == pytest.approx(50)
    report = FittingReport.model_validate_json((work.folder.results / "walk" / "fitting.json").read_bytes())
    assert (report.height_m, report.height_source) == (1.9, "given")


def test_pictures_of_a_folder_have_the_rate_that_the_job_gives(job, tmp_path: Path):
    import cv2
    import numpy as np

    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for number in range(3):
        cv2.imwrite(str(pictures / f"{number}.png"), np.full((64, 64, 3), 40 * number, np.uint8))
    work, _ = job("walk.mp4")
    PoseStep(SPEC, engines, lambda *_: pictures)(work, PoseOptions(image_fps=4.0))
    table, _ = read_predictions(work.folder.results / "pictures" / "predictions.parquet")
    assert table.timestamps_s.tolist() == [0.0, 0.25, 0.5]
    assert summary(work).videos[0].input == "walk.mp4"


@dataclass(frozen=True)
class OtherSpec(SyntheticSpec):
    """A second pose model."""

    @property
    def name(self) -> str:
        return "other"


def test_a_job_chooses_among_the_pose_models_of_the_service(job):
    step = PoseStep(SPEC, engines, uploaded, {"other": (OtherSpec(0.0), engines)})
    work, _ = job("walk.mp4")
    step(work, PoseOptions(model="other"))
    assert summary(work).model == "other"
    step(work, PoseOptions(model=work.settings.model))
    assert summary(work).model == "synthetic"
    with pytest.raises(UnknownModelError, match="no pose model 'gone'"):
        step(work, PoseOptions(model="gone"))
