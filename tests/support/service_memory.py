"""The memory of the processes that a request's body passes through."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def watched_growth() -> Iterator[dict[str, float]]:
    """The largest growth of the proxy's and the ingress's resident memory inside the block, MiB, known at its end."""
    processes = _processes_of_http()
    assert len(processes) == 2
    before = {name: process.memory_info().rss for name, process in processes.items()}
    peak, done, growth = dict(before), threading.Event(), dict[str, float]()

    def watch() -> None:
        while not done.wait(0.05):
            for name, process in processes.items():
                peak[name] = max(peak[name], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield growth
    finally:
        done.set()
        watcher.join()
        growth.update({name: (peak[name] - before[name]) / 2**20 for name in peak})


def _processes_of_http() -> dict[str, psutil.Process]:
    import ray
    from ray.util.state import list_actors

    alive = list_actors(address=ray.get_runtime_context().gcs_address, filters=[("state", "=", "ALIVE")], limit=1000)
    return {
        actor.class_name: psutil.Process(actor.pid)
        for actor in alive
        if "Proxy" in actor.class_name or "Ingress" in actor.class_name
    }
