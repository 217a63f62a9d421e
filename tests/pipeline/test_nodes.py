"""A run on several nodes, of which some come and some go."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.poison import CHUNK_FRAMES

TESTS = Path(__file__).resolve().parents[1]
FRAMES = 24 * CHUNK_FRAMES

pytestmark = [pytest.mark.ray, pytest.mark.endurance]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What came of three runs on one cluster; see ``support/nodes.py``."""
    folder = tmp_path_factory.mktemp("nodes")
    command = [sys.executable, "-m", "support.nodes", str(folder)]
    done = subprocess.run(
        command, cwd=TESTS, env=dict(os.environ), capture_output=True, text=True, timeout=400, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "found.json").read_text())


def test_work_spreads_over_the_nodes_and_one_that_goes_away_takes_nothing_with_it(found):
    leaves = found["leaves"]
    assert leaves["nodes"] == 2
    assert leaves["after"][0] < 20  # there was work left
    assert (leaves["state"], leaves["frames"], leaves["errors"]) == ("completed", FRAMES, [])


def test_a_node_that_joins_is_put_to_work(found):
    joins = found["joins"]
    assert joins["after"][0] == 1
    assert joins["nodes"] == 2
    assert (joins["state"], joins["frames"]) == ("completed", FRAMES)


@pytest.mark.parametrize("calls", ["gpu", "shared"])
def test_on_a_gpu_poison_kills_its_worker_with_all_chunks_in_it_and_only_the_poison_is_charged(found, calls: str):
    gpu = found[calls]
    assert (gpu["shape"], gpu["decoders"]) == ("split", 3)
    assert (gpu["state"], gpu["frames"]) == ("partial", 11 * CHUNK_FRAMES)
    assert gpu["errors"] == [["process", "WorkerDiedError", 2]]
    assert 2 <= gpu["bright"] <= 3  # once with the others, which does not count, and twice alone


@pytest.mark.parametrize("shape", ["fused", "split"])
def test_on_a_gpu_batches_are_filled_across_videos_that_are_shorter(found, shape: str):
    full = found["full"][shape]
    assert (full["frames"], full["results"]) == (40 * 9, 1)
    assert full["fill"] >= 0.9  # 23 calls would be 0.98
