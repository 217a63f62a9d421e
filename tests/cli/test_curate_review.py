"""`curate review`, `import-review`, `second-pass`, and `export` with pictures, as a user types them."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from support.command_line import typed_here
from support.frame_folders import write_folder
from support.pose_runs import write_run

FRAMES = 70
PROGRAM = Path(sys.executable).with_name("neuropose-ray")


def curate(*words: object) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, "curate", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Poses of pictures, of which three are unsure, over a second from each other."""
    frames = write_folder(tmp_path / "cam", FRAMES, kind="jpg")
    return write_run(frames, tmp_path / "out", {4: 0.1, 36: 0.3, 68: 0.2})


@pytest.fixture
def curate_here(capfd, monkeypatch) -> Callable[..., subprocess.CompletedProcess[str]]:
    """The same without a process of its own."""
    return partial(typed_here, capfd, monkeypatch, "curate")


def reviewed(queue: Path) -> Path:
    """An export of Label Studio in which somebody accepted all."""
    tasks = json.loads((queue / "tasks.json").read_text())
    for task in tasks:
        task["annotations"] = [task["predictions"][0]]
    (queue / "export.json").write_text(json.dumps(tasks))
    return queue / "export.json"


def test_the_least_sure_frames_go_to_reviewers_with_their_pictures_and_back(run: Path, tmp_path: Path):
    queue = tmp_path / "queue"
    done = curate("review", run, "--to", queue, "--frames", 2)
    assert done.returncode == 0, done.stderr
    assert "cam: 2 frames: jump, low confidence" in done.stdout
    assert "config.xml" in done.stdout
    sent = sorted(path.name for path in (queue / "images" / "cam").iterdir())
    assert len(sent) == 2
    assert set(sent) <= {"image_4.jpg", "image_36.jpg", "image_68.jpg"}
    for name in sent:
        assert (queue / "images" / "cam" / name).read_bytes() == (tmp_path / "cam" / name).read_bytes()
    done = curate("import-review", run, reviewed(queue))
    assert (done.returncode, done.stdout) == (0, "cam: 2 pictures corrected\n")
    done = curate("export", run, "--to", tmp_path / "set", "--format", "jsonl", "--images")
    assert done.returncode == 0, done.stderr
    frames = [json.loads(line) for line in (tmp_path / "set" / "dataset.jsonl").read_text().splitlines()]
    assert [f"cam/{name}" for name in sent] == sorted(f["file_name"] for f in frames if f["reviewed"])
    assert len(list((tmp_path / "set" / "images" / "cam").iterdir())) == FRAMES


def test_a_zip_of_cvat_comes_back_too(run: Path, tmp_path: Path, curate_here):
    queue = tmp_path / "queue"
    done = curate_here("review", run, "--to", queue, "--format", "cvat", "-n", 3, "--no-images", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["frames"]["cam"]) == 3
    assert not (queue / "images").exists()
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.write(queue / "annotations.xml", "annotations.xml")
    done = curate_here("import-review", run, tmp_path / "export.zip", "--json")
    assert json.loads(done.stdout) == {"pictures": {"cam": 3}, "unknown": []}


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["review", "{run}", "--to", "{tmp}/q", "--format", "labelme"], "there are label-studio, cvat"),
        (["review", "{tmp}", "--to", "{tmp}/q"], "there are no predictions"),
        (["import-review", "{run}", "{tmp}/none.json"], "there is no such file"),
        (["import-review", "{run}", "{tmp}/bad.zip"], "there is no annotations.xml in it"),
        (["second-pass", "{run}"], "a second pass needs a better model than the first"),
        (["second-pass", "{run}", "--model", "metrabsx"], "metrabsx"),
        (["export", "{run}", "--to", "{tmp}/s", "--segmenter", "sam"], "there is selfie"),
        (["export", "{run}", "--to", "{tmp}/s", "-f", "cvat", "--segmenter", "selfie"], "holds no masks"),
        (["export", "{run}", "--to", "{tmp}/s", "--detector", "{tmp}/none.onnx"], "none.onnx"),
    ],
)
def test_what_is_wrong_is_one_line(run: Path, tmp_path: Path, curate_here, words: list[str], what: str):
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    asked = (word.format(run=run, tmp=tmp_path) for word in words)
    done = curate_here(*asked)
    assert done.returncode in (1, 2), done.stdout
    assert what in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
