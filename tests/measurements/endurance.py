"""A run that is killed again and again, and started again with the same command until it is through.

``python tests/measurements/endurance.py --kills 20`` kills everything there is to kill, at random moments: a run on
threads, the driver of a run on Ray, its pose actors, and the whole of Ray. Then it compares what came of it with
what an undisturbed run gives.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

SCRIPT = Path(__file__).with_name("synthetic_run.py")
#: As long as a run may need to notice that its Ray is gone, or that a run before it is dead.
PATIENCE_S = 240.0


def start(video: Path, out: Path, engine: str, address: str | None = None) -> subprocess.Popen:
    """The command that is given again and again."""
    command = [sys.executable, str(SCRIPT), str(video), str(out), engine, *([address] if address else [])]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen) -> None:
    """Wait for the command, which must end well."""
    _, printed = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, f"exit code {process.returncode}: {printed}"


def environment() -> dict[str, str]:
    return {**os.environ, "RAY_AUTH_MODE": "disabled", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}


def kill(process: subprocess.Popen) -> bool:
    """SIGKILL, and whether there was something left to kill."""
    alive = process.poll() is None
    process.kill()
    process.communicate()
    return alive


def pose_actors(root: int) -> list[psutil.Process]:
    """The pose actors among the descendants of the process that started Ray."""
    found = []
    for process in psutil.Process(root).children(recursive=True):
        with suppress(psutil.Error):
            title = " ".join(process.cmdline())
            if title.startswith("ray::") and "PoseWorker" in title:
                found.append(process)
    return found


def kill_tree(root: int) -> None:
    """SIGKILL a process and all that it started, parents first."""
    for process in [psutil.Process(root), *psutil.Process(root).children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def table(out: Path, name: str) -> bytes:
    """A video's predictions, every byte of every column; the file also tells when they were made."""
    from pyarrow import BufferOutputStream, ipc, parquet

    content = parquet.read_table(out / name / "predictions.parquet").replace_schema_metadata().combine_chunks()
    sink = BufferOutputStream()
    with ipc.new_stream(sink, content.schema) as writer:
        writer.write_table(content)
    return sink.getvalue().to_pybytes()


def frame_rows(out: Path, name: str) -> list[int]:
    """How many rows each frame has."""
    from pyarrow import parquet

    column = parquet.read_table(out / name / "predictions.parquet", columns=["frame_index"]).column(0).to_pylist()
    counted = Counter(column)
    return [counted[frame] for frame in range(max(counted) + 1)]


@contextmanager
def own_ray() -> Iterator[tuple[int, str]]:
    """A Ray that can be killed: the process that started it, and its address."""
    code = (
        "import ray, sys\n"
        'context = ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False,'
        " object_store_memory=200_000_000)\n"
        "print(context.address_info['gcs_address'], flush=True)\nsys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield holder.pid, holder.stdout.readline().strip()
    finally:
        if holder.poll() is None:
            kill_tree(holder.pid)
        holder.communicate()


class Killer:
    """Kills runs at random moments that a seed decides: some while they start, most in the middle of the work."""

    def __init__(self, video: Path, out: Path, seed: int) -> None:
        self.video, self.out, self.random = video, out, random.Random(seed)
        self.killed: Counter[str] = Counter()

    def chunks(self) -> int:
        """Committed chunks of the video that is not whole yet."""
        return len(list((self.out / self.video.stem / "chunks").glob("*.json")))

    def finished(self) -> bool:
        """Whether the run came to its end in spite of all."""
        return (self.out / self.video.stem / "predictions.parquet").exists()

    def threads(self) -> None:
        """Kill a run on threads."""
        process = start(self.video, self.out, "local")
        self._wait(process)
        self.killed["threads"] += kill(process)

    def driver(self, address: str) -> None:
        """Kill the driver of a run on Ray."""
        process = start(self.video, self.out, "ray", address)
        self._wait(process)
        self.killed["driver"] += kill(process)

    def actor(self, root: int, address: str) -> None:
        """Kill a pose actor while its run goes on; after some more chunks the driver is killed too."""
        process = start(self.video, self.out, "ray", address)
        self._wait(process, starting=0)
        if process.poll() is None and (actors := pose_actors(root)):
            self.random.choice(actors).kill()
            self.killed["actor"] += 1
        self._wait(process, starting=0)
        kill(process)

    def cluster(self, root: int, address: str) -> float:
        """Kill the whole of Ray; the seconds after which the driver gave up by itself."""
        process = start(self.video, self.out, "ray", address)
        self._wait(process)
        self.killed["cluster"] += process.poll() is None
        kill_tree(root)
        begin = time.monotonic()
        process.communicate(timeout=PATIENCE_S)
        return time.monotonic() - begin

    def _wait(self, process: subprocess.Popen, starting: float = 0.2) -> None:
        """Until a random moment: with this probability before the next chunk, else after one or some more."""
        before, begin = self.chunks(), time.monotonic()
        if self.random.random() < starting:
            patience_s = self.random.uniform(0.0, 5.0)
            while time.monotonic() - begin < patience_s and self.chunks() == before:
                time.sleep(0.02)
            return
        more = self.random.randint(1, 8)
        while process.poll() is None and self.chunks() < before + more:
            assert time.monotonic() - begin < PATIENCE_S, "the run makes no progress"
            time.sleep(0.02)
        time.sleep(self.random.uniform(0.0, 0.3))


def check(out: Path, whole: Path, name: str, frames: int) -> None:
    """All frames once, with the undisturbed run's numbers."""
    assert frame_rows(out, name) == [1] * frames
    assert table(out, name) == table(whole, name)


def main() -> None:
    from neuropose_ray.benchmark.synthetic import SCENE_FRAMES, write_synthetic_video

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--chunks", type=int, default=160)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="endurance_") as name:
        folder, frames, checked = Path(name), options.chunks * SCENE_FRAMES, 0
        video = folder / "v.mp4"
        write_synthetic_video(video, options.chunks)
        finish(start(video, folder / "whole", "local"))
        killer, begin = Killer(video, folder / "killed_0", options.seed), time.monotonic()
        while killer.killed.total() < options.kills:
            with own_ray() as (root, address):
                kind = ""
                while kind != "cluster" and killer.killed.total() < options.kills:
                    kind = killer.random.choice(("threads", "driver", "actor", "cluster"))
                    if kind == "threads":
                        killer.threads()
                    elif kind == "driver":
                        killer.driver(address)
                    elif kind == "actor":
                        killer.actor(root, address)
                    else:
                        print(f"  the driver gave up after {killer.cluster(root, address):.0f} s")
                    print(
                        f"{time.monotonic() - begin:5.0f} s {dict(killer.killed)}, {killer.chunks()} chunks",
                        flush=True,
                    )
                    if killer.finished():
                        check(killer.out, folder / "whole", "v", frames)
                        checked += 1
                        killer.out = folder / f"killed_{checked}"
        if not killer.finished():
            finish(start(video, killer.out, "local"))
            check(killer.out, folder / "whole", "v", frames)
            checked += 1
        print(f"{killer.killed.total()} kills, {checked} runs: 0 rows lost, 0 doubled, predictions identical")


if __name__ == "__main__":
    main()
