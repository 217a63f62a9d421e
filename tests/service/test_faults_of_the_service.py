"""The service with forty jobs while its parts are killed and frozen, its disk is filled and its database stopped."""

import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from support.postgresql import PostgresServer
from support.serving import Serving, is_alive, title
from support.small_disk import Ballast, small_disk

from neuropose_ray.schemas.parquet_files import read_predictions

pytestmark = pytest.mark.endurance

JOBS, FAULTS = 40, 30
#: For all jobs to end, once nothing is harmed any more.
PATIENCE_S = 1800.0
#: After which a fault must have been dealt with: the part is replaced, or the command has ended.
DEALT_WITH_S = 180.0
DISK_MB = 1500
DASHBOARD = "dashboard/dashboard"
PARTS = (
    ":PoseModel",
    ":JobManager",
    ":Ingress",
    "ServeController",
    "raylet/raylet",
    "gcs/gcs_server",
    DASHBOARD,
    "everything",
)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", DISK_MB) as folder:
        yield folder


@pytest.fixture
def serving(disk: Path, tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Serving]:
    service = Serving(tmp_path, disk / "data", database_url=f"{postgres_server.url}/faults")
    service.start()
    yield service
    service.end()


class Faults:
    """One fault after the other, each followed until it is dealt with; the command is started again when it ended."""

    def __init__(self, serving: Serving, disk: Path, database: PostgresServer, seed: int) -> None:
        self._serving, self._ballast, self._database = serving, Ballast(disk), database
        self._dice = random.Random(seed)
        self.codes: list[int] = []
        self.notes: list[str] = []

    def all_kinds(self) -> list[tuple[str, Callable[[], None]]]:
        """Each kind at least once, in an order that the seed decides."""
        kinds: list[tuple[str, Callable[[], None]]] = [
            ("disk full", self._fill_disk),
            ("no database", self._stop_database),
        ]
        for part in PARTS:
            kinds.append((f"kill {part}", lambda part=part: self._harm(part, signal.SIGKILL)))
            if part != "everything":
                kinds.append((f"freeze {part}", lambda part=part: self._harm(part, signal.SIGSTOP)))
        chosen = [*kinds, *self._dice.choices(kinds, k=max(0, FAULTS - len(kinds)))]
        self._dice.shuffle(chosen)
        return chosen[:FAULTS]

    def run(self) -> None:
        for name, fault in self.all_kinds():
            time.sleep(self._dice.uniform(1.0, 8.0))
            begin = time.monotonic()
            fault()
            self._restart_if_ended()
            self._serving.wait_until_ready()
            self.notes.append(f"{name}: {time.monotonic() - begin:.0f} s until ready again")
            print(self.notes[-1], flush=True)

    def _harm(self, part: str, number: int) -> None:
        process, until = self._serving.process, time.monotonic() + DEALT_WITH_S
        if part == DASHBOARD:
            self._serving.open_dashboard()
        while not (harmed := self._serving.signal(part, number)):
            assert time.monotonic() < until, f"{part} is not replaced"
            time.sleep(0.5)  # the last fault's replacement is still on its way
        begin = time.monotonic()
        while process.poll() is None and (is_alive(harmed) or not self._is_replaced(part, harmed)):
            assert time.monotonic() < begin + DEALT_WITH_S, f"{part} is not replaced: {self._serving.log.read_text()}"
            time.sleep(0.2)
        what = "replaced" if process.poll() is None else f"the command ended with {process.returncode}"
        self.notes.append(f"  {part}, signal {number}: {what} after {time.monotonic() - begin:.1f} s")
        print(self.notes[-1], flush=True)

    def _is_replaced(self, part: str, harmed: list[int]) -> bool:
        """Whether there is another process of this title; the dashboard starts when it is opened the next time."""
        if part == DASHBOARD:
            return True
        return bool({each.pid for each in self._serving.family() if part in title(each)} - set(harmed))

    def _fill_disk(self) -> None:
        self._ballast.fill(self._dice.choice([0, 100_000, 2_000_000]))
        time.sleep(self._dice.uniform(2.0, 10.0))
        self._ballast.remove()

    def _stop_database(self) -> None:
        self._database.stop()
        time.sleep(self._dice.uniform(2.0, 10.0))
        self._database.start()

    def _restart_if_ended(self) -> None:
        """As systemd does; a command that is about to end may need some seconds for it."""
        until = time.monotonic() + DEALT_WITH_S
        process = self._serving.process
        while process.poll() is None and not self._serving.ready():
            assert time.monotonic() < until, self._serving.log.read_text()
            time.sleep(0.5)
        if process.poll() is not None:
            self.codes.append(process.returncode)
            self._serving.start()


def joints(folder: Path) -> np.ndarray:
    (file,) = folder.glob("**/predictions.parquet")
    table, _ = read_predictions(file)
    return table.poses.poses3d


@pytest.mark.parametrize("seed", [11])
def test_every_job_ends_once_with_the_right_results_whatever_happens(
    serving: Serving,
    disk: Path,
    postgres_server: PostgresServer,
    pipeline,
    test_data: Path,
    tmp_path: Path,
    seed: int,
):
    video = test_data / "opencap" / "walk.mp4"
    accepted = [serving.submit(video, f"trial {number}", priority=str(number % 11)) for number in range(JOBS)]
    assert len(set(accepted)) == JOBS
    faults = Faults(serving, disk, postgres_server, seed)
    faults.run()
    assert all(faults.codes), f"the command ended as if all were well: {faults.codes}"
    until = time.monotonic() + PATIENCE_S
    while any(job["state"] in ("queued", "running") for job in serving.jobs()):
        assert time.monotonic() < until, serving.jobs()
        time.sleep(2)
    ended = {job["id"]: job for job in serving.jobs()}
    assert sorted(ended) == sorted(accepted)
    assert {job["state"] for job in ended.values()} == {"completed"}, [
        job for job in ended.values() if job["state"] != "completed"
    ]
    pipeline([video], tmp_path / "undisturbed")
    expected = joints(tmp_path / "undisturbed")
    for name in accepted:
        folder = serving.data.job(name)
        np.testing.assert_array_equal(joints(folder.results), expected)
        assert (folder.results / "walk" / "analysis.json").is_file()
