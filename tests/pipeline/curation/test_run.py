"""A run of curation: every planted fault is found and none invented, nothing is decoded twice, wherever it is cut."""

import shutil
from contextlib import closing
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest
from support.curated import BLURRED, CLIPPED, DARK, FROZEN, PLANTED_FRAMES, digests, run, write_planted
from support.frame_folders import HEIGHT, WIDTH, blurred, dark, scene, write_folder
from support.grey_model import GreySpec

from neuropose_ray.curation import MetricRegistry, read_ledger
from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.curation.inspection import inspect_run
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.run import run as run_poses
from neuropose_ray.pipeline.settings import RunSettings
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.schemas.frame_table import FRAMES_FILE, IDLE_FILE, read_frames, read_idle
from neuropose_ray.schemas.typed_columns import Column

LENIENT = {"ingest": {"strict_sequence": False}}


def flagged(out: Path, flag: str, stream: str = "cam") -> list[int]:
    table, _ = read_frames(out / stream / FRAMES_FILE)
    return [row for row, flags in enumerate(table["flags"].to_pylist()) if flag in flags]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_planted(tmp_path_factory.mktemp("planted") / "cam")


def test_every_planted_fault_is_found_and_none_invented_wherever_chunks_end(planted: Path, tmp_path: Path):
    tables = []
    for batch_size in (64, 256, 512):
        out = tmp_path / str(batch_size)
        summary = run(planted, out, batch_size=batch_size)
        assert (summary.frames_decoded, summary.all_well) == (PLANTED_FRAMES, True)
        tables.append(digests(out))
        assert flagged(out, "blurred") == BLURRED
        assert flagged(out, "dark") == DARK
        assert flagged(out, "clipped") == CLIPPED
        assert flagged(out, "idle") == list(FROZEN)
        (idle,) = read_idle(out / "cam" / IDLE_FILE).to_pylist()
        assert (idle["start_idx"], idle["end_idx"]) == (FROZEN[0], FROZEN[-1])
        groups: dict[str, list[int]] = {}
        table, _ = read_frames(out / "cam" / FRAMES_FILE)
        for row, group in enumerate(table["duplicate_group_id"].to_pylist()):
            if group is not None:
                groups.setdefault(group, []).append(row)
        assert sorted(groups.values()) == [[60, 148], [120, 200, 249], list(FROZEN)]
        leads = [row for row, leads in enumerate(table["representative"].to_pylist()) if leads]
        assert leads == [60, 120, 170]
        assert flagged(out, "bright") == CLIPPED  # what a fifth of the pixels is cut off at white is bright too
        for flag in ("unreadable", "after_gap", "size_change", "uniform", "nobody"):
            assert flagged(out, flag) == []
    assert tables[0] == tables[1] == tables[2]


