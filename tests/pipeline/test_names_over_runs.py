"""Videos of one name in any order and number of runs: no result is lost, none becomes another video's."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.state.run_layout import SOURCE_FILE, manifest_folder
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.service.settings import load_settings

SPEC = SyntheticSpec(frame_ms=0.0)
PATHS = ("a/cam01.mp4", "b/cam01.mp4", "b/Cam01.mov", "c/a/cam01.mp4", "c/a_cam01.mp4")


@pytest.fixture(scope="module")
def frame(test_data: Path) -> Path:
    return test_data / "odd" / "made_one_frame.mp4"


class Archive:
    """Videos, an output, and what earlier runs have made."""

    def __init__(self, base: Path, frame: Path) -> None:
        self.base, self.out, self._frame = base, base / "out", frame
        self.made: dict[str, str] = {}

    def write(self, path: str, content: int) -> None:
        (self.base / path).parent.mkdir(parents=True, exist_ok=True)
        (self.base / path).write_bytes(self._frame.read_bytes() + str(content).encode())

    def process(self, *paths: str) -> RunSummary:
        """Run, and see that all is where it belongs."""
        with closing(LocalEngine(2)) as engine:
            summary = run(
                [self.base / path for path in paths],
                self.out,
                settings=load_settings(None, {}, environment={}),
                spec=SPEC,
                engine=engine,
                progress=NullReporter(),
            )
        assert [result.input for result in summary.videos] == [str(self.base / path) for path in paths]
        now = {
            file.parent.name: read_predictions(file)[1].provenance.video_sha256
            for file in self.out.glob("*/predictions.parquet")
        }
        assert {name: now.get(name) for name in self.made} == self.made
        assert [now[result.name] for result in summary.videos] == [
            hashlib.sha256((self.base / path).read_bytes()).hexdigest() for path in paths
        ]
        assert len({result.name for result in summary.videos}) == len(paths)
        self.made = now
        return summary

    def names(self, *paths: str) -> list[str]:
        return [result.name for result in self.process(*paths).videos]

    def lose_manifest(self) -> None:
        shutil.rmtree(manifest_folder(self.out), ignore_errors=True)

    def lose_records(self) -> None:
        """As versions left a folder that wrote none."""
        for file in self.out.glob(f"*/{SOURCE_FILE}"):
            file.unlink()


@pytest.fixture
def archive(tmp_path: Path, frame: Path) -> Archive:
    made = Archive(tmp_path, frame)
    for content, path in enumerate(PATHS):
        made.write(path, content)
    return made


def test_the_second_video_of_a_name_gets_one_of_its_own(archive: Archive):
    assert archive.names("a/cam01.mp4") == ["cam01"]
    assert archive.names("b/cam01.mp4") == ["b_cam01"]
    assert archive.names("b/cam01.mp4", "a/cam01.mp4") == ["b_cam01", "cam01"]
    assert archive.process("a/cam01.mp4", "b/cam01.mp4").frames_computed == 0


def test_one_in_the_middle_takes_nobodys_folder(archive: Archive):
    first = archive.names("a/cam01.mp4", "c/a/cam01.mp4")
    assert archive.names("a/cam01.mp4", "b/cam01.mp4", "c/a/cam01.mp4") == [first[0], "cam01", first[1]]


def test_another_video_at_the_same_path_leaves_the_results_of_the_first(archive: Archive):
    archive.process("a/cam01.mp4")
    archive.write("a/cam01.mp4", 77)
    (name,) = archive.names("a/cam01.mp4")
    assert name == f"cam01~{archive.made[name][:8]}"
    summary = archive.process("a/cam01.mp4")
    assert (summary.videos[0].name, summary.frames_computed) == (name, 0)
    archive.write("a/cam01.mp4", 0)
    summary = archive.process("a/cam01.mp4")
    assert (summary.videos[0].name, summary.frames_computed) == ("cam01", 0)


def test_a_moved_video_keeps_its_results(archive: Archive):
    archive.process("a/cam01.mp4")
    (archive.base / "moved").mkdir()
    (archive.base / "a/cam01.mp4").rename(archive.base / "moved/cam01.mp4")
    summary = archive.process("moved/cam01.mp4")
    assert (summary.videos[0].name, summary.frames_computed) == ("cam01", 0)


@pytest.mark.parametrize("loss", [Archive.lose_manifest, Archive.lose_records])
def test_results_are_known_by_what_is_in_them_where_nothing_else_says_whose_they_are(archive: Archive, loss):
    archive.process("a/cam01.mp4")
    archive.lose_manifest()
    loss(archive)
    (name,) = archive.names("b/cam01.mp4")
    assert name.startswith("cam01~")
    assert archive.process("b/cam01.mp4").frames_computed == 0


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("process"), st.lists(st.sampled_from(PATHS), min_size=1, unique=True)),
        st.tuples(st.just("write"), st.tuples(st.sampled_from(PATHS), st.integers(0, 6))),
        st.tuples(st.sampled_from(["lose_manifest", "lose_records"]), st.just(())),
    ),
    min_size=1,
    max_size=8,
)


def check(steps: list, frame: Path) -> None:
    base = Path(tempfile.mkdtemp(prefix="names_")).resolve()
    try:
        archive = Archive(base, frame)
        for content, path in enumerate(PATHS):
            archive.write(path, content)
        for step, arguments in steps:
            getattr(archive, step)(*arguments)
        last = [arguments for step, arguments in steps if step == "process"]
        if last:
            archive.process(*last[-1])
            assert archive.process(*reversed(last[-1])).frames_computed == 0
    finally:
        shutil.rmtree(base, ignore_errors=True)


@given(STEPS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@pytest.mark.slow
def test_whatever_is_done_no_result_is_lost_or_mixed(frame: Path, steps: list):
    check(steps, frame)


@pytest.mark.endurance
@given(STEPS)
@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_five_hundred_histories(frame: Path, steps: list):
    check(steps, frame)
