"""An upload of any size takes a bounded part of memory, in the proxy and in the replica behind it."""

import threading
from collections.abc import Iterator

import psutil
import pytest

pytestmark = [pytest.mark.ray, pytest.mark.serve, pytest.mark.endurance]
GIB = 1024**3
BOUNDARY = "boundary-of-a-form"


def pids_of_http() -> dict[str, int]:
    """The processes that a request's body passes through."""
    from ray.util.state import list_actors

    alive = list_actors(filters=[("state", "=", "ALIVE")], limit=1000)
    return {
        actor.class_name: actor.pid for actor in alive if "Proxy" in actor.class_name or "Ingress" in actor.class_name
    }


def form_of(size: int) -> Iterator[bytes]:
    """A form with a file of so many bytes that is no video."""
    yield (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="large.mp4"\r\n\r\n').encode()
    block = bytes(range(256)) * 4096
    for _ in range(size // len(block)):
        yield block
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


def test_a_gigabyte_leaves_memory_flat_and_nothing_behind(service):
    processes = {name: psutil.Process(pid) for name, pid in pids_of_http().items()}
    assert len(processes) == 2
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    with service.client() as client:
        client.post("/v1/jobs", content=form_of(8 * 1024**2), headers=headers)  # what a first upload loads
        before = {name: process.memory_info().rss for name, process in processes.items()}
        peak, done = dict(before), threading.Event()

        def watch() -> None:
            while not done.wait(0.05):
                for name, process in processes.items():
                    peak[name] = max(peak[name], process.memory_info().rss)

        watcher = threading.Thread(target=watch)
        watcher.start()
        answer = client.post("/v1/jobs", content=form_of(GIB), headers=headers, timeout=600)
        done.set()
        watcher.join()
    growth = {name: (peak[name] - before[name]) / 2**20 for name in peak}
    print("growth in MiB:", growth, "took", answer.elapsed)
    assert (answer.status_code, answer.json()["code"]) == (422, "video_unreadable")
    assert max(growth.values()) < 64
    assert list(service.data.incoming.iterdir()) == []
