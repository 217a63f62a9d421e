"""The memory of the processes that a request's body passes through."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def watched_growth() -> Iterator[dict[str, float]]:
    """The largest growth of the proxy's and the ingress's resident memory inside the block, MiB, known at its end."""
    growth = dict[str, float]()
    before = {name: process.memory_info().rss / 2**20 for name, process in _processes_of_http().items()}
    with watched_peak() as peak:
        yield growth
    growth.update({name: peak[name] - before[name] for name in peak})


@contextmanager
def watched_peak() -> Iterator[dict[str, float]]:
    """The largest resident memory of ``Proxy`` and ``Ingress`` inside the block, MiB; whole at its end."""
    processes = _processes_of_http()
    assert len(processes) == 2
    peak, done = dict.fromkeys(processes, 0.0), threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            for name, process in processes.items():
                peak[name] = max(peak[name], process.memory_info().rss / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def _processes_of_http() -> dict[str, psutil.Process]:
    import ray
    from ray.util.state import list_actors

    address = ray.get_runtime_context().gcs_address
    alive = list_actors(address=address, filters=[("state", "=", "ALIVE")], limit=1000)
    parts = ("Proxy", "Ingress")
    return {name: psutil.Process(actor.pid) for actor in alive for name in parts if name in actor.class_name}
