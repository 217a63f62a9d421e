"""What the README shows works as it is shown."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
README = (REPOSITORY / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for language, block in BLOCKS if language == "bash" for line in block.splitlines()]

PYTHON = [block for language, block in BLOCKS if language == "python"]


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name(words[0])
    return subprocess.run([program, *words[1:]], cwd=folder, capture_output=True, text=True, timeout=400)


def test_the_two_lines_stand_first():
    first = BLOCKS[0][1].splitlines()
    assert first == [
        "python3 -m venv .venv && . .venv/bin/activate && pip install -e . && neuropose-ray demo",
        'python3 -m venv .venv && . .venv/bin/activate && pip install -e ".[test]" && pytest',
    ]


@pytest.mark.ray
@pytest.mark.slow
def test_the_main_job_runs_and_prints_what_was_found_beside_the_truth(weights, tmp_path: Path):
    done = run(["neuropose-ray", "demo"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {line[:42].strip(): line[42:].split() for line in done.stdout.splitlines()}
    truth, model, fitted = map(float, rows["frames with the person"])
    assert truth == 150
    assert model >= 0.99 * truth
    assert fitted >= 0.99 * truth
    assert float(rows["knee error, deg"][2]) < float(rows["knee error, deg"][1])
    assert (tmp_path / "neuropose-demo" / "phantom" / "overlay.mp4").stat().st_size > 100_000
    assert "neuropose-ray process VIDEO" in done.stdout


@pytest.mark.slow
def test_every_command_runs_in_the_order_shown(weights, test_data: Path, tmp_path: Path):
    shutil.copy(test_data / "opencap" / "walk.mp4", tmp_path)
    shutil.copy(test_data / "opencap" / "walk_gt_joints.csv", tmp_path)
    (tmp_path / "clips.csv").write_text("results,reference,movement\nresults/walk,walk_gt_joints.csv,walk\n")
    shown = [shlex.split(command) for command in COMMANDS if command.startswith("neuropose-ray ")]
    assert {words[1] for words in shown} >= {"process", "export", "models", "doctor", "evaluate", "benchmark"}
    for words in shown:
        done = run(words, tmp_path)
        assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}{done.stderr}"
    for name in re.findall(r"^\| `([\w.]+)` \|", README, re.MULTILINE):
        assert (tmp_path / "results" / "walk" / name).exists(), name
    assert (tmp_path / "results" / "walk" / "predictions.csv").exists()
    done = run(["python", "-c", "\n".join(PYTHON)], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("video     walk.mp4\nframes    75 at ")


def test_the_cluster_command_names_the_entry_script_and_its_arguments():
    (command,) = [command for command in COMMANDS if command.startswith("ray job submit")]
    words = shlex.split(command)
    script = words[words.index("python") + 1]
    assert (REPOSITORY / script).exists()  # tests/jobs submits it to a real cluster
    assert {word for word in words if word.startswith("--")} == {
        "--address",
        "--working-dir",
        "--",
        "--input",
        "--out",
    }


def test_pictures_are_there():
    for picture in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (REPOSITORY / picture).exists()
