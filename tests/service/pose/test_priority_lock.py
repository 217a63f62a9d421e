"""Requests go before chunks, but not for ever, and one call at a time is made."""

import threading
import time

from neuropose_ray.service.pose.priority_lock import LockSide, PriorityModelLock


def queued(side: LockSide, name: str, order: list[str]) -> threading.Thread:
    """A thread that waits for its turn and writes down when it had it."""

    def take() -> None:
        with side:
            order.append(name)

    thread = threading.Thread(target=take)
    thread.start()
    time.sleep(0.02)  # until it waits
    return thread


def order_of(chunks: int, requests: int) -> list[str]:
    """Who comes when, of those that wait while the model is busy."""
    lock, order = PriorityModelLock(), []
    with lock.requests:
        threads = [queued(lock.chunks, "chunk", order) for _ in range(chunks)]
        threads += [queued(lock.requests, "request", order) for _ in range(requests)]
    for thread in threads:
        thread.join(10)
    return order


def test_a_call_counts_as_slow_for_requests_only_where_one_makes_it_or_waits_for_it():
    lock = PriorityModelLock()
    assert lock.held_before_requests_s == 0
    with lock.requests:
        time.sleep(0.01)
        assert lock.held_before_requests_s >= 0.01
    with lock.chunks:
        time.sleep(0.01)
        assert lock.held_before_requests_s == 0
        waiting = queued(lock.requests, "request", [])
        assert lock.held_before_requests_s >= 0.01
    waiting.join(10)
    assert lock.held_before_requests_s == 0


def test_requests_that_wait_go_before_chunks_that_wait_longer():
    assert order_of(chunks=2, requests=3) == ["request"] * 3 + ["chunk"] * 2


def test_a_chunk_that_was_overtaken_often_goes_next():
    order = order_of(chunks=1, requests=12)
    assert 0 < order.index("chunk") < 12


def test_nobody_is_with_the_model_beside_another():
    lock, inside, most = PriorityModelLock(), [], []

    def call(side: LockSide) -> None:
        for _ in range(50):
            with side:
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=call, args=(each,)) for each in (lock.requests, lock.chunks) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert most == [1] * 300


def test_it_is_known_for_how_long_the_present_call_lasts():
    lock = PriorityModelLock()
    assert lock.held_s == 0
    with lock.chunks:
        time.sleep(0.01)
        assert lock.held_s >= 0.01
    assert lock.held_s == 0
