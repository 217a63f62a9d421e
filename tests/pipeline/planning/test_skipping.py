"""Frames in which no poses are looked for: which ones, what the model sees of the rest, and how they are marked."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from support.frame_folders import write_folder
from support.grey_model import GreySpec

from neuropose_ray.curation import CurationSettings
from neuropose_ray.pipeline.curation.run import curate
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.planning.skipping import LONGEST_HOLE_S, skipped_times
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.settings import RunSettings
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.schemas.frame_table import FRAMES_FILE, FrameFlag, read_frames
from neuropose_ray.schemas.parquet_files import read_predictions

FRAMES, FROZEN, COPIES = 60, range(20, 36), {50: 5, 51: 6}
LATE_FROZEN = list(FROZEN)[1:]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A run's folder in which the frames of one stream were measured."""
    write_folder(tmp_path / "cam", FRAMES, copies={**dict.fromkeys(FROZEN, 20), **COPIES}, kind="jpg")
    measure(tmp_path)
    return tmp_path / "out"


def measure(folder: Path) -> None:
    with closing(LocalEngine(1)) as engine:
        settings = CurationSettings()
        curate([folder / "cam"], folder / "out", settings=settings, engine=engine, progress=NullReporter())


def find_poses(folder: Path, spec: GreySpec, **settings) -> int:
    with closing(LocalEngine(1)) as engine:
        summary = run(
            [folder / "cam"], folder / "out", settings=RunSettings(fit=False, **settings), spec=spec, engine=engine,
            progress=NullReporter(),
        )  # fmt: skip
    assert summary.all_well
    return summary.frames_computed


def test_of_frames_in_a_row_that_are_idle_the_first_is_kept(out: Path):
    idle = np.round(np.array(skipped_times(out / "cam", [FrameFlag.IDLE])) * 30).astype(int)
    assert idle.tolist() == LATE_FROZEN
    doubled = np.round(np.array(skipped_times(out / "cam", [FrameFlag.DUPLICATE])) * 30).astype(int)
    assert doubled.tolist() == sorted([*LATE_FROZEN, *COPIES])
    assert skipped_times(out / "none", [FrameFlag.IDLE]) == ()


@pytest.fixture
def repetitions(tmp_path: Path) -> Path:
    """A movement of 30 frames that comes three times, all alike."""
    again = {30 * number + frame: frame for number in (1, 2) for frame in range(30)}
    write_folder(tmp_path / "cam", 90, copies=again, kind="jpg")
    measure(tmp_path)
    return tmp_path / "out" / "cam"


@pytest.mark.parametrize("step", [1, 2, 4])
def test_of_a_repeated_movement_no_long_stretch_is_left_out(repetitions: Path, step: int):
    """With every frame analysed, or every so many-th."""
    table, _ = read_frames(repetitions / FRAMES_FILE)
    times = np.array(table["timestamp_s"].to_pylist())
    assert all(FrameFlag.DUPLICATE.value in flags for flags in table["flags"].to_pylist()[30:])
    analysed = frozenset(times[::step].tolist())
    skipped = skipped_times(repetitions, [FrameFlag.DUPLICATE], analysed.__contains__)
    seen = sorted(analysed - set(skipped))
    assert len(seen) < len(analysed)
    assert np.diff(seen).max() < LONGEST_HOLE_S + step / 30


@pytest.mark.parametrize(
    ("settings", "skipped"),
    [
        ({"skip_idle": True}, LATE_FROZEN),
        ({"skip_duplicates": True}, [*LATE_FROZEN, *COPIES]),
        ({"skip_idle": True, "skip_duplicates": True}, [*LATE_FROZEN, *COPIES]),
    ],
)
def test_the_model_sees_the_others_alone_and_the_skipped_ones_are_marked(
    out: Path, settings: dict, skipped: list[int]
):
    find_poses(out.parent, all_frames := GreySpec())
    whole, _ = read_predictions(out / "cam" / "predictions.parquet")
    find_poses(out.parent, spec := GreySpec(), **settings)
    assert sum(len(greys) for _, greys in all_frames.log.calls) == FRAMES
    assert sum(len(greys) for _, greys in spec.log.calls) == FRAMES - len(skipped)
    table, header = read_predictions(out / "cam" / "predictions.parquet")
    assert table.frame_count == FRAMES
    assert np.flatnonzero(header.metadata.is_skipped()).tolist() == skipped
    assert any(f"in {len(skipped)} frames" in note for note in header.metadata.notes)
    seen = [frame for frame in range(FRAMES) if frame not in skipped]
    assert table.poses.frame.tolist() == seen
    np.testing.assert_array_equal(table.poses.poses2d, whole.poses.poses2d[seen])
    measure(out.parent)
    persons = read_frames(out / "cam" / FRAMES_FILE)[0]["persons"].to_pylist()
    assert [frame for frame in range(FRAMES) if persons[frame] is None] == skipped


def test_nobody_is_away_in_frames_at_which_nobody_looks(out: Path):
    """Half a second is skipped, and who is away for longer than a fifth gets another id."""
    find_poses(out.parent, GreySpec(), skip_idle=True, tracking={"max_gap_s": 0.2, "max_return_s": 0.0})
    table, header = read_predictions(out / "cam" / "predictions.parquet")
    assert set(table.person_ids()) == {0}
    assert header.metadata.returns == ()


def test_a_rerun_computes_nothing_and_without_the_option_all_frames_are_seen_again(out: Path):
    assert find_poses(out.parent, GreySpec(), skip_idle=True) == FRAMES
    assert find_poses(out.parent, GreySpec(), skip_idle=True) == 0
    find_poses(out.parent, GreySpec())
    _, header = read_predictions(out / "cam" / "predictions.parquet")
    assert header.metadata.skipped_frames == ()
