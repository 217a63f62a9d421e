"""A ledger that is damaged anywhere is one line, and costs no run; one that is refused says by what."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.small_disk import Ballast, small_disk

from neuropose_ray.curation import Artifact, Ledger, StageKey, StageRun, Stream, read_ledger
from neuropose_ray.errors import DiskFullError, FutureSchemaError, NeuroposeRayError

KEY = StageKey("frame_metrics", {"content": "abc"})


def stream(name: str = "cam", uri: str = "file:///cam") -> Stream:
    return Stream(name, "/cam", uri, "images", "s", "d" * 64, 0, 12, 0.4, ("a note",))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("whole") / "l.sqlite"
    with Ledger(path, "run") as ledger:
        ledger.add_stream(stream())
        ledger.add_stage_run(StageRun("cam", KEY, "succeeded", "first"), [Artifact("cam/x", "e" * 64, 100)])
        ledger.add_event("run ended")
    return path.read_bytes()


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damaged") / "l.sqlite"


@given(data=st.data())
@settings(max_examples=150)
def test_whatever_is_damaged_is_one_line_and_the_next_run_goes_on(whole: bytes, damaged: Path, data: st.DataObject):
    content = bytearray(whole)
    rows = whole.rindex(b"CREATE TABLE streams") + 600, len(whole)
    place = data.draw(st.integers(0, len(whole) - 1) | st.integers(0, 120) | st.integers(*rows))
    part = data.draw(st.binary(min_size=1, max_size=16))
    content[place : place + len(part)] = part
    damaged.write_bytes(content[: data.draw(st.sampled_from([len(content), place]))])
    line = "none"
    try:
        read_ledger(damaged)
    except NeuroposeRayError as error:
        line = str(error)
    assert len(line.splitlines()) == 1
    try:
        with Ledger(damaged, "run") as ledger:
            assert all(isinstance(found.frames, int) for found in ledger.streams().values())
            ledger.last_success("cam", "frame_metrics")
            ledger.artifacts()
            ledger.add_event("run ended")
    except FutureSchemaError:
        return
    assert read_ledger(damaged).events[0].event == "run ended"


def test_what_a_killed_run_left_of_a_damaged_ledger_stays_out_of_the_new_one(tmp_path: Path, whole: bytes):
    path = tmp_path / "l.sqlite"
    path.write_bytes(b"no database at all" * 200)
    (tmp_path / "l.sqlite-journal").write_bytes(whole)
    with Ledger(path, "run") as ledger:
        assert ledger.streams() == {}
    assert not (tmp_path / "l.sqlite-journal").exists()


def test_a_full_disk_is_told_from_other_refusals_so_that_a_job_waits_for_space(tmp_path: Path):
    with small_disk(tmp_path / "disk", 1) as disk, Ledger(disk / "l.sqlite", "run") as ledger:
        Ballast(disk).fill()
        with pytest.raises(DiskFullError, match="the ledger cannot be written"):
            ledger.add_event("long", "x" * 200_000)
