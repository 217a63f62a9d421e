"""Runs of curation that are killed for real, at any moment, go on to the same files."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.curated import digests
from support.frame_folders import blurred, dark, write_folder

from neuropose_ray.pipeline.curation.inspection import inspect_run

PROGRAM = Path(sys.executable).with_name("neuropose-ray")
KILLS = 50


def started(frames: Path, out: Path) -> subprocess.Popen[bytes]:
    words = ["curate", "run", frames, "--out", out, "--engine", "local", "--workers", "1", "--set", "batch_size=16"]
    return subprocess.Popen([PROGRAM, *map(str, words)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.endurance
def test_fifty_kills_at_random_moments_change_no_file(tmp_path: Path):
    streams = tmp_path / "streams"
    for name, seed in (("cam_1", 0), ("cam_2", 7)):
        write_folder(streams / name, 200, {40: blurred, 90 + seed: dark}, {120: 30})
    begin = time.monotonic()
    assert started(streams, tmp_path / "whole").wait() == 0
    whole_s, whole = time.monotonic() - begin, digests(tmp_path / "whole")
    chance, kills, runs = random.Random(5), 0, 0
    out = tmp_path / "killed 0"
    while kills < KILLS:
        process = started(streams, out)
        try:
            process.wait(timeout=chance.uniform(0.1, 1.1) * whole_s)
        except subprocess.TimeoutExpired:
            process.kill()
            kills += 1
        _, said = process.communicate()
        assert process.returncode in (0, -9), said.decode()
        if process.returncode == 0:
            assert digests(out) == whole
            runs += 1
            out = tmp_path / f"killed {runs}"
    process = started(streams, out)
    _, said = process.communicate()
    assert process.returncode == 0, said.decode()
    assert digests(out) == whole
    assert inspect_run(out).all_well
    assert not list(out.rglob("*.tmp"))
