"""Chunks that kill their process or never return: each is given up after its tries, and nothing else is lost."""

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from support import poison
from support.poison import CHUNK_FRAMES, PoisonSpec, notes, write_video

from neuropose_ray.errors import ModelError
from neuropose_ray.pipeline.engines.start import started_engine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.service.settings import load_settings


@pytest.fixture(scope="module")
def cluster(ray_cluster: str) -> None:
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(poison)  # its workers cannot import what only tests have


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """One video of six chunks the second of which is poison, and one of four good chunks."""
    return [write_video(tmp_path / "bad.mp4", 6, bright=(1,)), write_video(tmp_path / "good.mp4", 4)]


def process(clips: list[Path], out: Path, spec: PoisonSpec, **engine: Any) -> RunSummary:
    flags = {"engine": {"kind": "ray", "max_attempts": 2, **engine}, "video": {"chunk_frames": CHUNK_FRAMES}}
    settings = load_settings(None, flags, environment={})
    with started_engine(settings.engine, spec, "poison") as started:
        return run(clips, out, settings=settings, spec=spec, engine=started, progress=NullReporter())


def states(summary: RunSummary) -> dict[str, tuple[str, int, list[tuple[str, str, int]]]]:
    return {
        video.name: (video.state, video.frames, [(error.stage, error.type, error.attempts) for error in video.errors])
        for video in summary.videos
    }


@pytest.mark.ray
@pytest.mark.endurance
def test_a_chunk_that_kills_its_worker_is_given_up_after_its_tries_and_all_else_finishes(
    cluster: None, clips: list[Path], tmp_path: Path
):
    spec = PoisonSpec("segfault", tmp_path / "log")
    summary = process(clips, tmp_path / "out", spec, workers=1)
    assert states(summary) == {
        "bad": ("partial", 5 * CHUNK_FRAMES, [("process", "WorkerDiedError", 2)]),
        "good": ("completed", 4 * CHUNK_FRAMES, []),
    }
    assert len(notes(spec.log, "bright")) == 2


@pytest.mark.ray
@pytest.mark.endurance
def test_a_chunk_that_hangs_ends_its_worker_and_is_given_up_after_its_tries(
    cluster: None, clips: list[Path], tmp_path: Path
):
    spec = PoisonSpec("hang", tmp_path / "log")
    summary = process(clips, tmp_path / "out", spec, workers=1, stall_limit_s=1.0)
    assert states(summary) == {
        "bad": ("partial", 5 * CHUNK_FRAMES, [("model", "StalledError", 2)]),
        "good": ("completed", 4 * CHUNK_FRAMES, []),
    }
    assert "no frame of chunk 1 was finished for 1 s" in summary.videos[0].errors[0].message
    assert len(notes(spec.log, "bright")) == 2


@pytest.mark.ray
@pytest.mark.endurance
def test_a_model_that_kills_its_process_while_it_is_loaded_ends_the_run(
    cluster: None, clips: list[Path], tmp_path: Path
):
    spec = PoisonSpec("die_loading", tmp_path / "log")
    with pytest.raises(ModelError, match="its process died 2 times while it loaded the model"):
        process(clips, tmp_path / "out", spec, workers=1)
    assert len(notes(spec.log, "load")) == 2


def test_on_threads_a_chunk_that_hangs_is_left_to_its_thread_and_never_committed(clips: list[Path], tmp_path: Path):
    spec = PoisonSpec("hang", tmp_path / "log", release=tmp_path / "release")
    before = threading.active_count()
    summary = process(clips, tmp_path / "out", spec, kind="local", workers=2, stall_limit_s=0.5)
    assert states(summary) == {
        "bad": ("partial", 5 * CHUNK_FRAMES, [("model", "StalledError", 2)]),
        "good": ("completed", 4 * CHUNK_FRAMES, []),
    }
    assert len(notes(spec.log, "load")) == 4  # a new model for each thread that was left behind
    committed = sorted((tmp_path / "out" / "bad" / "chunks").glob("*.json"))
    assert len(committed) == 5
    spec.release.touch()  # the hanging calls return after all
    until = time.monotonic() + 30
    while threading.active_count() > before:
        assert time.monotonic() < until, "the threads did not end"
        time.sleep(0.02)
    assert sorted((tmp_path / "out" / "bad" / "chunks").glob("*.json")) == committed


def test_a_frame_that_hangs_in_a_batch_of_several_videos_is_charged_to_its_own_chunk_alone(
    clips: list[Path], tmp_path: Path
):
    spec = PoisonSpec("hang", tmp_path / "log", release=tmp_path / "release", frames_alone=True)
    summary = process(clips, tmp_path / "out", spec, kind="local", workers=1, stall_limit_s=1.0)
    spec.release.touch()
    assert states(summary) == {
        "bad": ("partial", 5 * CHUNK_FRAMES, [("model", "StalledError", 2)]),
        "good": ("completed", 4 * CHUNK_FRAMES, []),
    }
    assert 2 <= len(notes(spec.log, "bright")) <= 3  # once with others perhaps, which does not count, and twice alone


def test_a_program_whose_decoder_hangs_can_still_end():
    script = (
        "import time\nfrom neuropose_ray.video.prefetch import prefetch\n"
        "def hang():\n    yield 1\n    time.sleep(3600)\n"
        "items = prefetch(hang(), 2)\nprint(next(items), flush=True)\n"
        "import threading\nthreading.Thread(target=lambda: next(items), daemon=True).start()\ntime.sleep(0.1)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "1\n"
