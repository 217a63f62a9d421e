"""`neuropose-ray status` as a person and a program read it."""

import json
import re
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from neuropose_ray.cli.console import duration
from neuropose_ray.cli.status import status
from neuropose_ray.pipeline.chunks.commit import ErrorRecord
from neuropose_ray.pipeline.chunks.worker import ChunkOutcome
from neuropose_ray.pipeline.state.lease import held_lease
from neuropose_ray.pipeline.state.manifest import Manifest, ManifestRow
from neuropose_ray.pipeline.state.run_layout import state_folder
from neuropose_ray.pipeline.state.run_state import ProgressRecorder

app = typer.Typer()
app.command()(status)


def ask(*words: str | Path) -> tuple[int, str]:
    done = CliRunner().invoke(app, [str(word) for word in words])
    return done.exit_code, done.stdout


def half_done(out: Path) -> ProgressRecorder:
    broken = ErrorRecord(stage="decode", type="DecodeError", message="it is broken", attempts=3)
    counts = ProgressRecorder(state_folder(out), model="blazepose", engine="local", workers=2, inputs=1)
    rows = [ManifestRow("walk", "walk.mp4", "planned", frames=100, chunks=2)]
    counts.planned(rows)
    counts.computing(Manifest.of(rows), 2)
    counts.chunk(ChunkOutcome(video="walk", index=0, state="failed", error=broken, began_s=0.0, ended_s=1.0))
    return counts


def test_a_running_run_in_a_few_lines(tmp_path: Path):
    with held_lease(state_folder(tmp_path)), half_done(tmp_path) as counts:
        counts.write()
        code, printed = ask(tmp_path)
    assert code == 0
    lines = printed.splitlines()
    assert lines[0] == "running (computing), 50.0 %"
    assert re.search(r", last sign of life \d+ s ago$", lines[1])
    assert "videos: 1; 0 completed, 0 partial, 0 failed, 1 waiting" in lines
    assert "chunks: 0 of 2 done, 1 failed" in lines
    assert "failed: walk, chunk 0: it is broken" in lines


def test_a_dead_run_is_exit_code_1_and_says_how_to_go_on(tmp_path: Path):
    with held_lease(state_folder(tmp_path)):
        half_done(tmp_path).write()
    code, printed = ask(tmp_path)
    assert code == 1
    assert printed.startswith("dead (computing), 50.0 %")
    assert "the same command goes on from what is finished" in printed


def test_json_has_every_figure(tmp_path: Path):
    with held_lease(state_folder(tmp_path)), half_done(tmp_path) as counts:
        counts.write()
        code, printed = ask(tmp_path, "--json")
    seen = json.loads(printed)
    assert (code, seen["state"], seen["chunks_failed"], seen["failures"][0]["attempts"]) == (0, "running", 1, 3)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.6, "1 min 0 s"), (61, "1 min 1 s"), (3600, "1 h 0 min"), (90000, "1 d 1 h")],
)
def test_times_are_for_people(seconds: float, text: str):
    assert duration(seconds) == text
