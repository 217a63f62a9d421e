"""What can be said of a run from its files alone."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.state.lease import LeaseSettings, held_lease, last_lease
from neuropose_ray.pipeline.state.lease_record import LeaseRecord
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow
from neuropose_ray.pipeline.state.run_layout import state_folder
from neuropose_ray.pipeline.state.run_state import ProgressRecorder
from neuropose_ray.pipeline.state.status import status_of
from neuropose_ray.pipeline.state.summary import RunSummary, VideoResult, now, write_summary

QUICK = LeaseSettings(beat_s=0.05, dead_after_s=0.4)
SLOW_RUN = """
import sys
from contextlib import closing
from pathlib import Path
from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.run import run
from neuropose_ray.service.settings import load_settings
settings = load_settings(None, {"video": {"chunk_frames": 20}}, environment={})
with closing(LocalEngine(1)) as engine:
    run([Path(sys.argv[1])], Path(sys.argv[2]), settings=settings, spec=SyntheticSpec(frame_ms=float(sys.argv[3])),
        engine=engine, progress=NullReporter())
"""


def recorder(out: Path) -> ProgressRecorder:
    return ProgressRecorder(state_folder(out), model="m", engine="local", workers=2, inputs=1)


def rows() -> list[ManifestRow]:
    return [ManifestRow("a", "a.mp4", "planned", frames=100, chunks=2)]


@pytest.mark.slow
def test_a_run_is_seen_while_it_goes_on_after_a_kill_and_when_it_has_ended(test_data: Path, tmp_path: Path):
    video, out = test_data / "odd" / "made_vfr_walk.mp4", tmp_path / "out"
    run = subprocess.Popen([sys.executable, "-c", SLOW_RUN, str(video), str(out), "50"])
    percents: list[float] = []
    while not percents or percents[-1] == 0:
        assert run.poll() is None, "the run ended before it was seen"
        time.sleep(0.05)
        if last_lease(state_folder(out)) is None or not (state_folder(out) / "progress.json").exists():
            continue
        seen = status_of(out)
        assert (seen.state, seen.error) == ("running", None)
        percents += [] if seen.percent is None else [seen.percent]
    assert seen.frames_per_s is not None
    assert seen.ends_at is not None
    assert (seen.inputs, seen.waiting, seen.chunks, seen.frames) == (1, 1, 4, 55)
    run.send_signal(signal.SIGKILL)
    run.wait()
    dead = status_of(out)
    assert (dead.state, dead.phase, dead.percent) == ("dead", "computing", percents[-1])
    assert dead.remaining_s is None
    assert f"process {run.pid}" in str(dead.holder)
    subprocess.run([sys.executable, "-c", SLOW_RUN, str(video), str(out), "0"], check=True)
    ended = status_of(out)
    assert (ended.state, ended.percent, ended.completed, ended.waiting) == ("finished", 100.0, 1, 0)
    assert percents == sorted(percents)


def test_a_stopped_run_says_what_stopped_it(tmp_path: Path):
    with pytest.raises(KeyboardInterrupt), held_lease(state_folder(tmp_path)), recorder(tmp_path):
        raise KeyboardInterrupt
    seen = status_of(tmp_path)
    assert (seen.state, seen.error, seen.last_sign_s) == ("stopped", "interrupted", None)


def far_away(out: Path) -> tuple[Path, LeaseRecord]:
    """A run of another machine, in the middle of its work."""
    with held_lease(state_folder(out)):
        seen = last_lease(state_folder(out))
        assert seen is not None
        assert seen.record is not None
    recorder(out).computing(Manifest.of(rows()), 2)
    seen.path.write_text(seen.record.model_copy(update={"machine": "far"}).model_dump_json())
    return seen.path, seen.record


def test_a_run_of_another_machine_lives_while_its_sign_is_young(tmp_path: Path):
    far_away(tmp_path)
    assert status_of(tmp_path, settings=QUICK).state == "running"


def test_a_run_of_another_machine_that_is_silent_is_dead(tmp_path: Path):
    path, _ = far_away(tmp_path)
    os.utime(path, (time.time() - 60,) * 2)
    seen = status_of(tmp_path, settings=QUICK)
    assert seen.state == "dead"
    assert seen.last_sign_s is not None
    assert 55 < seen.last_sign_s < 120


def test_a_run_whose_machine_has_another_time_lives_while_its_heart_beats(tmp_path: Path):
    path, record = far_away(tmp_path)
    ended = threading.Event()

    def beat(beats: int = 0) -> None:
        while not ended.wait(0.02):
            beats += 1
            new = tmp_path / "new"
            new.write_text(record.model_copy(update={"machine": "far", "beats": beats}).model_dump_json())
            os.utime(new, (time.time() - 7200,) * 2)
            new.replace(path)

    os.utime(path, (time.time() - 7200,) * 2)
    thread = threading.Thread(target=beat)
    thread.start()
    try:
        assert status_of(tmp_path, settings=QUICK).state == "running"
    finally:
        ended.set()
        thread.join()


def test_a_run_of_an_older_version_is_known_by_its_summary(tmp_path: Path):
    videos = (
        VideoResult(input="a.mp4", name="a", state="completed", frames=10),
        VideoResult.failure("b", "b.mp4", [InputNotFoundError("it is gone")]),
    )
    summary = RunSummary(
        model="m", model_sha256="", engine="local", started_at=now(), seconds=2.0, frames_computed=10, videos=videos,
        not_videos=(),
    )  # fmt: skip
    write_summary(summary, tmp_path)
    seen = status_of(tmp_path)
    assert (seen.state, seen.percent, seen.completed, seen.failed) == ("finished", 100.0, 1, 1)
    assert seen.frames_per_s == 5.0
    assert [(failure.video, failure.message) for failure in seen.failures] == [("b", "it is gone")]


def test_a_folder_without_a_run_is_one_line(tmp_path: Path):
    with pytest.raises(InputNotFoundError, match="there is no run in this folder"):
        status_of(tmp_path)


def test_a_status_writes_nothing(tmp_path: Path):
    far_away(tmp_path)
    copy = Path(shutil.copytree(tmp_path, tmp_path / "copy"))
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
    status_of(copy, settings=QUICK)
    assert {path: path.stat().st_mtime_ns for path in copy.rglob("*")} == before
