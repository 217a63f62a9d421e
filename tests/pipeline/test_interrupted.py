"""What a run that is stopped leaves behind: nothing of it works on after it has given its folder back."""

import os
import signal
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.errors import RunLockedError
from neuropose_ray.pipeline.assembly.assemble import Assembly
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.engines.protocol import Engine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.lease import held_lease
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.state.run_layout import state_folder
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.service.settings import load_settings

SPEC = SyntheticSpec(frame_ms=0.0)


@pytest.fixture
def clips(test_data: Path, tmp_path: Path) -> Path:
    content = (test_data / "odd" / "made_one_frame.mp4").read_bytes()
    (tmp_path / "in").mkdir()
    for name in "abcdef":
        (tmp_path / "in" / f"{name}.mp4").write_bytes(content + name.encode())
    return tmp_path / "in"


def process(inputs: Path, out: Path, engine: Engine, progress: NullReporter) -> RunSummary:
    settings = load_settings(None, {}, environment={})
    return run([inputs], out, settings=settings, spec=SPEC, engine=engine, progress=progress)


class Interrupted(NullReporter):
    """Stands for a user who stops the run at its fourth chunk, while the first video is being assembled."""

    def __init__(self) -> None:
        self.chunks, self.happened = 0, threading.Event()

    def advance(self, outcome: object) -> None:
        self.chunks += 1
        if self.chunks == 4:
            self.happened.set()
            raise KeyboardInterrupt


def test_what_waits_is_given_up_and_what_has_begun_is_waited_for(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out, progress = tmp_path / "out", Interrupted()
    from_chunks, begun, while_held = Assembly.from_chunks, [], []

    def slowly(self, plan, failed=()):
        begun.append(plan.name)
        assert progress.happened.wait(60)
        metrics = from_chunks(self, plan, failed)
        with pytest.raises(RunLockedError), held_lease(state_folder(out)):
            pass
        while_held.append(plan.name)
        return metrics

    with monkeypatch.context() as patched, closing(LocalEngine(1, cores=2)) as engine:
        patched.setattr(Assembly, "from_chunks", slowly)
        with pytest.raises(KeyboardInterrupt):
            process(clips, out, engine, progress)
        with held_lease(state_folder(out)):  # it is given back
            assert begun == while_held == ["a"]
            left = {path.parent.name for path in out.glob("*/chunks")}
            assert left == set("bcdef")
    assert begun == ["a"]
    with closing(LocalEngine(1)) as engine:
        again = process(clips, out, engine, NullReporter())
    assert again.frames_computed <= 2
    assert again.all_well


def test_a_second_interrupt_does_not_give_the_folder_back_before_the_work_has_ended(
    clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    out, progress, while_held = tmp_path / "out", Interrupted(), []
    from_chunks = Assembly.from_chunks

    def slowly(self, plan, failed=()):
        assert progress.happened.wait(60)
        for _ in range(5):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.05)
        with pytest.raises(RunLockedError), held_lease(state_folder(out)):
            pass
        while_held.append(plan.name)
        return from_chunks(self, plan, failed)

    with closing(LocalEngine(1, cores=2)) as engine:
        monkeypatch.setattr(Assembly, "from_chunks", slowly)
        handler = signal.getsignal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            process(clips, out, engine, progress)
    assert while_held == ["a"]
    assert signal.getsignal(signal.SIGINT) == handler


def test_workers_stop_with_the_run(clips: Path, tmp_path: Path):
    class AtOnce(NullReporter):
        def advance(self, outcome: object) -> None:
            raise KeyboardInterrupt

    with closing(LocalEngine(2)) as engine:
        with pytest.raises(KeyboardInterrupt):
            process(clips, tmp_path / "out", engine, AtOnce())
        assert not [thread for thread in threading.enumerate() if thread.name == "pose"]
