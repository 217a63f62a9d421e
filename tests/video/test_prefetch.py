import threading
from collections.abc import Iterator

import pytest

from neuropose_ray.video.prefetch import prefetch


def workers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("prefetch")]


@pytest.mark.parametrize("depth", [1, 3, 100])
def test_the_items_come_in_order_from_a_thread_of_their_own(depth: int) -> None:
    def source() -> Iterator[tuple[int, str]]:
        for number in range(20):
            yield number, threading.current_thread().name

    items = list(prefetch(source(), depth))
    assert [number for number, _ in items] == list(range(20))
    assert {name.startswith("prefetch") for _, name in items} == {True}
    assert workers() == []


def test_no_more_than_depth_items_wait() -> None:
    made = threading.Semaphore(0)
    count = 0

    def source() -> Iterator[int]:
        nonlocal count
        for number in range(100):
            count += 1
            made.release()
            yield number

    items = prefetch(source(), 4)
    next(items)
    for _ in range(4):
        assert made.acquire(timeout=10)
    items.close()
    assert count <= 5


def test_an_error_of_the_source_comes_after_the_items_before_it() -> None:
    def source() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError("the disk is gone")

    items = prefetch(source(), 8)
    assert [next(items), next(items)] == [1, 2]
    with pytest.raises(OSError, match="the disk is gone"):
        next(items)
    assert workers() == []


def test_a_consumer_that_stops_ends_the_thread_and_closes_the_source() -> None:
    closed = threading.Event()

    def source() -> Iterator[int]:
        try:
            yield from range(10**9)
        finally:
            closed.set()

    items = prefetch(source(), 2)
    assert next(items) == 0
    items.close()
    assert closed.is_set()
    assert workers() == []


def test_a_consumer_that_fails_ends_the_thread() -> None:
    def consume() -> None:
        for number in prefetch(iter(range(10**9)), 2):
            if number == 3:
                raise RuntimeError("the model failed")

    with pytest.raises(RuntimeError, match="the model failed"):
        consume()
    assert workers() == []


def test_nothing_gives_nothing() -> None:
    assert list(prefetch([], 4)) == []
