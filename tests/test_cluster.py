"""Tasks on a real Ray, and what is told of those that fail."""

import asyncio
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from neuropose_ray.cluster import (
    OWN_RAY,
    RUN_AGAIN,
    cause_of,
    cluster_cpus,
    connected,
    listening_endpoint,
    process_died,
    run_tasks,
    task_result,
)
from neuropose_ray.errors import EngineError, InputError, JobCancelledError


class UnpicklableError(Exception):
    """Holds what no other process can get."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lock = socket.socket()


def square(number: int) -> int:
    return number * number


def fail(how: str) -> None:
    match how:
        case "ours":
            raise InputError("nobody is seen", where="walk.mp4", hint="look at the video")
        case "value":
            raise ValueError("the first line\nthe second line")
        case "silent":
            raise RuntimeError
        case "unpicklable":
            raise UnpicklableError("the socket is wet\nand cold")
        case "nested":
            fail_in_another_task("value")
        case "deadly":
            os._exit(1)


def fail_in_another_task(how: str) -> None:
    import ray

    ray.get(ray.remote(num_cpus=0)(fail).remote(how))


def error_of(how: str) -> Exception:
    ((_, outcome),) = run_tasks(fail, [how], name=str, at_once=1, num_cpus=0, max_retries=0)
    assert isinstance(outcome, Exception)
    return outcome


@pytest.mark.ray
class TestCauses:
    def test_an_error_of_this_package_comes_as_it_was_raised(self, ray_cluster):
        cause = cause_of(error_of("ours"), RUN_AGAIN)
        assert isinstance(cause, InputError)
        assert str(cause) == "walk.mp4: nobody is seen; look at the video"

    @pytest.mark.parametrize(("how", "line"), [
        ("value", "Ray: ValueError: the first line; run the same command again"),
        ("nested", "Ray: ValueError: the first line; run the same command again"),
        ("silent", "Ray: RuntimeError; run the same command again"),
        ("unpicklable", "UnpicklableError: the socket is wet; run the same command again"),
        ("deadly", "Ray: its process died without a word; run the same command again"),
    ])  # fmt: skip
    def test_any_other_error_is_one_line_with_what_was_raised_and_not_where(self, ray_cluster, how, line):
        cause = cause_of(error_of(how), RUN_AGAIN)
        assert isinstance(cause, EngineError)
        assert str(cause).endswith(line)
        assert "ray::" not in str(cause)
        assert "pid=" not in str(cause)

    def test_the_death_of_a_process_is_told_from_an_exception(self, ray_cluster):
        assert process_died(error_of("deadly"))
        assert not process_died(error_of("value"))


def counted(number: int, folder: Path) -> int:
    """How many run at this moment, this one included."""
    mark = folder / f"{number}.runs"
    mark.touch()
    time.sleep(0.2)
    running = len(list(folder.glob("*.runs")))
    mark.unlink()
    return running


def wait_for_file(name: str, folder: Path) -> str:
    """End when there is a file of the name; ``b`` has one from the beginning."""
    while name != "b" and not (folder / name).exists():
        time.sleep(0.01)
    return name


def linger(number: int, folder: Path) -> None:
    (folder / "alive").mkdir(exist_ok=True)
    while True:
        (folder / "alive" / f"{time.monotonic_ns()}").touch()
        time.sleep(0.05)


def no_longer_alive(folder: Path) -> bool:
    """Whether a lingering task writes no more, within a minute."""
    for _ in range(60):
        before = len(list((folder / "alive").iterdir()))
        time.sleep(1)
        if len(list((folder / "alive").iterdir())) == before:
            return True
    return False


@pytest.mark.ray
class TestTasks:
    def test_every_item_comes_once_with_its_result(self, ray_cluster):
        outcomes = run_tasks(square, range(7), name=str, at_once=3)
        assert sorted(outcomes) == [(number, number * number) for number in range(7)]

    def test_a_failed_task_is_an_outcome_and_stops_no_other(self, ray_cluster):
        outcomes = dict(run_tasks(fail, ["", "value", "ours", "deadly"], name=str, at_once=4, max_retries=0))
        assert outcomes[""] is None
        assert all(isinstance(outcomes[how], Exception) for how in ("value", "ours", "deadly"))

    def test_no_more_are_handed_over_than_may_run(self, ray_cluster, tmp_path):
        outcomes = run_tasks(counted, range(6), tmp_path, name=str, at_once=2, num_cpus=0)
        assert max(count for _, count in outcomes) <= 2

    def test_items_are_read_as_there_is_room(self, ray_cluster):
        read = []

        def items():
            for number in range(9):
                read.append(number)
                yield number

        outcomes = run_tasks(square, items(), name=str, at_once=2)
        next(outcomes)
        assert len(read) == 2
        outcomes.close()

    def test_results_come_as_they_end(self, ray_cluster, tmp_path):
        outcomes = run_tasks(wait_for_file, ["a", "b"], tmp_path, name=str, at_once=2, num_cpus=0)
        assert next(outcomes) == ("b", "b")
        (tmp_path / "a").touch()
        assert list(outcomes) == [("a", "a")]

    def test_or_in_the_order_of_the_items(self, ray_cluster, tmp_path):
        later = threading.Timer(0.5, (tmp_path / "a").touch)
        later.start()
        outcomes = run_tasks(wait_for_file, ["a", "b"], tmp_path, name=str, at_once=2, in_order=True, num_cpus=0)
        assert [name for name, _ in outcomes] == ["a", "b"]

    def test_what_the_check_raises_ends_the_tasks(self, ray_cluster, tmp_path):
        def check():
            if (tmp_path / "alive").is_dir():
                raise JobCancelledError("enough")

        with pytest.raises(JobCancelledError, match="enough"):
            list(run_tasks(linger, [0], tmp_path, name=str, at_once=1, num_cpus=0, check=check))
        assert no_longer_alive(tmp_path)

    def test_a_caller_who_leaves_ends_the_tasks(self, ray_cluster, tmp_path):
        outcomes = run_tasks(wait_or_linger, ["end", "linger"], tmp_path, name=str, at_once=2, num_cpus=0)
        assert next(outcomes) == ("end", None)
        outcomes.close()
        assert no_longer_alive(tmp_path)

    def test_a_task_that_is_awaited_no_more_ends_with_its_process(self, ray_cluster, tmp_path):
        import ray

        lingering = ray.remote(num_cpus=0, max_retries=0)(linger)

        async def too_late() -> None:
            async with asyncio.timeout(60) as patience:
                waiting = asyncio.create_task(task_result(lingering.remote(0, tmp_path)))
                while not (tmp_path / "alive").is_dir():
                    await asyncio.sleep(0.05)
                patience.reschedule(asyncio.get_running_loop().time())
                await waiting

        with pytest.raises(TimeoutError):
            asyncio.run(too_late())
        assert no_longer_alive(tmp_path)

    def test_a_task_that_is_awaited_gives_its_result_or_its_error(self, ray_cluster):
        import ray

        async def result(function, argument):
            return await task_result(ray.remote(num_cpus=0, max_retries=0)(function).remote(argument))

        assert asyncio.run(result(square, 3)) == 9
        with pytest.raises(ValueError, match="the first line"):
            asyncio.run(result(fail, "value"))

    def test_nothing_to_do_is_nothing(self, ray_cluster):
        assert list(run_tasks(square, [], name=str, at_once=1)) == []

    def test_a_cluster_has_a_cpu_at_least(self, ray_cluster):
        assert cluster_cpus() >= 1


def wait_or_linger(what: str, folder: Path) -> None:
    if what == "linger":
        linger(0, folder)
    while not (folder / "alive").is_dir():
        time.sleep(0.01)


@pytest.mark.ray
def test_a_ray_that_this_process_is_connected_to_is_used_and_kept(ray_cluster):
    import ray

    with connected("127.0.0.1:1"):
        assert ray.is_initialized()
    with connected(OWN_RAY):
        pass
    assert ray.is_initialized()


class TestEndpoints:
    @pytest.fixture
    def listening(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield f"127.0.0.1:{server.getsockname()[1]}"

    @pytest.mark.parametrize("scheme", ["", "ray://", "http://"])
    def test_an_address_at_which_something_listens_is_its_own_endpoint(self, listening, scheme):
        assert listening_endpoint(scheme + listening) == scheme + listening

    def test_auto_is_what_the_ray_of_this_machine_wrote_down(self, listening, tmp_path):
        (tmp_path / "cluster").write_text(f"{listening}\n")
        assert listening_endpoint("auto", current_cluster=tmp_path / "cluster") == listening
        with pytest.raises(EngineError, match="no Ray runs on this machine; ray start --head"):
            listening_endpoint("auto", current_cluster=tmp_path / "none")

    def test_where_nothing_listens_one_line_says_so_at_once(self):
        with pytest.raises(
            EngineError, match=r"^127.0.0.1:1: cannot connect to Ray \(.*refused.*\); start the cluster"
        ):
            listening_endpoint("127.0.0.1:1")

    @pytest.mark.parametrize("address", ["cluster", "ray://cluster", "host:port", "host:70000", "[::1"])
    def test_what_is_no_address_says_how_one_is_written(self, address):
        with pytest.raises(EngineError, match="write HOST:6379"):
            listening_endpoint(address)
