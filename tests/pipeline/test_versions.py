"""Keys of results are made of versions: what may change in the code without a new version, and what may not."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.stages import NEUTRAL, PACKAGE, SHARED, STAGES, code_of, kept_pins, present_pins, stage_files

from neuropose_ray.schemas.parquet_files import read_predictions

PIN = "python tests/support/stages.py"


@pytest.mark.parametrize("version", [stage.version for stage in STAGES])
def test_code_that_makes_numbers_changes_with_its_version(version: str):
    kept, present = kept_pins()[version], present_pins()[version]
    if present.code != kept.code and present.version == kept.version:
        pytest.fail(f"raise {version}, or re-pin if no number changes: {PIN} ({present.code})", pytrace=False)
    if present != kept:
        pytest.fail(f"{version} is {present.version} now, pin its code: {PIN} ({present.code})", pytrace=False)


def test_every_module_of_the_rooms_that_make_numbers_is_part_of_a_stage():
    files = {path for paths in stage_files().values() for path in paths}
    # Live streams have no files that could be of an older version.
    live = {"online.py", "stability.py"}
    unused = {"__init__.py", "licence.py", "sound.py", "write.py", "picture_size.py", *live}
    rooms = ("tracking", "fitting", "models/blazepose", "models/metrabs", "video")
    left_out = {path for room in rooms for path in (PACKAGE / room).glob("*.py") if path.name not in unused} - files
    assert left_out == set()


def test_no_module_belongs_to_two_stages_or_to_none_and_one():
    paths = [path for paths in stage_files().values() for path in paths]
    assert len(paths) == len(set(paths))
    assert not set(paths) & {Path(module.__file__) for module in NEUTRAL}
    assert {Path(module.__file__) for module in SHARED} <= set(paths)


SOURCE = '''
"""Steps."""
from neuropose_ray.video.types import Chunk

LIMIT = 3  # of the steps


def steps(chunk: Chunk) -> int:
    """Count them."""
    return min(chunk.frames, LIMIT)
'''


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""Count them."""', '"""Count the steps\n\n    of a chunk.  """'),
        ('"""Steps."""\n', ""),
        ("# of the steps", "# at most"),
        ("min(chunk.frames, LIMIT)", "min(\n        chunk.frames,\n        LIMIT,\n    )"),
        ("neuropose_ray.video.types", "neuropose_ray.schemas.chunk"),
    ],
)
def test_words_layout_and_moves_are_no_code(old: str, new: str):
    assert SOURCE.count(old) == 1
    assert code_of(SOURCE.replace(old, new)) == code_of(SOURCE)


@pytest.mark.parametrize(
    ("old", "new"), [("LIMIT = 3", "LIMIT = 4"), ("min(", "max("), ("import Chunk", "import Part")]
)
def test_whatever_may_change_a_number_is_code(old: str, new: str):
    assert SOURCE.count(old) == 1
    assert code_of(SOURCE.replace(old, new)) != code_of(SOURCE)


class Program:
    """A copy of the program that a test may change."""

    def __init__(self, folder: Path) -> None:
        self.package = folder / "neuropose_ray"
        shutil.copytree(PACKAGE, self.package, ignore=shutil.ignore_patterns("__pycache__"))

    def replace(self, file: str, pattern: str, new: str) -> None:
        """Change every match, of which there must be one, in the files of a pattern that have any."""
        changed = 0
        for path in self.package.glob(file):
            text, count = re.subn(pattern, new, path.read_text("utf-8"))
            path.write_text(text, "utf-8")
            changed += count
        assert changed

    def rename(self, old: str, new: str) -> None:
        """Give a name another one wherever it stands, faces of rooms included."""
        for path in self.package.rglob("*.py*"):
            if path.suffix in (".py", ".pyi"):
                path.write_text(re.sub(rf"\b{old}\b", new, path.read_text("utf-8")), "utf-8")

    def process(self, video: Path, out: Path, *flags: str) -> int:
        """Run the command; how many frames went through the pose model."""
        code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from neuropose_ray.cli import main; main()"
        command = [sys.executable, "-c", code, str(self.package.parent), "process", str(video), "--out", str(out)]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("NEUROPOSE_ENGINE")}
        done = subprocess.run(
            [*command, "--engine", "local", "--json", *flags], capture_output=True, text=True, env=environment
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)["frames_computed"]


@pytest.fixture
def program(tmp_path: Path, weights: object) -> Program:
    return Program(tmp_path / "program")


@pytest.fixture
def clip(test_data: Path) -> Path:
    return test_data / "odd" / "made_vfr_walk.mp4"


@pytest.mark.slow
def test_with_other_docstrings_comments_and_names_a_finished_run_computes_nothing(
    program: Program, clip: Path, tmp_path: Path
):
    assert program.process(clip, tmp_path / "out") == 55
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "made_vfr_walk").iterdir()}
    program.replace("**/*.py", r'\A"""', '"""Other words.  ')
    program.replace("**/*.py", r"\Z", "# The end.\n")
    for old, new in (("plan_chunks", "cut_into_chunks"), ("fit_sequence", "fit_one"), ("costs", "assignment_costs")):
        program.rename(old, new)
    assert program.process(clip, tmp_path / "out") == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "made_vfr_walk").iterdir()} == files


@pytest.mark.slow
def test_with_another_fit_a_finished_run_is_fitted_again_without_a_pose_model(
    program: Program, clip: Path, tmp_path: Path
):
    assert program.process(clip, tmp_path / "out") == 55
    before, _ = read_predictions(tmp_path / "out" / "made_vfr_walk" / "predictions.parquet")
    program.replace("fitting/sequence.py", r"(?m)^FIT_VERSION = \d+$", "FIT_VERSION = 99")
    program.replace("fitting/solver.py", r"(?m)^_LARGEST_MOVE_M = 0\.3$", "_LARGEST_MOVE_M = 0.01")
    assert program.process(clip, tmp_path / "out") == 0
    after, _ = read_predictions(tmp_path / "out" / "made_vfr_walk" / "predictions.parquet")
    np.testing.assert_array_equal(before.poses.poses3d, after.poses.poses3d)
    assert not np.array_equal(before.poses3d_fitted, after.poses3d_fitted, equal_nan=True)
    assert program.process(clip, tmp_path / "out") == 0


@pytest.mark.endurance
def test_with_another_pose_model_code_a_finished_run_is_computed_again(program: Program, clip: Path, tmp_path: Path):
    assert program.process(clip, tmp_path / "out") == 55
    program.replace("models/blazepose/settings.py", r"(?m)^BLAZEPOSE_VERSION = \d+$", "BLAZEPOSE_VERSION = 99")
    assert program.process(clip, tmp_path / "out") == 55
