"""A run that analyses at most so many frames a second: what the model sees, what results hold, and how it is said."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from support.grey_model import GreySpec
from support.grey_pictures import grey_video

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.models import ModelInfo
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.schemas.fitting import FittingReport
from neuropose_ray.schemas.header import PredictionsHeader
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.schemas.poses import PoseTable
from neuropose_ray.schemas.result_files import FITTING_FILE
from neuropose_ray.service.settings import load_settings
from neuropose_ray.video import VideoWriter

GREYS = [20 + 2 * number for number in range(81)]
SEEN = GREYS[::4]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """A folder of pictures, each lighter than the one before, which count as taken at 120 a second."""
    return grey_video(tmp_path / "greys", GREYS)


def process(inputs: Path, out: Path, spec, engine=None, **flags) -> tuple[RunSummary, PoseTable, PredictionsHeader]:
    given = {"fit": False, **flags, "video": {"image_fps": 120, "rate": 30, **flags.get("video", {})}}
    with closing(engine or LocalEngine(2)) as started:
        settings = load_settings(None, given, environment={})
        summary = run([inputs], out, settings=settings, spec=spec, engine=started, progress=NullReporter())
    assert summary.all_well, summary
    return summary, *read_predictions(out / summary.videos[0].name / "predictions.parquet")


@pytest.mark.parametrize("frames_alone", [False, True])
def test_the_model_sees_some_frames_and_all_have_poses_at_their_times(
    video: Path, tmp_path: Path, *, frames_alone: bool
):
    spec = GreySpec(frames_alone=frames_alone)
    summary, table, header = process(video, tmp_path / "out", spec)
    assert sorted(grey for _, greys in spec.log.calls for grey in greys) == SEEN
    np.testing.assert_array_equal(table.timestamps_s, np.arange(81) / 120)
    np.testing.assert_array_equal(table.poses.frame, np.arange(81))
    np.testing.assert_allclose(table.poses.poses2d[:, 0, 0], GREYS, atol=1e-4)
    assert np.flatnonzero(~header.metadata.is_interpolated()).tolist() == list(range(0, 81, 4))
    assert (header.metadata.rate, header.provenance.settings["rate"]) == (30, 30)
    note = (
        "Poses were looked for in 21 of 81 frames, at most 30 a second; those of the frames between are interpolated."
    )
    assert note in header.metadata.notes
    assert summary.videos[0].notes == (note,)
    assert (summary.rate, summary.frames_computed, summary.videos[0].frames) == (30, 81, 81)
    assert "at most 30 a second analysed" in str(summary)


def test_a_video_that_has_no_more_frames_is_as_without_a_rate(video: Path, tmp_path: Path):
    _, table, header = process(video, tmp_path / "out", GreySpec(), video={"image_fps": 30})
    assert (header.metadata.rate, header.metadata.interpolated_frames, header.metadata.notes) == (None, (), ())
    summary, again, _ = process(video, tmp_path / "out", GreySpec(), video={"image_fps": 30, "rate": None})
    assert summary.frames_computed == 0
    assert again.poses.poses2d.tobytes() == table.poses.poses2d.tobytes()


@pytest.mark.parametrize("chunk_frames", [1, 3, 7, 1000])
def test_the_length_of_chunks_changes_nothing(video: Path, tmp_path: Path, chunk_frames: int):
    tables = [
        process(video, tmp_path / str(frames), GreySpec(session_frames=6), video={"chunk_frames": frames})[1]
        for frames in (256, chunk_frames)
    ]
    for name in ("frame", "boxes", "poses2d", "poses3d", "joint_scores"):
        assert getattr(tables[0].poses, name).tobytes() == getattr(tables[1].poses, name).tobytes()
    assert tables[0].track_ids.tobytes() == tables[1].track_ids.tobytes()


def test_a_session_is_long_and_led_into_as_one_of_a_video_with_the_analysed_frames_alone(
    video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def led_in(spec: GreySpec):
        model = GREY_LOAD(spec)
        model.info = ModelInfo(**{**{name: getattr(model.info, name) for name in FIELDS}, "lead_in_frames": 2})
        return model

    monkeypatch.setattr(GreySpec, "load", led_in)
    thin = grey_video(tmp_path / "thin", SEEN)
    whole, alone = GreySpec(session_frames=7), GreySpec(session_frames=7)
    process(video, tmp_path / "whole", whole, LocalEngine(1))
    process(thin, tmp_path / "alone", alone, LocalEngine(1), video={"image_fps": 30})
    assert by_session(whole) == by_session(alone)
    assert len(by_session(alone)) > 2


GREY_LOAD = GreySpec.load
FIELDS = tuple(ModelInfo.__dataclass_fields__)


def by_session(spec: GreySpec) -> list[list[int]]:
    sessions: dict[int, list[int]] = {}
    for session, greys in spec.log.calls:
        sessions.setdefault(session, []).extend(greys)
    return sorted(sessions.values())


def test_another_rate_is_another_result_and_the_same_one_is_known_again(video: Path, tmp_path: Path):
    out = tmp_path / "out"
    assert process(video, out, GreySpec())[0].frames_computed == 81
    assert process(video, out, GreySpec())[0].frames_computed == 0
    assert process(video, out, GreySpec(), video={"rate": 60})[0].frames_computed == 81
    _, _, header = process(video, out, GreySpec(), video={"rate": None})
    assert (header.metadata.rate, header.metadata.interpolated_frames) == (None, ())


def test_interpolated_poses_are_never_tracked_or_fitted_as_seen_ones(video: Path, tmp_path: Path):
    """Files that are made again from the poses in them are those that a new run writes."""
    spec = SyntheticSpec(0.0)
    changed = {"fit": True, "tracking": {"settled_s": 0.01}}
    process(video, tmp_path / "again", spec)
    summary, again, _ = process(video, tmp_path / "again", spec, **changed)
    assert summary.frames_computed == 0
    _, fresh, _ = process(video, tmp_path / "fresh", spec, **changed)
    for name in ("frame", "boxes", "poses2d", "poses3d", "joint_scores"):
        assert getattr(again.poses, name).tobytes() == getattr(fresh.poses, name).tobytes()
    assert again.poses3d_fitted is None or again.poses3d_fitted.tobytes() == fresh.poses3d_fitted.tobytes()
    fits = [FittingReport.model_validate_json((tmp_path / run / "greys" / FITTING_FILE).read_bytes())
            for run in ("again", "fresh")]  # fmt: skip
    assert fits[0] == fits[1]
    assert (fits[0].rate, fits[0].tracks[0].frame_index) == (30, tuple(range(81)))


def test_frames_of_a_video_with_a_variable_rate_keep_their_times(tmp_path: Path):
    """Fast in the middle: there every fourth frame is analysed, elsewhere each one."""
    times = np.cumsum([0.0, *[1 / 30] * 20, *[1 / 120] * 80, *[1 / 30] * 20])
    with VideoWriter(tmp_path / "variable.mp4", width=64, height=64) as writer:
        for number, time_s in enumerate(times):
            writer.write(np.full((64, 64, 3), 30 + number, np.uint8), float(time_s))
    _, whole, _ = process(tmp_path / "variable.mp4", tmp_path / "whole", GreySpec(), video={"rate": None})
    _, table, header = process(tmp_path / "variable.mp4", tmp_path / "some", GreySpec())
    np.testing.assert_array_equal(table.timestamps_s, whole.timestamps_s)
    np.testing.assert_array_equal(table.poses.frame, whole.poses.frame)
    seen = np.flatnonzero(~header.metadata.is_interpolated())
    np.testing.assert_allclose(np.diff(table.timestamps_s[seen]), 1 / 30, atol=0.004)
    np.testing.assert_array_equal(table.poses.poses2d[seen], whole.poses.poses2d[seen])
    np.testing.assert_allclose(table.poses.poses2d, whole.poses.poses2d, atol=1.5)


@pytest.mark.ray
def test_a_cluster_gives_the_same_numbers(ray_cluster: str, video: Path, tmp_path: Path):
    from neuropose_ray.pipeline.engines.ray_data import RayEngine
    from neuropose_ray.pipeline.settings import EngineSettings

    spec = SyntheticSpec(0.0)
    _, here, _ = process(video, tmp_path / "here", spec)
    engine = RayEngine(EngineSettings(workers=1), spec, run_name="test")
    _, there, header = process(video, tmp_path / "there", spec, engine)
    assert there.poses.poses3d.tobytes() == here.poses.poses3d.tobytes()
    assert header.metadata.rate == 30
