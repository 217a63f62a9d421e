"""Runs with other settings, killed and damaged in any order: no file is of other predictions than those beside it."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.schemas.derived_files import predictions_digest
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.service.settings import load_settings

MOVED = ("analysis.json", "predictions.csv", "exports/predictions.trc")
ENDINGS = (".mp4", ".MP4")
DERIVED = (*MOVED, "overlay.mp4", "report.html", "../cohort.json")


class _KilledError(BaseException):
    """The process ends here."""


class Archive:
    """A video, its results, and what was made from them: every file holds the digest of its predictions."""

    def __init__(self, base: Path, frame: Path) -> None:
        self.video, self.out = base / "walk.mp4", base / "out"
        shutil.copy(frame, self.video)
        self.folder = self.out / "walk"
        self.made: dict[str, str] = {}

    def process(self, batch_size: int, ending: str) -> None:
        """Run. Another model's poses are computed; under another name of the video they are kept."""
        self.video = self.video.rename(self.video.with_suffix(ending))
        with closing(LocalEngine(1)) as engine:
            summary = run(
                [self.video],
                self.out,
                settings=load_settings(None, {}, environment={}),
                spec=SyntheticSpec(frame_ms=0.0, batch_size=batch_size),
                engine=engine,
                progress=NullReporter(),
            )
        assert [result.state for result in summary.videos] == ["completed"]
        _, header = read_predictions(self.folder / "predictions.parquet")
        assert header.provenance.model_sha256 == SyntheticSpec(frame_ms=0.0, batch_size=batch_size).sha256
        assert header.metadata.filename == self.video.name

    def killed(self, batch_size: int, ending: str, after: int) -> None:
        with suppress(_KilledError), killed_after(after, self.folder):
            self.process(batch_size, ending)

    def make(self, name: str) -> None:
        digest = predictions_digest(self.folder / "predictions.parquet")
        if digest is not None:
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(digest)
            self.made[name] = digest

    def lose(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def check(self) -> None:
        digest = predictions_digest(self.folder / "predictions.parquet")
        for name, made_from in self.made.items():
            if (self.folder / name).exists():
                assert digest in (made_from, None), name
            elif name not in ("overlay.mp4", "report.html"):
                stale = (self.out if ".." in name else self.folder) / "stale" / name.removeprefix("../")
                assert stale.read_text() == made_from, name


@contextmanager
def killed_after(steps: int, folder: Path) -> Iterator[None]:
    """Let this process change so many names below a folder, and then none any more, as a kill between two of them.

    A real kill would cost the start of a process for each of hundreds of histories, and not fall between two changes
    of names; all else here is real.
    """
    left, lock = [steps], threading.Lock()
    real = {name: getattr(Path, name) for name in ("rename", "replace", "unlink")}

    def guarded(name: str):
        def change(path: Path, *arguments, **options):
            if folder in path.parents or folder.parent == path.parent:
                with lock:
                    left[0] -= 1
                if left[0] < 0:
                    raise _KilledError
            return real[name](path, *arguments, **options)

        return change

    with mock.patch.multiple(Path, **{name: guarded(name) for name in real}):
        yield


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("process"), st.tuples(st.sampled_from([4, 8]), st.sampled_from(ENDINGS))),
        st.tuples(
            st.just("killed"), st.tuples(st.sampled_from([4, 8]), st.sampled_from(ENDINGS), st.integers(0, 16))
        ),
        st.tuples(st.just("make"), st.tuples(st.sampled_from(DERIVED))),
        st.tuples(st.just("make"), st.tuples(st.sampled_from(DERIVED))),
        st.tuples(
            st.just("lose"), st.tuples(st.sampled_from(["metrics.json", "results.json", "predictions.parquet"]))
        ),
    ),
    min_size=2,
    max_size=12,
)


def check(steps: list, frame: Path) -> None:
    base = Path(tempfile.mkdtemp(prefix="derived_")).resolve()
    try:
        archive = Archive(base, frame)
        archive.process(8, ".mp4")
        for step, arguments in steps:
            getattr(archive, step)(*arguments)
            archive.check()
        archive.process(4, ".MP4")
        archive.check()
    finally:
        shutil.rmtree(base, ignore_errors=True)


@pytest.fixture(scope="module")
def frame(test_data: Path) -> Path:
    return test_data / "odd" / "made_one_frame.mp4"


def test_what_was_made_from_older_predictions_is_set_aside(frame: Path, tmp_path: Path):
    archive = Archive(tmp_path, frame)
    archive.process(8, ".mp4")
    for name in DERIVED:
        archive.make(name)
    archive.process(8, ".mp4")
    assert all((archive.folder / name).exists() for name in DERIVED)
    archive.process(8, ".MP4")
    assert not any((archive.folder / name).exists() for name in DERIVED)
    archive.check()


@given(STEPS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@pytest.mark.slow
def test_whatever_is_run_killed_or_lost_no_file_is_of_other_predictions(frame: Path, steps: list):
    check(steps, frame)


@pytest.mark.endurance
@given(STEPS)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_three_hundred_histories_of_derived_files(frame: Path, steps: list):
    check(steps, frame)
