"""Whatever lies below an input: every input is one row of the summary, and nothing of anybody else is written over.

Trees are generated: names of all scripts, that are no text, too long for a folder, equal but for case; folders in
folders; links to files, folders, folders above, themselves and nothing; pipes; damaged and empty files; pictures
alone and in series; folders that may not be listed; and an output in which other things lie already.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuropose_ray.benchmark.synthetic import SyntheticSpec
from neuropose_ray.errors import InputNotFoundError
from neuropose_ray.pipeline.engines.local import LocalEngine
from neuropose_ray.pipeline.inputs.source_record import path_of, read_source
from neuropose_ray.pipeline.run import run
from neuropose_ray.pipeline.state.manifest import Manifest
from neuropose_ray.pipeline.state.progress import NullReporter
from neuropose_ray.pipeline.state.run_layout import STATE_FOLDER, manifest_folder
from neuropose_ray.pipeline.state.summary import RunSummary
from neuropose_ray.schemas.parquet_files import read_predictions
from neuropose_ray.service.settings import load_settings
from neuropose_ray.video.sources import is_image_name, is_video_name

SPEC = SyntheticSpec(frame_ms=0.0)
NAMES = (
    "walk", "Walk", "squat", "cam01", "cam01~1234abcd", "a b", "a_b", "IMG_0001", "IMG_0002", "summary.json",
    "chunks", "...", "-rf", "é", "e\u0301", "李", "caf\udce9", "\udcff", "漢" * 80, "x" * 250, "CON", "a\nb",
    "metrics", "%2e", "~",
)  # fmt: skip
ENDINGS = (".mp4", ".MP4", ".mov", ".jpg", ".png", ".txt", "")
FOLDERS = ("", "cam01", "walk.mp4", "李", "sub", "sub/deep", "sub/deep/er", ".hidden", "caf\udce9", "x" * 200)
KINDS = ("video", "video", "video", "damaged", "empty", "picture", "pipe", "link", "lost link", "folder link")


@dataclass(frozen=True)
class Entry:
    folder: str
    name: str
    kind: str
    content: int
    target: str


ENTRIES = st.lists(
    st.builds(
        Entry,
        st.sampled_from(FOLDERS),
        st.builds(
            lambda stem, ending: stem[: 255 - len(ending)] + ending, st.sampled_from(NAMES), st.sampled_from(ENDINGS)
        ),
        st.sampled_from(KINDS),
        st.integers(0, 2),
        st.sampled_from((*FOLDERS, "..", "../..", "nowhere")),
    ),
    min_size=1,
    max_size=9,
)
OTHER_FOLDERS = ("walk", "cam01", "a_b", "IMG_0001", "summary.json_2", "sub_walk")
IN_THE_WAY = st.lists(st.sampled_from(OTHER_FOLDERS), max_size=3, unique=True)


@pytest.fixture(scope="module")
def video(test_data: Path) -> Path:
    return test_data / "odd" / "made_one_frame.mp4"


def build(root: Path, entries: list[Entry], video: Path) -> None:
    """Make a tree; what the file system refuses, or is there already, is left out."""
    root.mkdir()
    frame = video.read_bytes()
    picture = cv2.imencode(".png", np.full((16, 16, 3), 99, np.uint8))[1].tobytes()
    for entry in entries:
        path = root / entry.folder / entry.name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(path):
                continue
            tag = str(entry.content).encode()
            if entry.kind == "pipe":
                os.mkfifo(path)
            elif entry.kind.endswith("link"):
                folder = path.parent / entry.target
                path.symlink_to(folder if entry.kind == "folder link" else folder / entry.name)
            else:
                content = {"video": frame + tag, "damaged": frame[:3000] + tag, "picture": picture + tag}
                path.write_bytes(content.get(entry.kind, b""))
        except OSError:
            continue


def expected_inputs(root: Path, locked: Path | None) -> Counter[str]:
    """Real paths of what must be rows, found in another way than the program does: pictures by their own paths."""
    expected: set[str] = set()
    walked: set[str] = set()
    waiting = [str(root)]
    while waiting:
        folder = waiting.pop()
        real = os.path.realpath(folder)
        if real in walked or (real != str(root) and str(root).startswith(real + "/")):
            continue
        walked.add(real)
        if locked is not None and real == str(locked):
            expected.add(real)
            continue
        for path in Path(real).iterdir():
            if path.name.startswith("."):
                continue
            if path.is_dir():
                waiting.append(str(path))
            elif is_video_name(path) or is_image_name(path):
                expected.add(os.path.realpath(path))
    return Counter(expected)


def snapshot(folder: Path, *, without: Path | None = None) -> dict[str, str]:
    """What every file and link is."""
    files: dict[str, str] = {}
    for above, folders, names in os.walk(folder):
        if without is not None:
            folders[:] = [name for name in folders if Path(above, name) != without]
        for name in (*names, *folders):
            path = Path(above, name)
            if path.is_symlink():
                files[str(path)] = str(path.readlink())
            elif path.is_file():
                files[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
            else:
                files[str(path)] = "folder or pipe"
    return files


@contextmanager
def no_right_to_list(folder: Path | None) -> Iterator[None]:
    """Also where the tests run as root, who may everything."""
    scandir = os.scandir

    def guarded(path="."):
        if folder is not None and not isinstance(path, int) and os.path.realpath(path) == str(folder):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    with mock.patch.object(os, "scandir", guarded):
        yield


def process(inputs: list[Path], out: Path) -> RunSummary:
    with closing(LocalEngine(2)) as engine:
        return run(
            inputs,
            out,
            settings=load_settings(None, {}, environment={}),
            spec=SPEC,
            engine=engine,
            progress=NullReporter(),
        )


def results(out: Path) -> dict[str, str]:
    """Folders with results, and the digest of the video that they are of."""
    return {
        path.parent.name: read_predictions(path)[1].provenance.video_sha256
        for path in out.glob("*/predictions.parquet")
    }


def assert_a_row_for_each(summary: RunSummary, out: Path, expected: Counter[str]) -> None:
    manifest = Manifest.read(manifest_folder(out))
    assert len({row.name for row in summary.videos}) == len(summary.videos)
    rows: Counter[str] = Counter()
    for result in summary.videos:
        path = path_of(manifest.row(result.name).uri)
        if str(path) not in expected and path.is_dir():  # a series: its pictures
            rows.update(picture for picture in map(os.path.realpath, path.iterdir()) if picture in expected)
        else:
            rows[str(path)] += 1
    assert rows == expected
    written = RunSummary.model_validate_json((out / "summary.json").read_bytes())
    assert written.videos == summary.videos


def check(first: list[Entry], second: list[Entry], in_the_way: list[str], lock: bool, video: Path) -> None:
    """Two runs, of a tree and of the same with more in it, into an output in which other things lie."""
    base = Path(os.path.realpath(tempfile.mkdtemp(prefix="trees_")))
    try:
        root, out = base / "in", base / "out"
        build(root, first, video)
        for number, name in enumerate(in_the_way):
            (out / name).mkdir(parents=True)
            for file in ("results.json", "chunks/mine.bin", "notes.txt")[number:]:
                (out / name / file).parent.mkdir(exist_ok=True)
                (out / name / file).write_bytes(b"not of a run")
        others = snapshot(base)
        kept: dict[str, str] = {}
        for entries in ([], second):
            for entry in entries:
                build_more(root, entry, video)
            if entries:
                others |= snapshot(root)
            locked = next((path for path in sorted(root.rglob("*")) if path.is_dir() and not path.is_symlink()), None)
            locked = locked if lock and locked is not None and locked.name[0] != "." else None
            expected = expected_inputs(root, locked)
            with no_right_to_list(locked):
                try:
                    summary = process([root], out)
                except InputNotFoundError:
                    assert not expected
                    continue
            assert_a_row_for_each(summary, out, expected)
            now = snapshot(base)
            assert {path: now.get(path) for path in others} == others
            made = results(out)
            assert {name: made.get(name) for name in kept} == kept
            kept = made
            for result in summary.videos:
                if result.state == "completed":
                    assert read_source(out / result.name).sha256 == made[result.name]
        assert not [path for path in base.iterdir() if path not in (root, out)]
        # Where no input was found in either run there is no output at all.
        for path in out.iterdir() if out.exists() else ():
            is_of_a_run = path.name in (STATE_FOLDER, "summary.json", *in_the_way, *kept)
            if path.is_dir() and not is_of_a_run:
                assert {file.name for file in path.iterdir()} <= {"chunks", ".source.json"}
    finally:
        shutil.rmtree(base, ignore_errors=True)


def build_more(root: Path, entry: Entry, video: Path) -> None:
    extra = root / "more"
    if not extra.exists():
        build(extra, [entry], video)


@given(ENTRIES, ENTRIES, IN_THE_WAY, st.booleans())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_every_input_is_a_row_and_nothing_else_is_written_over(video: Path, first, second, in_the_way, lock):
    check(first, second, in_the_way, lock, video)


@pytest.mark.endurance
@given(ENTRIES, ENTRIES, IN_THE_WAY, st.booleans())
@settings(max_examples=2000, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_two_thousand_trees(video: Path, first, second, in_the_way, lock):
    check(first, second, in_the_way, lock, video)
