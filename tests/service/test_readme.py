"""What the README shows of the service works as it is shown, against the real one."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ray, pytest.mark.serve]

REPOSITORY = Path(__file__).resolve().parents[2]
(BLOCK,) = re.findall(r"```sh\n(.*?)```", (REPOSITORY / "README.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.slow
def test_every_command_of_the_service_runs_in_the_order_shown(service, test_data: Path, tmp_path: Path):
    (person,) = test_data.glob("images/tfjs_portrait*")
    shutil.copy(test_data / "odd" / "made_one_frame.mp4", tmp_path / "walk.mp4")  # one frame: as much to see, sooner
    shutil.copy(person, tmp_path / "person.jpg")
    with zipfile.ZipFile(tmp_path / "trials.zip", "w") as archive:
        archive.write(test_data / "odd" / "made_one_frame.mp4", "monday/sit.mp4")
    (tmp_path / "trials").mkdir()
    for name in ("sit.mp4", "stand.mp4"):
        shutil.copy(test_data / "odd" / "made_one_frame.mp4", tmp_path / "trials" / name)
    first, *others = BLOCK.splitlines()
    assert first == "neuropose-ray serve"  # what the fixture stands for; its own test starts it as it is typed
    environment = {
        **os.environ, "NEUROPOSE_URL": service.url, "NEUROPOSE_SERVICE__DATA_DIR": str(service.data.root)
    }  # fmt: skip
    for line in others:
        # No camera is at hand: a file plays its part.
        line = line.replace("rtsp://camera-7/stream1", f"file://{tmp_path}/walk.mp4")
        program, *words = shlex.split(line.replace("http://127.0.0.1:8000", service.url))
        own = Path(sys.executable).with_name(program)
        command = [
            own if own.exists() else program,
            *words,
            *(["--fail-with-body", "-sS"] if program == "curl" else []),
        ]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    assert list((tmp_path / "results").rglob("predictions.parquet"))
