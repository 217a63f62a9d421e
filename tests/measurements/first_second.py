"""What commands cost before they do their work; run by hand: ``python tests/measurements/first_second.py CLIP.mp4``.

Prints the CPU of every command, user and system together, in seconds and as a ratio to ``import numpy`` in a Python
of its own, which is taken in turn with the commands: the ratios of a busy machine are those of a quiet one. Of
``process`` it is the CPU of the whole process until the clip's first frame is decoded.
"""

import argparse
import compileall
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import neuropose_ray

MAIN = "from neuropose_ray.cli import main; main()"
#: Ends ``process`` at the first frame. What is imported here is imported by a run as well.
UNTIL_FIRST_FRAME = """
import os
from neuropose_ray.cli import main
from neuropose_ray.video.decode import ChunkDecoder

frames = ChunkDecoder.frames

def ended(self):
    for _ in frames(self):
        os._exit(0)
        yield

ChunkDecoder.frames = ended
main()
os._exit(1)
"""
NOBODY = "http://127.0.0.1:9"
COMMANDS = {
    "import numpy": ("import numpy",),
    "--help": (MAIN, "--help"),
    "--version": (MAIN, "--version"),
    "process --help": (MAIN, "process", "--help"),
    "analyze --help": (MAIN, "analyze", "--help"),
    "jobs list, no server": (MAIN, "jobs", "list", "--url", NOBODY),
    "import neuropose_ray": ("import neuropose_ray",),
    "neuropose_ray.process": ("import neuropose_ray; neuropose_ray.process",),
}


def cpu_s(code: str, *words: str, expected: int = 0) -> float:
    """User and system time of a Python that runs this code, with its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ended = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.returncode == expected, ended.stderr
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first_frame_s(clip: Path) -> float:
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "out")
        return cpu_s(UNTIL_FIRST_FRAME, "process", str(clip), "--out", out, "--engine", "local")


def measure(clip: Path, repeats: int) -> None:
    os.environ.pop("NEUROPOSE_URL", None)
    compileall.compile_dir(Path(neuropose_ray.__file__).parent, quiet=1)  # as an installed package is
    taken: dict[str, list[float]] = {}
    for _ in range(repeats):
        for name, command in COMMANDS.items():
            expected = 1 if "no server" in name else 0
            taken.setdefault(name, []).append(cpu_s(*command, expected=expected))
        taken.setdefault("process, first frame", []).append(first_frame_s(clip))
    unit = median(taken["import numpy"])
    for name, seconds in taken.items():
        print(f"{name:22} {median(seconds):.3f} s, {median(seconds) / unit:.2f} x import numpy")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--repeats", type=int, default=7)
    measure(**vars(parser.parse_args()))