def faulty_folder(folder: Path) -> Path:
    """Gaps, a doubled number, another size, a picture that is none, and JPEGs that were cut off."""
    write_folder(folder, 40, kind="jpg")
    for number in (7, 8, 20):
        (folder / f"image_{number}.jpg").unlink()
    shutil.copy(folder / "image_10.jpg", folder / "image_010.jpg")
    cv2.imwrite(str(folder / "image_25.jpg"), scene(25, WIDTH // 2, HEIGHT))
    (folder / "image_30.jpg").write_bytes(b"no picture")
    for number, missing in ((31, 0.5), (39, 0.02)):
        path = folder / f"image_{number}.jpg"
        path.write_bytes(path.read_bytes()[: -int(path.stat().st_size * missing)])
    return folder


def test_gaps_doubles_sizes_and_broken_pictures_of_a_folder_are_reported(tmp_path: Path, out: Path):
    summary = run(faulty_folder(tmp_path / "cam"), out, **LENIENT)
    (stream,) = summary.streams
    assert stream.state == "partial"
    table, _ = read_frames(out / "cam" / FRAMES_FILE)
    numbers = table["number"].to_pylist()
    assert numbers == [number for number in range(40) if number not in (7, 8, 20)]
    assert [numbers[row] for row in flagged(out, "after_gap")] == [9, 21]
    assert [numbers[row] for row in flagged(out, "unreadable")] == [25, 30, 31, 39]
    assert [numbers[row] for row in flagged(out, "size_change")] == [25, 26]
    said = dict(zip(numbers, table["error"].to_pylist(), strict=True))
    assert said[25] == "the image is 48x72 where the others are 96x72"
    assert said[30] == "the image cannot be decoded"
    assert {said[31], said[39]} <= {"the image cannot be decoded", "the picture's file is cut short"}
    assert any("image_10.jpg" in note or "repeat a number" in note for note in stream.notes)
    motion = dict(zip(numbers, table["motion"].to_pylist(), strict=True))
    assert [number for number in numbers if number < 32 and motion[number] is None] == [0, 9, 21, 25, 26, 30, 31]


def test_pictures_keep_their_own_names_digests_and_sizes_in_the_order_of_their_numbers(tmp_path: Path, out: Path):
    folder = write_folder(tmp_path / "cam", 12)
    run(folder, out)
    table, _ = read_frames(out / "cam" / FRAMES_FILE)
    assert table["path"].to_pylist() == [f"image_{number}.png" for number in range(12)]
    assert table["size"].to_pylist() == [(folder / name).stat().st_size for name in table["path"].to_pylist()]
    assert len(set(table["hash"].to_pylist())) == 12


def test_a_folder_with_gaps_fails_alone_where_sequences_are_strict(tmp_path: Path, out: Path):
    faulty_folder(tmp_path / "in" / "faulty")
    write_folder(tmp_path / "in" / "good", 8)
    summary = run(tmp_path / "in", out)
    states = {stream.name: stream.state for stream in summary.streams}
    assert states == {"faulty": "failed", "good": "completed"}
    (failed,) = [stream for stream in summary.streams if stream.state == "failed"]
    assert "3 numbers of 0 to 39 are missing (7 to 8, 20)" in failed.errors[0].message
    assert "strict_sequence" in failed.errors[0].message


def test_a_rerun_decodes_nothing_and_changes_nothing(planted: Path, out: Path):
    run(planted, out)
    before = digests(out)
    times = {path: path.stat().st_mtime_ns for path in (out / "cam").iterdir()}
    again = run(planted, out)
    assert (again.frames_decoded, again.streams[0].measured, again.streams[0].reason) == (0, False, "nothing changed")
    assert digests(out) == before
    assert {path: path.stat().st_mtime_ns for path in (out / "cam").iterdir()} == times


@pytest.mark.parametrize(
    ("changed", "flag", "more"),
    [
        ({"blur": {"threshold": 1e6}}, "blurred", 280),
        ({"exposure": {"clipped_fraction": 0.9}}, "clipped", -4),
        ({"duplicates": {"hamming_threshold": 0}}, "duplicate", 0),
        ({"idle": {"min_frames": 17}}, "idle", -16),
    ],
)
def test_another_threshold_decodes_nothing(planted: Path, out: Path, changed: dict, flag: str, more: int):
    run(planted, out)
    before = len(flagged(out, flag))
    summary = run(planted, out, **changed)
    assert summary.frames_decoded == 0
    after = len(flagged(out, flag))
    assert after - before >= more if more > 0 else after - before == more
    name = f"{next(iter(changed))}.{next(iter(next(iter(changed.values()))))}"
    reasons = [done.reason for done in read_ledger(out / ".neuropose-ray/curation.sqlite").stage_runs]
    assert any(reason.startswith(f"{name} changed from") for reason in reasons)


class MeanOfCorner:
    """A metric of a test's own."""

    name = "corner"
    columns: ClassVar = {"corner": Column(type="float32", description="mean of the first pixels")}

    def __init__(self, version: int = 1) -> None:
        self.version = version

    def observe(self, context) -> dict[str, float]:
        return {"corner": float(context.luma[:4, :4].mean()) + self.version}


def test_a_metric_of_ones_own_is_measured_and_another_version_of_it_again(planted: Path, out: Path):
    run(planted, out)
    first, second = (MetricRegistry.default().with_frame_metric(MeanOfCorner(version)) for version in (1, 2))
    summary = run(planted, out, first)
    assert summary.streams[0].reason == "the version of metric corner is new"
    assert summary.frames_decoded == PLANTED_FRAMES
    table, header = read_frames(out / "cam" / FRAMES_FILE)
    assert header.metrics["corner"] == 1
    before = table["corner"].to_pylist()
    summary = run(planted, out, second)
    assert summary.streams[0].reason == "the version of metric corner changed from 1 to 2"
    after = read_frames(out / "cam" / FRAMES_FILE)[0]["corner"].to_pylist()
    assert np.allclose(np.array(after) - np.array(before), 1, atol=1e-4)


class BrokenMetric(MeanOfCorner):
    def observe(self, context) -> dict:
        return {"corner": 1 / (context.frame - context.frame)}


def test_a_metric_that_fails_is_reported_with_the_line_at_which_it_did(tmp_path: Path, out: Path):
    summary = run(
        write_folder(tmp_path / "cam", 12), out, MetricRegistry.default().with_frame_metric(BrokenMetric(1))
    )
    (error,) = summary.streams[0].errors
    assert (summary.streams[0].state, error.type, error.message) == (
        "failed",
        "ZeroDivisionError",
        "division by zero",
    )
    assert "test_run.py" in error.traceback[-2]
    assert error.traceback[-1].strip() == 'return {"corner": 1 / (context.frame - context.frame)}'
    lines = inspect_run(out).lines()
    assert "    division by zero" in lines
    assert any("in observe" in line for line in lines)


def test_a_damaged_table_is_noticed_journalled_and_made_again(planted: Path, out: Path):
    run(planted, out)
    before = digests(out)
    path = out / "cam" / FRAMES_FILE
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    summary = run(planted, out)
    assert summary.frames_decoded == PLANTED_FRAMES
    assert "not what was written" in summary.streams[0].reason
    assert digests(out) == before
    events = [event.event for event in read_ledger(out / ".neuropose-ray/curation.sqlite").events]
    assert "artifact damaged" in events


def test_a_damaged_ledger_is_set_aside_and_costs_no_decoding(planted: Path, out: Path):
    run(planted, out)
    before = digests(out)
    ledger = out / ".neuropose-ray" / "curation.sqlite"
    ledger.write_bytes(b"this is no database" * 100)
    summary = run(planted, out)
    assert summary.frames_decoded == 0
    assert digests(out) == before
    assert ledger.with_name("curation.sqlite.damaged").exists()


def test_a_changed_picture_is_measured_again_and_the_reason_named(tmp_path: Path, out: Path):
    folder = write_folder(tmp_path / "cam", 12)
    run(folder, out)
    cv2.imwrite(str(folder / "image_5.png"), dark(scene(5)))
    summary = run(folder, out)
    assert summary.streams[0].reason == "the video's content changed"
    assert flagged(out, "dark") == [5]


def test_the_same_frames_in_two_streams_are_duplicates_of_each_other(tmp_path: Path, out: Path):
    write_folder(tmp_path / "in" / "a", 10)
    write_folder(tmp_path / "in" / "b", 10, copies={3: 103, 4: 104})
    summary = run(tmp_path / "in", out)
    assert summary.duplicate_groups == 8
    groups = [read_frames(out / name / FRAMES_FILE)[0]["duplicate_group_id"].to_pylist() for name in ("a", "b")]
    assert [row for row in range(10) if groups[0][row] is None] == [3, 4]
    assert [a == b for a, b in zip(*groups, strict=True)].count(True) == 10
    assert flagged(out, "duplicate", "a") == []
    assert flagged(out, "duplicate", "b") == [0, 1, 2, 5, 6, 7, 8, 9]


def test_one_unreadable_input_does_not_stop_the_others(tmp_path: Path, out: Path):
    write_folder(tmp_path / "in" / "good", 6)
    (tmp_path / "in" / "bad.mp4").write_bytes(b"no video")
    summary = run(tmp_path / "in", out)
    assert {stream.name: stream.state for stream in summary.streams} == {"bad": "failed", "good": "completed"}
    assert not summary.all_well
    with pytest.raises(InputNotFoundError):
        run(tmp_path / "none", out)


def test_a_video_and_its_rerun(test_data: Path, out: Path):
    summary = run(test_data / "odd" / "made_vfr_walk.mp4", out)
    assert (summary.frames_decoded, summary.streams[0].counts.frames) == (55, 55)
    table, _ = read_frames(out / "made_vfr_walk" / FRAMES_FILE)
    assert table["frame_idx"].to_pylist() == list(range(55))
    assert table["path"].null_count == 55
    assert run(test_data / "odd" / "made_vfr_walk.mp4", out).frames_decoded == 0


def test_beside_poses_frames_are_decoded_once_and_the_table_is_the_same(tmp_path: Path):
    folder = write_folder(tmp_path / "cam", 60, {7: blurred}, {40: 12}, kind="jpg")
    run(folder, tmp_path / "alone")
    settings = RunSettings(curate=True, fit=False)
    with closing(LocalEngine(2)) as engine:
        poses = run_poses(
            [folder], tmp_path / "out", settings=settings, spec=GreySpec(), engine=engine, progress=NullReporter()
        )
    assert poses.frames_computed == 60
    summary = run(folder, tmp_path / "out")
    assert (summary.frames_decoded, summary.streams[0].reason) == (0, "frames.parquet holds these numbers already")
    tables = [read_frames(tmp_path / name / "cam" / FRAMES_FILE)[0] for name in ("alone", "out")]
    of_poses = ["persons", "pose_quality", "flags"]
    assert tables[0].drop_columns(of_poses).equals(tables[1].drop_columns(of_poses))
    assert set(tables[1]["persons"].to_pylist()) <= {0, 1}
    assert tables[0]["persons"].null_count == 60
